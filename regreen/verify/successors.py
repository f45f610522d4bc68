"""Does the patched job still do all that the job did?

Steps are told by what they are, not by their place: a patch that mends a workflow may add some.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from regreen.jobs import Job, StepSpec
from regreen.model import JobOutcome, StepOutcome

_RAN = frozenset({"success", "failure"})


def not_run(before: JobOutcome, after: JobOutcome, base: Job, patched: Job) -> StepOutcome | None:
    """Return the first step that ran in ``before`` and has no successor that passed in ``after``.

    ``base`` and ``patched`` are the jobs that the two are runs of.
    """
    passed = {step.index for step in after.steps if step.conclusion == "success"}
    where = {one.index: one.index for one in base.steps}
    if patched.steps != base.steps:
        where = successors(base.steps, patched.steps)
    for step in before.steps:
        if step.conclusion in _RAN and where.get(step.index) not in passed:
            return step
    return None


def successors(before: Sequence[StepSpec], after: Sequence[StepSpec]) -> dict[int, int]:
    """Return which step of ``after`` is which of ``before``, by their indexes; no two are one.

    A step is told by its id, its name, its script or the action that it uses; what is then left
    between two known ones is told by its order, where as many are left of the same kind.
    """
    found: dict[int, int] = {}
    for same in (_by_id, _by_name, _by_script, _by_action):
        _pair(before, after, found, same)
    _fill(before, after, found)
    return found


def _pair(
    before: Sequence[StepSpec],
    after: Sequence[StepSpec],
    found: dict[int, int],
    same: Callable[[StepSpec, StepSpec], bool],
) -> None:
    for one in before:
        if one.index in found:
            continue
        taken = set(found.values())
        free = (other for other in after if other.index not in taken)
        if (other := next((o for o in free if same(one, o)), None)) is not None:
            found[one.index] = other.index


def _fill(before: Sequence[StepSpec], after: Sequence[StepSpec], found: dict[int, int]) -> None:
    """Pair what stands between the same two neighbours, in its order."""
    taken = set(found.values())
    lost = [one for one in before if one.index not in found]
    new = [one for one in after if one.index not in taken]
    for bounds, group in groupby(lost, key=lambda one: _bounds(one, found)):
        olds = list(group)
        news = [one for one in new if bounds[0] < one.index < bounds[1]]
        if [_kind(one) for one in olds] == [_kind(one) for one in news]:
            found |= {old.index: one.index for old, one in zip(olds, news, strict=True)}


def _bounds(one: StepSpec, found: dict[int, int]) -> tuple[float, float]:
    """Return between which steps of the patched job a lost one must be."""
    above = [new for old, new in found.items() if old < one.index]
    below = [new for old, new in found.items() if old > one.index]
    return max(above, default=-1), min(below, default=float("inf"))


def _by_id(one: StepSpec, other: StepSpec) -> bool:
    return one.id is not None and one.id == other.id


def _by_name(one: StepSpec, other: StepSpec) -> bool:
    return one.name is not None and one.name == other.name


def _by_script(one: StepSpec, other: StepSpec) -> bool:
    return one.run is not None and one.run == other.run


def _by_action(one: StepSpec, other: StepSpec) -> bool:
    return one.uses is not None and _action(one) == _action(other)


def _action(one: StepSpec) -> str:
    return (one.uses or "").partition("@")[0].lower()


def _kind(one: StepSpec) -> bool:
    return one.run is None
