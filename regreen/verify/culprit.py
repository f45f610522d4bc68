"""Which part of the red commit turned the job red? Found by leaving parts of it out.

The answer is a finding for people: what the commit was made for may be just that part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regreen.git import Tree
from regreen.model import Culprit
from regreen.verify.definition import defines_job
from regreen.verify.parts import Part, split
from regreen.verify.rerun import Rerun
from regreen.verify.shrinking import smallest

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Guiltless:
    """No part of the commit is the cause: its parent is red here too, or the change is empty."""

    reason: str


def find_culprit(parent: Tree, rerun: Rerun) -> Culprit | Guiltless:
    """Return the smallest set of the red commit's hunks without which the job is green.

    ``parent`` are the files before the commit; ``rerun`` bounds how many runs that may take. The
    set is one of which no hunk can be left in, as far as the runs went. What defines the job itself
    stays as the red commit has it.
    """
    red, scratch = rerun.stand.tree, rerun.bench.scratch
    own = [path for path in parent.changed(red) if _defines(rerun, parent, path)]
    before = scratch.restored(parent, red, own)
    change = split(scratch, red, before)
    if not change.parts:
        return Guiltless("the commit changes nothing but the job's own definition")
    if not rerun.green(change.with_only(change.parts)):
        if rerun.spent():
            return Guiltless("the budget is spent")
        return Guiltless("the job is red here with the commit before, too")

    def works(parts: Sequence[Part]) -> bool:
        return rerun.green(change.with_only(parts))

    files = smallest(change.of_files(), lambda f: works([p for one in f for p in one]), most=99)
    parts = smallest([part for one in files for part in one], works, most=99)
    paths = sorted({part.path for part in parts})
    diff = scratch.diff(change.with_only(parts), red).decode("utf-8", "replace")
    hidden = rerun.stand.workshop.setting.mask(diff, ())
    return Culprit("change", _words(len(parts), paths, whole=not rerun.spent()), hidden)


def _defines(rerun: Rerun, parent: Tree, path: str) -> bool:
    red = rerun.stand.tree
    only = rerun.bench.scratch.restored(red, parent, [path])
    return defines_job(rerun.stand.workshop.job, red, only)


def _words(hunks: int, paths: Sequence[str], *, whole: bool) -> str:
    named = ", ".join(paths[:_NAMED]) + (", …" if len(paths) > _NAMED else "")
    count = "this one hunk" if hunks == 1 else f"these {hunks} hunks"
    words = f"without {count} of the red commit the job is green: {named}"
    return words if whole else f"{words} (there may be a smaller set: the budget was spent)"
