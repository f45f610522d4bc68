"""The logs of a pulled run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regreen.deliver.analyses import Skipped
from regreen.errors import UsageError
from regreen.model import Run, RunJob


@dataclass(frozen=True, slots=True)
class Task:
    """One log to read: its name in the report, where it lies, the job that its run calls it.

    ``ran`` is the provider of a pulled run's job, and what it tells of that job.
    """

    name: str
    path: Path
    job: str | None = None
    ran: tuple[str, RunJob] | None = None


def tasks_of(run: Run, job: str | None, prefix: str = "") -> tuple[list[Task], list[Skipped]]:
    """Return the logs of the run's failed jobs, and the jobs left out with the reasons.

    ``job`` (an id or a name) chooses one, failed or not. Where no job failed, those that were
    cancelled are taken: a run that ran out of time ends so. ``prefix`` goes before the names.
    Raises UsageError when the run has no such job.
    """
    chosen = _named(run.jobs, job) if job is not None else _failed(run.jobs)
    tasks: list[Task] = []
    skipped = []
    names = Counter(one.name for one in run.jobs)
    for one in run.jobs:
        name = f"{prefix}{one.name}" + (f" ({one.id})" if names[one.name] > 1 else "")
        if one not in chosen:
            if job is None:
                skipped.append(
                    Skipped(name, f"the job did not fail: {one.conclusion or 'unknown'}")
                )
        elif one.log is None:
            why = one.log_missing or "it was not pulled"
            skipped.append(Skipped(name, f"its log is not here: {why}", broken=True))
        else:
            tasks.append(Task(name, one.log, one.name, (run.provider, one)))
    return tasks, skipped


def is_of(run: Run, workflow: str) -> bool:
    """Whether ``workflow`` names the run's: by its name, its path or its file's name."""
    path = run.workflow_path or ""
    return workflow in (run.workflow, path, path.rsplit("/", 1)[-1])


def _failed(jobs: Sequence[RunJob]) -> list[RunJob]:
    failed = [job for job in jobs if job.failed]
    return failed or [job for job in jobs if job.conclusion == "cancelled"]


def _named(jobs: Sequence[RunJob], name: str) -> list[RunJob]:
    wanted = name.strip().casefold()
    chosen = [job for job in jobs if name == job.id or job.name.strip().casefold() == wanted]
    if not chosen:
        names = ", ".join(dict.fromkeys(job.name for job in jobs))
        raise UsageError(f"the run has no job {name!r}", f"choose one of: {names}")
    return chosen
