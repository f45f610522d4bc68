"""Temporary trees on the host that carry their owner in their name and go when it is done.

A tree is ``regreen-<kind>.<owner>.<random>`` in the system's temporary folder, mode 0700. What a
killed process leaves is found by that name.
"""

from __future__ import annotations

import base64
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from regreen_sandbox.labels import Owner

_PREFIX = "regreen-"


@contextmanager
def temporary_tree(kind: str) -> Iterator[Path]:
    """Give an empty folder that only this user can enter; remove it and all below at the end.

    ``kind`` is a plain word (letters and digits) that says what it is for.
    """
    owner = base64.urlsafe_b64encode(str(Owner.current()).encode()).decode().rstrip("=")
    path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}.{owner}."))
    try:
        yield path
    finally:
        remove_tree(path)


def leftover_trees(doomed: Callable[[Owner], bool]) -> list[Path]:
    """Return this user's trees whose owner is ``doomed``; links and others' folders are passed."""
    found = []
    for path in sorted(Path(tempfile.gettempdir()).glob(_PREFIX + "*")):
        owner = _owner(path.name)
        if owner is None or not doomed(owner):
            continue
        try:
            status = path.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
            found.append(path)
    return found


def remove_tree(path: Path) -> bool:
    """Remove ``path`` and all below it, also folders made unwritable; say whether it is gone."""
    shutil.rmtree(path, ignore_errors=True)
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)
        for folder, names, _ in os.walk(path):  # top down: what was locked is opened, then entered
            for below in (Path(folder, name) for name in names):
                if not below.is_symlink():
                    below.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def _owner(name: str) -> Owner | None:
    parts = name.split(".")
    if len(parts) != 3:
        return None
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode()
    except ValueError:
        return None
    return Owner.parse(text)
