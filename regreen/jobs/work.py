"""What doing a step's work comes to, and where a step stands: values for runner and actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regreen.jobs.commands import Effects
from regreen.jobs.expressions import Value


@dataclass(frozen=True, slots=True)
class Post:
    """What an action wants done at the job's end; all of it is settled when the action has run.

    ``index`` is the step's that asked for it. ``argv`` runs in the job's sandbox (a served or
    JavaScript action), or, with ``image``, in a container of that image, as a Docker action does.
    ``env`` is added to what the job's steps see then. ``condition`` is ``post-if``.
    """

    index: int
    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    condition: str = "always()"
    image: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a step's work, before the runner takes it over.

    ``output`` is raw and unmasked; ``command`` what ran: a script, or the action that was used.
    ``problem`` says what went wrong besides the exit code; a step with a problem has failed.
    """

    exit_code: int
    output: str
    seconds: float
    effects: Effects = field(default_factory=Effects)
    command: str | None = None
    problem: str = ""
    posts: tuple[Post, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the work was done well."""
        return self.exit_code == 0 and not self.problem


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a step stands: in the job itself, or in a composite action that a step uses.

    Inside an action ``inputs`` are the action's, ``steps`` the results of its own steps, ``github``
    what the ``github`` context says of it (``action_path`` and others), ``env`` what the using step
    sets, and ``failed`` whether one of its steps has failed. ``depth`` counts the actions around.
    """

    depth: int = 0
    inputs: Mapping[str, Value] | None = None
    steps: Mapping[str, Value] | None = None
    github: Mapping[str, Value] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    failed: bool | None = None


JOB = Scope()
"""The job itself."""
