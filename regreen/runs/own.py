"""What lies in a run's folder, believed only when regreen itself wrote it here for this user.

A repository that somebody else wrote can bring its own ``.regreen/runs``. Without a seal that fits
nothing of it is taken for the server's word, and nothing of it is changed: it is the user's tree.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from regreen.errors import UsageError
from regreen.model import Run
from regreen.runs import seal
from regreen.runs import store as place


def believed(folder: Path, key: bytes | None) -> Run | None:
    """Return the run in ``folder`` when ``key`` sealed its record, for a folder of that name."""
    if key is None:
        return None
    try:
        record = place.read_record(folder)
        run = place.run_of(record, folder) if seal.fits(record, key) else None
    except UsageError:
        return None
    return run if run is not None and _is_place_of(folder.absolute(), run) else None


def require_own(folder: Path, key: bytes | None) -> None:
    """Raise UsageError unless ``folder`` is a run's that ``key`` sealed, or holds nothing.

    The temporary files of a killed pull are nothing.
    """
    for one in (folder, *place.attempts(folder)):
        if _is_folder(one) and believed(one, key) is None and any(_foreign(one)):
            raise not_own(one)


def not_own(folder: Path) -> UsageError:
    """Return the error for a folder that somebody else wrote."""
    return UsageError(
        f"{folder} was not pulled here by you (its seal does not fit)",
        f"remove it, or read it as it is: regreen analyze --log {folder}",
    )


def _is_place_of(folder: Path, run: Run) -> bool:
    name = place.run_folder(Path(), run.provider, run.id).name
    if folder.name == name:
        return True
    return folder.name == place.attempt_folder(folder, run.attempt).name and (
        folder.parent.name == name
    )


def _is_folder(path: Path) -> bool:
    """Whether it is one itself; a link is refused by whoever writes."""
    return os.path.lexists(path) and stat.S_ISDIR(path.lstat().st_mode)


def _foreign(folder: Path) -> Iterator[Path]:
    """Yield what a pull that was killed before its first record would not have left."""
    for entry in folder.iterdir():
        if entry.name == "jobs" and _is_folder(entry):
            yield from (log for log in entry.iterdir() if not place.is_temporary(log))
        elif not (
            entry.name == ".lock"
            or place.is_temporary(entry)
            or (place.is_attempt(entry) and _is_folder(entry))
        ):
            yield entry
