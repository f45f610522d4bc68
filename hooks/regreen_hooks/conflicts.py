"""Merge-conflict markers that git left in a file.

git writes them at the start of a line, seven characters each: ``<<<<<<< ours``, in diff3 style
``||||||| base``, ``=======``, ``>>>>>>> theirs`` (git-merge-file(1)). One marker alone proves
nothing (a heading may be underlined with ``=======``); the three in this order do.
"""

from __future__ import annotations

from pathlib import Path

_UNFINISHED = (
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
    "rebase-merge",
    "rebase-apply",
)


def first_conflict(source: bytes) -> int | None:
    """Return the 1-based line on which the first whole conflict in ``source`` begins."""
    if b"<<<<<<< " not in source or b">>>>>>> " not in source:
        return None
    start, divided = None, False
    for number, line in enumerate(source.split(b"\n"), start=1):
        if line.startswith(b"<<<<<<< "):
            start, divided = number, False
        elif start and line.rstrip(b"\r") == b"=======":
            divided = True
        elif divided and line.startswith(b">>>>>>> "):
            return start
    return None


def operation_unfinished(git_dir: Path) -> bool:
    """Return whether a merge, rebase, cherry-pick or revert is under way in ``git_dir``."""
    return any((git_dir / name).exists() for name in _UNFINISHED)
