"""A folder copied from one container to another, and what changed there brought back.

A snapshot does not hold volumes, so containers that are to see the same files get copies: the
folder is streamed from one to the other through the engine, as ``docker cp`` would, and a note is
kept of every entry. Afterwards only what differs from the note goes back.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import queue
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import urlencode

import docker.errors
import requests

from regreen_sandbox.archives import Chunks, checked, get_file, tar_of
from regreen_sandbox.container import Sandbox
from regreen_sandbox.engine import ANSWER_SECONDS, CONNECT_SECONDS, Engine
from regreen_sandbox.errors import FileTooLarge, SandboxError
from regreen_sandbox.guests import Made
from regreen_sandbox.limits import GIB
from regreen_sandbox.placing import place
from regreen_sandbox.posture import laid

_IN_MEMORY = 32 << 20
_MOST_FILES = 2_000_000
_BLOCK = 1 << 20
_AHEAD = 16
_REMOVE_AT_ONCE = 500
_REMOVE = 'cd -- "$1" && shift && rm -rf -- "$@"'

Entry = tuple[object, ...]
"""What tells one state of a file from another."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A folder of the sandbox, and where the other container has it."""

    here: str
    there: str


@dataclass(slots=True)
class Copied:
    """One folder that was copied; what its entries were then, by their names in it."""

    shared: Shared
    entries: dict[str, Entry] = field(default_factory=dict)


def copy_in(sandbox: Sandbox, made: Made, shared: Shared) -> Copied:
    """Copy a folder of the sandbox into a container that is not started yet, owners and all.

    One that is not there is made empty. Raises `SandboxError`.
    """
    engine, copied = made.engine, Copied(shared)
    with engine.guard(f"making {shared.there} in a container"):
        folder = laid([(shared.there, 0o755, sandbox.inside.owner, None)])
        engine.client.api.put_archive(made.name, "/", folder)
    with tar_of(engine, sandbox.name, f"{shared.here.rstrip('/')}/.") as chunks:
        if chunks is not None:
            with _passed_on(engine, made.name, shared.there, chunks) as passing:
                for name, entry, content in _members(passing):
                    copied.entries[name] = _noted(entry, content)
                while passing.read(_BLOCK):
                    pass
    return copied


def bring_back(sandbox: Sandbox, made: Made, copied: Copied) -> int:
    """Do to the sandbox's folder what was done to the copy; return how many entries that were.

    Pipes, sockets and devices stay behind. Raises `SandboxError`.
    """
    shared = copied.shared
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        with (
            tar_of(made.engine, made.name, f"{shared.there}/.") as chunks,
            tarfile.open(fileobj=spool, mode="w", format=tarfile.PAX_FORMAT) as out,
        ):
            changed = _Changed(made, copied, out)
            if chunks is not None:
                for name, entry, content in _members(Chunks(chunks)):
                    changed.take(name, entry, content)
        gone = [name for name in copied.entries if name not in changed.seen]
        _remove(sandbox, shared.here, [*gone, *changed.replaced])
        if changed.count:
            spool.seek(0)
            for _ in checked(spool, files=_MOST_FILES, bytes=GIB, outward=True):
                pass
            spool.seek(0)
            place(sandbox.inside, shared.here, spool, owned=True)
    return changed.count + len(gone)


@contextmanager
def _passed_on(
    engine: Engine, container: str, folder: str, chunks: Iterator[bytes]
) -> Iterator[Chunks]:
    """Give a tar to read, and unpack it into a container's folder while it is read."""
    pieces: queue.Queue[bytes] = queue.Queue(maxsize=_AHEAD)
    failed: list[SandboxError] = []
    api = engine.client.api
    query = urlencode({"path": folder}, errors="surrogateescape")
    url = f"{api.base_url}/v{api.api_version}/containers/{container}/archive?{query}"

    def unpack() -> None:
        try:
            with engine.guard(f"writing {folder} in a container"):
                answer = api.request(
                    "PUT",
                    url,
                    data=iter(pieces.get, b""),
                    timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                )
                try:
                    answer.raise_for_status()
                except requests.HTTPError as error:
                    docker.errors.create_api_error_from_http_exception(error)
        except SandboxError as error:
            failed.append(error)

    thread = threading.Thread(target=unpack, daemon=True)
    thread.start()

    def put(piece: bytes) -> None:
        while thread.is_alive():
            with suppress(queue.Full):
                pieces.put(piece, timeout=0.5)
                return

    def passing() -> Iterator[bytes]:
        for chunk in chunks:
            put(chunk)
            yield chunk

    try:
        yield Chunks(passing())
    finally:
        put(b"")
        thread.join()
    if failed:
        raise failed[0]


