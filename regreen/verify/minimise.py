"""Leave out of a patch what the job does not need: whole ideas, then files, then hunks.

What a formatter made stays whole, and so do parts that answer complaints one to one: to try each of
them would cost a run of the job and tell nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from regreen.errors import RegreenError
from regreen.git import Scratch, Tree
from regreen.model import Scope, ToolRun
from regreen.verify.ending import Found, patch_of
from regreen.verify.guard import objections
from regreen.verify.parts import Change, Part, split
from regreen.verify.rerun import Rerun
from regreen.verify.shrinking import smallest
from regreen.verify.stand import Kept

_HUNKS = 24
"""Of more hunks than that none is left out one by one: it would take too many runs."""


def minimise(found: Found, rerun: Rerun) -> Found:
    """Return ``found`` without what the job is green without, as far as the runs of ``rerun`` go.

    What is left is green and honest as a whole, or ``found`` is returned as it was.
    """
    scratch, base = rerun.bench.scratch, rerun.bench.base
    kept = _ideas(found, rerun)
    tree = found.tree if kept == found.kept else _replayed(scratch, base, kept) or found.tree
    tree = _files_and_hunks(base, tree, kept, rerun)
    if tree == found.tree or objections(base, tree):
        return found
    patch = patch_of(scratch, base, tree, kept)
    return replace(found, patch=patch, tree=tree, kept=kept)


def _ideas(found: Found, rerun: Rerun) -> tuple[Kept, ...]:
    scratch, base = rerun.bench.scratch, rerun.bench.base

    def works(rest: Sequence[Kept]) -> bool:
        tree = _replayed(scratch, base, rest)
        return tree is not None and rerun.green(tree)

    return smallest(found.kept, works, most=rerun.most) if len(found.kept) > 1 else found.kept


def _replayed(scratch: Scratch, base: Tree, kept: Sequence[Kept]) -> Tree | None:
    """Return ``base`` with what each idea changed, ``None`` where one needs another's change."""
    tree = base
    for one in kept:
        if tree == one.before:
            tree = one.after
            continue
        try:
            tree = scratch.apply(tree, scratch.diff(one.before, one.after))
        except RegreenError:
            return None
    return tree


def _files_and_hunks(base: Tree, tree: Tree, kept: Sequence[Kept], rerun: Rerun) -> Tree:
    change = split(rerun.bench.scratch, base, tree, whole=_formatted(kept))
    parts = _needed_files(change, rerun)
    free = [part for part in parts if part.number is not None]
    fixed = [part for part in parts if part.number is None]
    if 1 < len(free) <= _HUNKS and len(free) > _complaints(rerun):
        left = smallest(free, lambda rest: _works(change, [*fixed, *rest], rerun), most=rerun.most)
        parts = [*fixed, *left]
    return tree if len(parts) == len(change.parts) else change.with_only(parts)


def _needed_files(change: Change, rerun: Rerun) -> list[Part]:
    """Return the parts of files that are needed; those that the failure names are taken for so."""
    named = {file for failure in rerun.stand.failures for file in failure.files}
    files = change.of_files()
    sure = [part for parts in files if parts[0].path in named for part in parts]
    others = [parts for parts in files if parts[0].path not in named]
    if not others or len(files) == 1:
        return list(change.parts)

    def works(rest: Sequence[tuple[Part, ...]]) -> bool:
        return _works(change, [*sure, *(part for parts in rest for part in parts)], rerun)

    if sure and works(()):
        return sure
    left = smallest(others, works, most=rerun.most)
    return [*sure, *(part for parts in left for part in parts)]


def _works(change: Change, parts: Collection[Part], rerun: Rerun) -> bool:
    return rerun.green(change.with_only(parts))


def _formatted(kept: Sequence[Kept]) -> frozenset[str]:
    """Return the files that a tool made, which changes nothing but form."""
    return frozenset(
        path
        for one in kept
        if isinstance(one.idea, ToolRun) and one.idea.scope is not Scope.CODE
        for path in one.after.changed(one.before)
    )


def _complaints(rerun: Rerun) -> int:
    return sum(len(failure.diagnostics) for failure in rerun.stand.failures)
