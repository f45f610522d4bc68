"""From a job of GitLab's to the ``Job`` that is run: three steps, as its runner has them.

``get_sources`` checks out, ``step_script`` is ``before_script`` and ``script``, ``after_script``
runs whatever happened, and what becomes of it does not count. Folders and users are those of the
runner's Docker executor: https://docs.gitlab.com/runner/executors/docker/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from regreen.jobs.containers import ContainerSpec
from regreen.jobs.contexts import Trigger, github_context
from regreen.jobs.gitlab.find import FoundJob
from regreen.jobs.gitlab.jobs import GitlabJob
from regreen.jobs.gitlab.pipeline import BUILDS, Pipeline
from regreen.jobs.gitlab.script import SHELL, script_of
from regreen.jobs.job import Job
from regreen.jobs.layout import Layout
from regreen.jobs.workflow import StepSpec
from regreen.model import Analysis

_CHECKOUT = "actions/checkout@v4"
_SOURCES, _SCRIPT, _AFTER, _HOOK = (
    *("get_sources", "step_script", "after_script"),
    "pre_get_sources_script",
)
_DEPTH = "20"
_AFTER_MINUTES = 5.0
_STATUS = "${{ job.status == 'success' && 'success' || 'failed' }}"
_BEHIND = frozenset({"upload_artifacts_on_success", "archive_cache", "cleanup_file_variables"})
_DEFAULT_IMAGE = "ubuntu-latest"


def job_of(found: FoundJob, analysis: Analysis | None, step: str | None = None) -> Job:
    """Return the job that ``found`` is, ready to be run.

    ``step`` is the step that the user named as the failing one; else the log tells.
    """
    job, pipeline = found.job, found.pipeline
    steps = tuple(_steps(job))
    trigger = Trigger(
        event="pull_request" if pipeline.number is not None else "push",
        ref=f"refs/{'tags' if pipeline.tag else 'heads'}/{pipeline.ref}",
        base=pipeline.target,
    )
    github = github_context(pipeline.path, pipeline.commit, job.place.file, job.name, trigger)
    github |= {"server_url": pipeline.server, "workspace": pipeline.folder}
    github["ref"] = f"refs/pipelines/{pipeline.id}"  # what is fetched, and no branch: HEAD is loose
    return Job(
        id=job.key,
        name=job.name,
        workflow=job.place.file,
        image_label=_DEFAULT_IMAGE,
        combination=dict(job.matrix),
        env={},
        shell=None,
        working_directory=None,
        steps=steps,
        contexts={
            "github": github,
            "matrix": dict(job.matrix),
            "runner": {},
            "needs": {},
            "secrets": {},
            "vars": {},
            "inputs": {},
            "strategy": {},
        },
        layout=layout_of(pipeline),
        provider="gitlab",
        variables=job.variables,
        container=_container(job),
        services=_services(job),
        seconds=job.seconds,
        unsupported=job.unsupported,
        notes=tuple(_notes(job)),
        failing=_failing(steps, analysis, step),
        why=found.why,
    )


def layout_of(pipeline: Pipeline) -> Layout:
    """Return where things lie in a job of ``pipeline``: as the Docker executor has it, as root."""
    temp = f"{BUILDS}/{pipeline.path}.tmp"
    return Layout(
        workspace=pipeline.folder,
        home="/root",
        temp=temp,
        actions=f"{temp}/actions",
        event=f"{temp}/event.json",
        file_commands=f"{temp}/commands",
        user="root",
    )


def _steps(job: GitlabJob) -> Iterator[StepSpec]:
    index = 0
    if job.hook:
        yield _step(job, index, _HOOK, run=script_of(job.hook))
        index += 1
    if job.variables.get("GIT_STRATEGY", "fetch") not in ("none", "empty"):
        yield _step(job, index, _SOURCES, uses=_CHECKOUT, inputs=_checkout(job.variables))
        index += 1
    yield _step(job, index, _SCRIPT, run=script_of((*job.before, *job.script)))
    if job.after:
        yield _step(
            job,
            index + 1,
            _AFTER,
            run=script_of(job.after),
            env={"CI_JOB_STATUS": _STATUS},
            condition="always()",
            tolerated=True,
            minutes=_AFTER_MINUTES,
        )


def _step(
    job: GitlabJob,
    index: int,
    name: str,
    *,
    run: str | None = None,
    uses: str | None = None,
    inputs: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    condition: str | None = None,
    tolerated: bool = False,
    minutes: float | None = None,
) -> StepSpec:
    line = job.lines.get("after_script" if name == _AFTER else "script", job.place).line
    return StepSpec(
        index=index,
        id=name,
        name=name,
        run=None if run is None else _plain(run),
        uses=uses,
        inputs={key: _plain(value) for key, value in (inputs or {}).items()},
        env=env or {},
        shell=SHELL if run is not None else None,
        working_directory=None,
        condition=condition,
        continue_on_error=tolerated,
        timeout_minutes=minutes,
        line=line,
    )


def _plain(text: str) -> str:
    """Return ``text`` so that what GitHub would take for an expression stays as it is."""
    return text.replace("${{", "${{ '${{' }}")


def _checkout(variables: Mapping[str, str]) -> dict[str, str]:
    """Return how much is fetched. Source: https://docs.gitlab.com/ci/runners/configure_runners/."""
    depth = variables.get("GIT_DEPTH", "").strip() or _DEPTH
    submodules = variables.get("GIT_SUBMODULE_STRATEGY", "none")
    return {
        "fetch-depth": depth,
        "fetch-tags": "true" if depth == "0" else "false",
        "submodules": {"normal": "true", "recursive": "recursive"}.get(submodules, "false"),
        "lfs": "false" if variables.get("GIT_LFS_SKIP_SMUDGE") == "1" else "true",
    }


def _container(job: GitlabJob) -> ContainerSpec | None:
    if job.image is None:
        return None
    return ContainerSpec(job.image.name, entrypoint=job.image.entrypoint)


def _services(job: GitlabJob) -> dict[str, ContainerSpec]:
    """Return the services by their first name, which is their alias where they have one."""
    found: dict[str, ContainerSpec] = {}
    for service in job.services:
        name = service.names[-1] if len(service.names) > 2 else service.names[0]
        number, free = 1, name
        while free in found:
            number, free = number + 1, f"{name}-{number}"
        found[free] = ContainerSpec(
            service.image.name,
            env=service.variables,
            options=" ".join(f"--network-alias {other}" for other in service.names),
            entrypoint=service.image.entrypoint,
            command=service.image.command,
        )
    return found


def _notes(job: GitlabJob) -> Iterator[str]:
    if job.image is None:
        yield f"the job names no image: {_DEFAULT_IMAGE} stands for the runner's own"
    if job.artifacts:
        yield f"the artifacts of {', '.join(job.artifacts)} are not brought"
    yield from job.notes


def _failing(steps: Sequence[StepSpec], analysis: Analysis | None, named: str | None) -> int | None:
    """Return the index of the step that failed in CI; ``None`` without a log."""
    segment = analysis.failing if analysis is not None else None
    if named is None and segment is None:
        return None
    wanted = named if named is not None else segment.name if segment is not None else ""
    exact = next((step.index for step in steps if step.name == wanted), None)
    if exact is not None:
        return exact
    if wanted in _BEHIND:
        return None
    return next(step.index for step in steps if step.name == _SCRIPT)
