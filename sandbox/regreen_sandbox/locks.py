"""One regreen at a time: file locks of this user's, whatever its ``HOME``.

An engine is shared by everything on a machine, so the locks lie in one place whatever ``TMPDIR``
is. The kernel frees a lock when its holder ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from regreen_sandbox.errors import SandboxError, SandboxTimeout

WAIT_SECONDS = 1800.0
_FOLDER = Path("/tmp")


@contextmanager
def exclusive(
    name: str, *, report: Callable[[str], None], timeout: float = WAIT_SECONDS
) -> Iterator[None]:
    """Hold the lock ``name``; ``report`` is told when somebody else holds it.

    Raises `SandboxTimeout` after ``timeout`` seconds of waiting.
    """
    folder = own_folder(_FOLDER / f"regreen-locks-{os.getuid()}")
    path = folder / f"{name}.lock"
    deadline = time.monotonic() + timeout
    waited = False
    with path.open("ab") as handle:
        while not _taken(handle.fileno()):
            if not waited:
                report(f"waiting for another regreen ({name})")
                waited = True
            if time.monotonic() > deadline:
                raise SandboxTimeout(f"another regreen held {path} for over {timeout:g} seconds")
            time.sleep(0.1)
        yield


def own_folder(folder: Path) -> Path:
    """Return ``folder``, made if need be and this user's alone; another user's is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise SandboxError(
            f"{folder} should be a folder of yours and is not", next_step=f"remove {folder}"
        )
    return folder


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
