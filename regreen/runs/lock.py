"""One pull at a time in a run's folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from regreen.errors import UsageError
from regreen.runs.store import TEMPORARY, attempts, require_true, unwritable

_LOCK_SECONDS = 600.0
_TURN_SECONDS = 0.1


@contextmanager
def locked(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Make ``folder`` and hold it for this process; left-over temporary files are removed.

    ``waiting`` is called once when another process holds it. Raises UsageError when it cannot be
    written, when a link stands in its way, or when the other takes longer than ten minutes.
    """
    try:
        for part in (folder.parent, folder, folder / "jobs"):
            part.mkdir(parents=True, exist_ok=True)
            require_true(part)
        handle = os.open(
            folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
        )
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        _hold(handle, folder, waiting)
        _sweep(folder)
        yield
    finally:
        os.close(handle)


def _hold(handle: int, folder: Path, waiting: Callable[[], None]) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                waiting()
                told = True
        else:
            return
        if time.monotonic() > deadline:
            raise UsageError(
                f"another process has been pulling into {folder} for ten minutes",
                "wait for it, or end it, and run the command again",
            )
        time.sleep(_TURN_SECONDS)


def _sweep(folder: Path) -> None:
    """Remove what a killed pull left; whoever holds the folder knows that nobody is at work."""
    for place in (folder, folder / "jobs", *attempts(folder)):
        for inside in (place, place / "jobs"):
            if inside.is_symlink() or not inside.is_dir():
                continue
            for left in inside.glob(f"{TEMPORARY}*"):
                with suppress(OSError):
                    left.unlink()
