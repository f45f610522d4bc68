"""Who uses which image: one small file an image, a line a process, so that none is pruned away.

An engine is shared by everything of this user's on a machine, whatever its ``HOME``, and the last
use is to be known after a reboot too: so the files lie in ``/var/tmp``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from regreen_sandbox.labels import Owner, alive
from regreen_sandbox.locks import own_folder

_FOLDER = Path("/var/tmp")


def note(image_id: str) -> None:
    """Note that this process uses an image (``sha256:…``) from now on.

    Where nothing can be written nothing is noted: an image may then be pruned too early, and is
    made anew.
    """
    with suppress(OSError):
        path = _file(image_id)
        line = f"{Owner.current()}\n"
        with path.open("a+", encoding="ascii") as file:
            file.seek(0)
            if line not in file.readlines():
                file.write(line)
        os.utime(path)


def last(image_id: str) -> float | None:
    """Return when an image's use was last noted, in seconds; ``None``: never."""
    try:
        return _file(image_id).stat().st_mtime
    except OSError:
        return None


def in_use(image_id: str) -> bool:
    """Return whether another process that may still live has noted that it uses an image."""
    try:
        lines = _file(image_id).read_text(encoding="ascii").split()
    except OSError:
        return False
    owners = [owner for line in lines if (owner := Owner.parse(line)) is not None]
    return any(alive(owner) for owner in owners if owner != Owner.current())


def forget(image_id: str) -> None:
    """Remove what was noted of an image that is gone."""
    with suppress(OSError):
        _file(image_id).unlink()


def _file(image_id: str) -> Path:
    return own_folder(_FOLDER / f"regreen-uses-{os.getuid()}") / image_id.replace(":", "-")
