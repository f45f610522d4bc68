"""What is about to be done to a work tree, written down before it is done.

A folder with the new files, the old ones as further names of the same files, and the plan.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeAlias

from regreen.errors import UsageError

PLAN = "plan.json"
INDEX = "index"
PACK = "pack"
OLD = "old"
NEW = "new"

Stamp: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Step:
    """One file: ``path`` below the root; ``old`` and ``new`` say whether it is there before, after.

    ``before`` is what tells that nobody changed the old file since: its inode, size and time;
    ``after`` the same of the new one. ``row`` is its new line of the index, for a commit.
    """

    path: str
    old: bool
    new: bool
    row: str
    before: Stamp | None = None
    after: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole change: the work tree's ``root``; ``head`` and ``commit``: from where to where.

    Without a ``commit`` neither index nor branch are touched. ``settings`` are git's, as variables.
    """

    root: str
    steps: tuple[Step, ...]
    head: str
    commit: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """A new file: its bytes (of a link: what it points to) and its mode (``None``: a link).

    ``exact``: whatever this process's mask is, as the file was before.
    """

    data: bytes
    mode: int | None
    exact: bool = False


def stamp(path: Path) -> Stamp | None:
    """Return what tells a file from what comes into its place: inode, size and time."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def fill(
    draft: Path, git_dir: Path, plan: Plan, contents: Mapping[str, Content], pack: bytes
) -> None:
    """Write the journal of ``plan`` into the empty folder ``draft``. Raises OSError."""
    for name in (OLD, NEW):
        (draft / name).mkdir()
    steps: list[Step] = []
    for number, step in enumerate(plan.steps):
        if step.old:
            os.link(Path(plan.root) / step.path, draft / OLD / str(number), follow_symlinks=False)
        if step.new:
            _put(draft / NEW / str(number), contents[step.path])
        steps.append(replace(step, after=stamp(draft / NEW / str(number))))
    if plan.commit:
        shutil.copy2(git_dir / "index", draft / INDEX)
        _put(draft / PACK, Content(pack, 0o600))
    text = json.dumps(asdict(replace(plan, steps=tuple(steps))), ensure_ascii=True)
    _put(draft / PLAN, Content(text.encode("ascii"), 0o600))


def _put(path: Path, content: Content) -> None:
    if content.mode is None:
        path.symlink_to(os.fsdecode(content.data))
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, content.mode)
    with os.fdopen(handle, "wb") as file:
        if content.exact:
            os.fchmod(handle, content.mode)
        file.write(content.data)
        file.flush()
        os.fsync(file.fileno())


def read(journal: Path) -> Plan:
    """Return what `fill` wrote. Raises UsageError for what it cannot have written.

    Paths that lead out of the root, or into the git folder, are such.
    """
    try:
        found = json.loads((journal / PLAN).read_bytes())
        steps = tuple(
            Step(**{**one, "before": _stamp(one["before"]), "after": _stamp(one["after"])})
            for one in found["steps"]
        )
        plan = Plan(**{**found, "steps": steps})
        parts = [step.path.split("/") for step in steps]
        if any({"", ".", "..", ".git"} & {part.lower() for part in one} for one in parts):
            raise ValueError("it names a path outside of the work tree")
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise UsageError(
            f"{journal} is no journal of regreen's: {error}", f"look at it, then remove {journal}"
        ) from error
    return plan


def _stamp(found: list[int] | None) -> Stamp | None:
    return (found[0], found[1], found[2]) if found else None
