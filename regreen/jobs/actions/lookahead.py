"""What the actions of a job's steps will need, told before anything runs.

Actions are followed as GitHub follows them at a job's start: those that they use in turn too. Local
ones are read from the commit, though an earlier step may change them by the time they run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from regreen.errors import WorkflowError
from regreen.jobs.actions.metadata import Action, Composite, Node, NotFound, find_action
from regreen.jobs.actions.reference import Image, Local, Remote, reference
from regreen.jobs.actions.store import Fetched, Store
from regreen.jobs.catalogue import Role, role_of
from regreen.jobs.expressions import Value
from regreen.jobs.known import Known
from regreen.jobs.served import SERVED, name_of
from regreen.jobs.shells import command_line
from regreen.jobs.workflow import StepSpec
from regreen.model import Unsupported

DEEPEST = 9
"""How many actions may stand around one (github.com/actions/runner, CompositeActionsMaxDepth)."""

_MOST = 1_000
"""How many actions are followed."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """One thing that is known ahead of the job's step ``index``.

    ``what`` says it in words. It is ``missing`` when the step cannot be run here, and otherwise
    something inside the step's action that is refused.
    """

    index: int
    what: str
    missing: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known ahead of a job's steps.

    ``nodes`` are the versions of Node.js that its actions name. ``served`` are the steps inside of
    its actions that use one which regreen serves itself, each with the index of the job's step.
    """

    ahead: tuple[Ahead, ...]
    nodes: frozenset[int]
    served: tuple[StepSpec, ...] = ()


def look_ahead(
    steps: Iterable[StepSpec],
    read: Callable[[str], bytes | None],
    store: Store | None,
    allowed: tuple[str, ...] = (),
) -> Outlook:
    """Return what is known ahead of ``steps``; ``read`` gives a file of the commit by its path.

    ``allowed`` are actions that are not refused. Without a ``store`` only local actions are
    followed. What GitHub finds wrong itself is none of it: that is the step's own failure. Raises
    UsageError for a cache that is not the user's.
    """
    looking = _Looking(read, store, allowed)
    ahead = [
        Ahead(step.index, what, missing)
        for step in steps
        if role_of(step, allowed)[0] is Role.UNKNOWN
        for what, missing in looking.at(step, 0)
    ]
    return Outlook(tuple(ahead), frozenset(looking.nodes), tuple(looking.served))


def _given(inner: StepSpec, outer: StepSpec, action: Action) -> StepSpec:
    """Return a step of ``action`` with the inputs that ``outer`` gives the action filled in."""
    given = {name: one.default for name, one in action.inputs.items()}
    own = {name: outer.inputs.get(name, text) for name, text in given.items()}
    known = Known({"inputs": dict[str, Value](own)})
    inputs = {name: known.text(text) for name, text in inner.inputs.items()}
    return replace(inner, index=outer.index, inputs=inputs)


@dataclass(slots=True)
class _Looking:
    """What was found so far; what one step uses several times is followed once."""

    read: Callable[[str], bytes | None]
    store: Store | None
    allowed: tuple[str, ...] = ()
    nodes: set[int] = field(default_factory=set)
    served: list[StepSpec] = field(default_factory=list)
    seen: set[tuple[int, str]] = field(default_factory=set)

    def at(self, step: StepSpec, depth: int) -> Iterator[tuple[str, bool]]:
        """Yield what is known ahead of a step that uses an action."""
        uses = step.uses or ""
        if name_of(uses) in SERVED:
            self.served += [step] if depth and len(self.served) < _MOST else []
            return
        if depth > DEEPEST or (step.index, uses) in self.seen or len(self.seen) > _MOST:
            return
        self.seen.add((step.index, uses))
        found = self.found(uses)
        if isinstance(found, Unsupported):
            yield found.what, True
        elif isinstance(found, Action):
            if isinstance(found.runs, Node):
                self.nodes.add(found.runs.version)
            for inner in found.runs.steps if isinstance(found.runs, Composite) else ():
                outer = _given(inner, step, found)
                for what, missing in self.inside(outer, depth + 1):
                    yield f"{what}, in {found.path}:{inner.line}", missing

    def inside(self, step: StepSpec, depth: int) -> Iterator[tuple[str, bool]]:
        """Yield what is known ahead of a step of an action."""
        role, reason = role_of(step, self.allowed)
        if role is Role.PUBLISH:
            yield reason, False
        elif step.uses is None:
            shell = step.shell or ""
            line = None if "${{" in shell else command_line(shell or None, "script")
            if isinstance(line, Unsupported):
                yield line.what, True
        elif role is not Role.NOOP:
            yield from self.at(step, depth)

    def found(self, uses: str) -> Action | NotFound | Unsupported | None:
        """Return the action that ``uses`` names; ``None`` where nobody can tell yet."""
        meant = reference(uses)
        try:
            match meant:
                case Local(path):
                    inside = not path.startswith("..")
                    return find_action(self.read, path, f"./{path}") if inside else None
                case Remote():
                    fetched = None if self.store is None else self.store.fetch(meant)
                    return fetched.action if isinstance(fetched, Fetched) else fetched
                case Unsupported():
                    return meant
                case Image():
                    return None
        except WorkflowError:
            return None