def _members(
    source: Chunks,
) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes] | None]]:
    """Yield a folder's entries by their names in it, the folder itself as the empty one."""
    with tarfile.open(fileobj=source, mode="r:") as tar:
        for entry in tar:
            name = posixpath.normpath(entry.name).strip("/")
            content = tar.extractfile(entry) if entry.isreg() else None
            yield "" if name == "." else name, entry, content


def _noted(entry: tarfile.TarInfo, content: IO[bytes] | None) -> Entry:
    """Return what tells this state of an entry from another, its content's digest last."""
    if content is None:
        return *_told(entry), ""
    digest = hashlib.blake2b(digest_size=16)
    while block := content.read(_BLOCK):
        digest.update(block)
    return *_told(entry), digest.hexdigest()


def _told(entry: tarfile.TarInfo) -> Entry:
    """Return what an entry's head tells of it; a folder's and a link's time does not count."""
    told = entry.type, entry.mode, entry.uid, entry.gid, entry.linkname
    return (*told, entry.size, int(entry.mtime)) if entry.isreg() else told


class _Changed:
    """Gathers into a tar what differs from the note."""

    def __init__(self, made: Made, copied: Copied, out: tarfile.TarFile) -> None:
        self._made = made
        self._copied = copied
        self._out = out
        self._folders: dict[str, tarfile.TarInfo] = {}
        self._put: set[str] = set()
        self._size = 0
        self.seen: set[str] = set()
        self.replaced: list[str] = []
        self.count = 0

    def take(self, name: str, entry: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        """Look at an entry of the copy as it is now, and take it over if it is new or other."""
        if not (entry.isdir() or entry.isreg() or entry.issym() or entry.islnk()):
            return
        self.seen.add(name)
        before = self._copied.entries.get(name)
        if entry.isdir():
            self._folders[name] = entry
            if before == _noted(entry, None) or not name:
                return
            self._note(name, before, entry)
            self._add_folders(name, itself=True)
            return
        if before is not None and before[:-1] == _told(entry):
            if before == _noted(entry, content):
                return
            content = self._content_of(name)  # changed in the second that it was copied in
        self._note(name, before, entry)
        self._add_folders(name, itself=False)
        self._add(name, entry, content)

    def _note(self, name: str, before: Entry | None, entry: tarfile.TarInfo) -> None:
        self.count += 1
        if before is not None and before[0] != entry.type:
            self.replaced.append(name)

    def _add_folders(self, name: str, *, itself: bool) -> None:
        """Add the folders on the way as they are, since unpacking sets them to what is said."""
        parts = name.split("/")
        for depth in range(1, len(parts) + itself):
            above = "/".join(parts[:depth])
            if above not in self._put and above in self._folders:
                self._add(above, self._folders[above], None)

    def _add(self, name: str, entry: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        if entry.islnk():
            target = posixpath.normpath(entry.linkname)
            if target in self._put:
                entry.linkname = target
            else:  # what it is a second name of did not change: it gets the content itself
                content = self._content_of(target)
                entry.type, entry.linkname = tarfile.REGTYPE, ""
                entry.size = content.seek(0, io.SEEK_END)
                content.seek(0)
        self._size += entry.size
        if self._size > GIB:
            raise FileTooLarge(f"more than {GIB} bytes changed in {self._copied.shared.there}")
        self._put.add(name)
        entry.name = name
        entry.pax_headers = {}
        self._out.addfile(entry, content if entry.isreg() else None)

    def _content_of(self, name: str) -> IO[bytes]:
        path = f"{self._copied.shared.there}/{name}"
        return io.BytesIO(get_file(self._made.engine, self._made.name, path, GIB) or b"")


def _remove(sandbox: Sandbox, folder: str, names: list[str]) -> None:
    """Remove entries of a folder; whatever lies in a removed folder is gone with it."""
    removed = set(names)
    tops = [n for n in names if not any(p in removed for p in _above(n))]
    for start in range(0, len(tops), _REMOVE_AT_ONCE):
        batch = tuple(f"./{name}" for name in tops[start : start + _REMOVE_AT_ONCE])
        done = sandbox.run(
            ("/bin/sh", "-c", _REMOVE, "sh", folder, *batch), env={}, cwd="/", timeout=600
        )
        if not done.ok:
            said = done.output.decode(errors="replace").strip()[-300:]
            raise SandboxError(
                f"what an action removed cannot be removed in the sandbox: {said}",
                next_step="look at what the action removes",
            )


def _above(name: str) -> Iterator[str]:
    while "/" in name:
        name = posixpath.dirname(name)
        yield name
