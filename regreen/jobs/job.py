"""A job that is ready to run: everything about it that is known before its first step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regreen.jobs import payloads
from regreen.jobs.calling import Caller
from regreen.jobs.containers import ContainerSpec
from regreen.jobs.expressions import Value
from regreen.jobs.layout import Layout, hosted
from regreen.jobs.needs import Need
from regreen.jobs.workflow import JobSpec, StepSpec, Workflow


@dataclass(frozen=True, slots=True)
class Found:
    """The job that is meant: its matrix combination, the failing step if known, and ``why``.

    ``name`` is the job's as logs show it, ``caller`` the job that calls its workflow. ``pending``:
    its combinations come from a job that was not run yet. ``problem`` says why the workflow that
    the job calls is not at hand.
    """

    workflow: Workflow
    job: JobSpec
    combination: Mapping[str, Value]
    step_index: int | None
    why: str
    name: str = ""
    caller: Caller | None = None
    pending: bool = False
    problem: str = ""


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

    ``layout`` says where things lie in the sandbox. ``variables`` are what every step sees besides
    ``env`` where ``provider`` is not GitHub, whose variables follow from the contexts.
    ``image`` is the user's own image for a runner's label, empty where ``image_label`` says all.
    ``container`` is what the job itself runs in, ``services`` what runs beside it. ``outputs`` are
    the job's, as written; ``seconds`` is the job's own time limit; ``needs`` are the jobs whose
    results it uses and that were not run yet; ``notes`` say what is done differently here.

    Of the actions that its steps use: ``nodes`` are the Node.js versions that they name,
    ``pythons_inside`` the Pythons that they ask for, ``refused_inside`` what of them is refused;
    ``allowed`` are those that run although they would be refused.
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
    layout: Layout = field(default_factory=lambda: hosted("repository"))
    provider: str = "github"
    variables: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    container: ContainerSpec | None = None
    services: Mapping[str, ContainerSpec] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    needs: tuple[Need, ...] = ()
    unsupported: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    nodes: frozenset[int] = frozenset()
    pythons_inside: tuple[str, ...] = ()
    refused_inside: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
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
    before = github.get("sha")
    if before == commit:
        return job
    github["sha"] = commit
    github["event"] = payloads.at(github.get("event"), str(before), commit)
    variables = {
        name: _moved(value, before, commit) if isinstance(before, str) and before else value
        for name, value in job.variables.items()
    }
    return replace(job, contexts={**job.contexts, "github": github}, variables=variables)


def _moved(value: str, before: str, commit: str) -> str:
    """Return a variable's value for another commit, also one that is the commit's short form."""
    return commit[:8] if value == before[:8] else value.replace(before, commit)
