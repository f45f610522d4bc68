"""A job that calls a reusable workflow, and what the called jobs are given by it.

The called workflow sees the caller's event; its own are only the inputs and secrets that it was
given, its variables (``env``) and its defaults. Source: GitHub's "Reusing workflow configurations".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from regreen.errors import UnsupportedError, WorkflowError
from regreen.jobs.expressions import Value, to_string
from regreen.jobs.expressions.values import find_key, fold
from regreen.jobs.given import Given, Place, own_place
from regreen.jobs.inputs import of_call
from regreen.jobs.workflow import JobSpec, Workflow

Load: TypeAlias = Callable[[str], Workflow]
"""Gives the workflow at a path of the commit, or at ``owner/name/path@ref``; raises RegreenError
where there is none or where it cannot be had."""

DEEPEST = 9
"""How many calls lie below one another at most: GitHub allows ten levels, the caller included."""

_REMOTE = re.compile(r"(?P<repository>[^/@]+/[^/@]+)/(?P<path>[^@]+)@(?P<ref>.+)")


@dataclass(frozen=True, slots=True)
class Remote:
    """A workflow in another repository, or at another commit."""

    repository: str
    path: str
    ref: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A job that calls a workflow, in one combination of its matrix.

    ``outer`` calls the workflow that it is in; ``name`` is how logs show it.
    """

    workflow: Workflow
    job: JobSpec
    combination: Mapping[str, Value]
    name: str
    outer: Caller | None = None
    total: int = 1
    index: int = 0

    @property
    def root(self) -> Workflow:
        """The workflow that the event started."""
        return self.outer.root if self.outer else self.workflow

    @property
    def depth(self) -> int:
        """How many calls lie around the called jobs."""
        return 1 + (self.outer.depth if self.outer else 0)

    @property
    def place(self) -> Place:
        """Where it stands."""
        return (*place_of(self.outer), own_place(self.job, self.combination))

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own id behind those of the jobs around it."""
        return (*(self.outer.ids if self.outer else ()), self.job.id)

    @property
    def where(self) -> str:
        """The line that calls."""
        return f"{self.workflow.path}:{self.job.lines.get('uses', self.job.line)}"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a job is seen by: the run's repository and commit, what is told, and other workflows."""

    repository: str
    commit: str
    given: Given = field(default_factory=Given)
    load: Load = field(default=lambda path: _unknown(path))


def _unknown(path: str) -> Workflow:
    raise UnsupportedError(f"{path} is not at hand", "name the job of another workflow with --job")


def place_of(caller: Caller | None) -> Place:
    """Return where the jobs stand that ``caller`` calls; the run's own stand nowhere in others."""
    return caller.place if caller else ()


def remote(path: str) -> Remote | None:
    """Return the other repository's file that a workflow's path names, if it does."""
    found = _REMOTE.fullmatch(path)
    return Remote(*found.groups()) if found else None


def called_path(uses: str, caller_path: str) -> str:
    """Return the path of the workflow that ``uses`` names, said in the file ``caller_path``.

    ``./`` is the repository and the commit of the calling file.
    """
    if not uses.startswith("./"):
        return uses
    own, around = uses.removeprefix("./"), remote(caller_path)
    return f"{around.repository}/{own}@{around.ref}" if around else own


def declared(workflow: Workflow, what: str) -> dict[str, Value]:
    """Return the ``inputs``, ``secrets`` or ``outputs`` of a workflow that can be called."""
    event = workflow.on.get("workflow_call")
    found = event.get(what) if isinstance(event, dict) else None
    return found if isinstance(found, dict) else {}


def call_inputs(caller: Caller, called: Workflow, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the ``inputs`` context of the called jobs; ``values`` is ``with``, resolved.

    Raises WorkflowError for what GitHub refuses.
    """
    try:
        return of_call(declared(called, "inputs"), values)
    except ValueError as error:
        raise _refused(caller, str(error)) from error


def call_secrets(
    caller: Caller, called: Workflow, given: Value, own: Mapping[str, Value]
) -> dict[str, Value]:
    """Return the ``secrets`` context of the called jobs.

    ``given`` is what the calling job says of secrets, resolved; ``own`` its own context.
    """
    token = next((own[n] for n in own if fold(n) == fold("GITHUB_TOKEN")), "")
    if given == "inherit":
        return dict(own)
    passed = given if isinstance(given, dict) else {}
    known = declared(called, "secrets")
    for name, about in known.items():
        required = isinstance(about, dict) and about.get("required") is True
        if required and find_key(passed, name) is None:
            raise _refused(caller, f"Secret {name} is required, but not provided while calling.")
    for name in passed:
        if find_key(known, name) is None:
            words = f"Invalid secret, {name} is not defined in the referenced workflow."
            raise _refused(caller, words)
    return {"GITHUB_TOKEN": token, **{n: to_string(v) for n, v in passed.items()}}


def _refused(caller: Caller, reason: str) -> WorkflowError:
    line = caller.job.lines.get("uses", caller.job.line)
    return WorkflowError(reason, caller.workflow.path, line, 1)
