"""Which step of a changed workflow is which of the one before."""

from __future__ import annotations

import re

from regreen.git import Tree
from regreen.jobs import Job, StepSpec

_DEFINITION = re.compile(r"^\.github/(?:workflows|actions)/|(?:^|/)action\.ya?ml$")


def defines_job(job: Job, before: Tree, after: Tree) -> bool:
    """Whether what changed between two trees may define ``job``: its workflow, or an action.

    A workflow from outside of the commit is not changed by it.
    """
    own = job.workflow.removeprefix("./")
    if own not in before.entries:
        return False
    return any(path == own or _DEFINITION.search(path) for path in after.changed(before))


def position(before: Job, after: Job, step: StepSpec) -> int | None:
    """Return at which position of the job ``after`` a step of ``before`` stands; ``None``: gone.

    A step is told by its id, its name, its script or action; last by its place from the end, where
    as many steps follow as did.
    """
    for same in (_by_id, _by_name, _by_work):
        found = [one.index for one in after.steps if same(step, one)]
        if len(found) == 1:
            return found[0]
    at = len(after.steps) - (len(before.steps) - step.index)
    return at if len(after.steps) >= len(before.steps) and at >= 0 else None


def _by_id(one: StepSpec, other: StepSpec) -> bool:
    return one.id is not None and one.id == other.id


def _by_name(one: StepSpec, other: StepSpec) -> bool:
    return one.name is not None and one.name == other.name


def _by_work(one: StepSpec, other: StepSpec) -> bool:
    action = (one.uses or "").partition("@")[0]
    return one.run == other.run and action == (other.uses or "").partition("@")[0]
