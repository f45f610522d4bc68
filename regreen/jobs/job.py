"""A job that is ready to run: everything about it that is known before its first step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regreen.jobs.expressions import Value
from regreen.jobs.workflow import JobSpec, StepSpec, Workflow


@dataclass(frozen=True, slots=True)
class Found:
    """The job that is meant: its matrix combination, the failing step if known, and ``why``."""

    workflow: Workflow
    job: JobSpec
    combination: Mapping[str, Value]
    step_index: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Job:
    """One leg of a job, planned.

    ``image_label`` is the runner image to stand for (``ubuntu-24.04``, ``ubuntu-latest``). ``env``
    is the workflow's and the job's, rendered. ``shell`` and ``working_directory`` are the rendered
    defaults. ``contexts`` are ``github runner matrix strategy inputs vars secrets needs``.
    ``excluded`` are the steps that are refused, ``noop`` those that do nothing here, each by index
    with the reason. ``pythons`` are the versions that a step asks setup-python or setup-uv for, as
    written. ``unsupported`` names what the job needs and regreen cannot run, each with file and
    line; ``failing`` is the index of the step that the log or the user named.
    """

    id: str
    name: str
    workflow: str
    image_label: str
    combination: Mapping[str, Value]
    env: Mapping[str, str]
    shell: str | None
    working_directory: str | None
    steps: tuple[StepSpec, ...]
    contexts: Mapping[str, Value]
    excluded: Mapping[int, str] = field(default_factory=dict)
    noop: Mapping[int, str] = field(default_factory=dict)
    pythons: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    unsupported: tuple[str, ...] = ()
    failing: int | None = None
    why: str = ""

    @property
    def github(self) -> Mapping[str, Value]:
        """The ``github`` context."""
        context = self.contexts.get("github")
        return context if isinstance(context, dict) else {}

    def where(self, step: StepSpec) -> str:
        """Return where ``step`` stands, as ``file:line``."""
        return f"{self.workflow}:{step.line}"


def at_commit(job: Job, commit: str) -> Job:
    """Return ``job`` as it would be if the run were of ``commit``: ``github.sha`` and the event."""
    github = dict(job.github)
    if github.get("sha") == commit:
        return job
    github["sha"] = commit
    event = github.get("event")
    if isinstance(event, dict) and "after" in event:
        github["event"] = {**event, "after": commit, "head_commit": {"id": commit}}
    return replace(job, contexts={**job.contexts, "github": github})
