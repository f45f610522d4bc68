"""Folders and trees put into a container whose image has neither ``tar`` nor ``mkdir``.

The engine unpacks as root and follows links on the way, so every folder on the way is an entry of
its own: at one, the engine puts a folder in place of a link instead of following it. While the job
has processes they are held still, since a link that comes in between would be followed.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from regreen_sandbox import archives
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.inside import Inside, processes

_IN_MEMORY = 8 << 20


def place(
    inside: Inside, folder: str, tar: IO[bytes] | None = None, *, owned: bool = False
) -> None:
    """Make ``folder`` and unpack ``tar`` (its entries checked by now) there, the job's user's.

    With ``owned`` its entries keep the owners that they have in it. Raises `SandboxError` when
    something on the way to ``folder`` is no folder.
    """
    with _still(inside), tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        with tarfile.open(fileobj=spool, mode="w") as out:
            done = _lay_way(inside, folder, out)
            if tar is not None:
                _copy(tar, folder.strip("/"), out, done, inside.owner, owned=owned)
        spool.seek(0)
        with inside.engine.guard(f"writing {folder} in a container"):
            inside.engine.client.api.put_archive(inside.container, "/", spool)


def _lay_way(inside: Inside, folder: str, out: tarfile.TarFile) -> set[str]:
    """Add an entry for each folder down to ``folder``, as it is there; return their names."""
    done: set[str] = set()
    here = ""
    for part in posixpath.normpath(folder).strip("/").split("/"):
        here = f"{here}/{part}"
        entry = archives.header(inside.engine, inside.container, here)
        if entry is not None and not entry.isdir():
            raise SandboxError(
                f"{here} in the container is no folder",
                next_step="look at what the job makes there",
            )
        if entry is None:
            entry = _folder(here, inside.owner)
        entry.name = here.strip("/")
        out.addfile(entry)
        done.add(entry.name)
    return done


def _copy(
    tar: IO[bytes],
    folder: str,
    out: tarfile.TarFile,
    done: set[str],
    owner: int,
    *,
    owned: bool,
) -> None:
    with tarfile.open(fileobj=tar, mode="r:") as source:
        for entry in source:
            name = posixpath.normpath(f"{folder}/{entry.name}")
            for parent in _parents(name):
                if parent not in done:
                    out.addfile(_folder(parent, owner))
                    done.add(parent)
            if entry.isdir():
                done.add(name)
            if entry.islnk():
                entry.linkname = posixpath.normpath(f"{folder}/{entry.linkname}")
            entry.name = name
            if not owned:
                entry.uid, entry.gid = owner, owner
            entry.uname = entry.gname = ""
            out.addfile(entry, source.extractfile(entry) if entry.isreg() else io.BytesIO())


def _parents(name: str) -> Iterator[str]:
    parts = name.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])


def _folder(path: str, owner: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.strip("/"))
    entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, 0o755, owner, owner
    entry.mtime = int(time.time())
    return entry


@contextmanager
def _still(inside: Inside) -> Iterator[None]:
    if processes(inside) == 0:
        yield
        return
    api = inside.engine.client.api
    with inside.engine.guard("holding a container still"):
        api.pause(inside.container)
    try:
        yield
    finally:
        with inside.engine.guard("letting a container go on"):
            api.unpause(inside.container)
