"""Whether what a user vouches for (``--assume``) is about jobs and outputs that there are."""

from __future__ import annotations

from collections.abc import Iterator

from regreen.errors import UsageError
from regreen.jobs.calling import Caller
from regreen.jobs.given import Given
from regreen.jobs.workflow import JobSpec, Workflow


def check_assumed(workflow: Workflow, caller: Caller | None, given: Given) -> None:
    """Raise UsageError for an assumption about a job or an output that is not there.

    Jobs are those of the workflow and of the workflows that call it, and what is called by them.
    """
    jobs = {job.id.lower(): job for job in _around(workflow, caller)}
    for name, result in given.assumed.items():
        first, *inner = name.lower().split("/")
        if first not in jobs:
            raise UsageError(
                f"--assume {name}: there is no job {name!r}; the jobs are: "
                f"{', '.join(job.id for job in jobs.values())}",
                "name one of them with --assume JOB.OUTPUT=VALUE",
            )
        job = jobs[first]
        declared = {output.lower() for output in job.outputs}
        for output in result.outputs if job.uses is None and not inner else ():
            if output.lower() not in declared:
                raise UsageError(
                    f"--assume {name}.{output}: the job {job.id} gives out: "
                    f"{', '.join(job.outputs) or 'nothing'}",
                    "name one of them with --assume JOB.OUTPUT=VALUE",
                )


def _around(workflow: Workflow, caller: Caller | None) -> Iterator[JobSpec]:
    yield from workflow.jobs.values()
    while caller is not None:
        yield from caller.workflow.jobs.values()
        caller = caller.outer
