"""Files into and out of a container, as tar streams through the engine.

The engine resolves every path inside the container's own root, so no link leads out of it.
"""

from __future__ import annotations

import io
import posixpath
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO
from urllib.parse import urlencode

import docker.errors
import requests

from regreen_sandbox import podman
from regreen_sandbox.checking import checked
from regreen_sandbox.engine import ANSWER_SECONDS, CONNECT_SECONDS, Engine
from regreen_sandbox.errors import EngineRefused, FileTooLarge, SandboxError, SandboxGone

__all__ = [
    "BinarySource",
    "Chunks",
    "as_file",
    "checked",
    "get_file",
    "get_tree",
    "header",
    "put_file",
    "tar_of",
]

_BLOCK = 1 << 20


def put_file(
    engine: Engine, container: str, path: str, content: IO[bytes], mode: int, owner: int
) -> bool:
    """Put ``content`` (from its present position) at ``path``, ``owner``'s and its group's.

    Whatever is at ``path`` is replaced, a link is not followed. Returns ``False`` when the folder
    it belongs in is not there.
    """
    folder, name = posixpath.split(_absolute(path))
    with tempfile.SpooledTemporaryFile(max_size=8 * _BLOCK) as spool:
        with tarfile.open(fileobj=spool, mode="w") as tar:
            entry = tarfile.TarInfo(name)
            entry.mode, entry.uid, entry.gid = mode, owner, owner
            entry.mtime = int(time.time())
            start = content.tell()
            entry.size = content.seek(0, io.SEEK_END) - start
            content.seek(start)
            tar.addfile(entry, content)
        spool.seek(0)
        with engine.guard(f"writing {path} in a container"):
            try:
                if podman.is_podman(engine):
                    _require_folder(engine, container, folder)
                engine.client.api.put_archive(container, folder, spool)
            except docker.errors.NotFound as error:
                _require_container(error)
                return False
    return True


def _require_folder(engine: Engine, container: str, folder: str) -> None:
    """Raise docker's `NotFound` when there is no ``folder``, links on the way followed."""
    api = engine.client.api
    query = urlencode({"path": f"{folder.rstrip('/')}/."}, errors="surrogateescape")
    url = f"{api.base_url}/v{api.api_version}/containers/{container}/archive?{query}"
    response = api.request("HEAD", url, timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
    if not response.ok:
        raise docker.errors.NotFound("no such folder", response, folder)


def get_file(engine: Engine, container: str, path: str, limit: int) -> bytes | None:
    """Return the content of the regular file at ``path``; ``None`` when there is none.

    A link, folder or device at ``path`` is not a regular file. Raises `FileTooLarge` when the file
    is larger than ``limit`` bytes, `EngineRefused` when the job changed it meanwhile.
    """
    with tar_of(engine, container, path) as chunks:
        if chunks is None:
            return None
        try:
            return _only_file(chunks, path, limit)
        except tarfile.TarError as error:
            raise EngineRefused(
                f"{path} changed while it was read in a container ({error})",
                next_step="run the command again",
            ) from error


def _only_file(chunks: Iterator[bytes], path: str, limit: int) -> bytes | None:
    with tarfile.open(fileobj=Chunks(chunks), mode="r|") as tar:
        entry = tar.next()
        content = tar.extractfile(entry) if entry is not None and entry.isreg() else None
        if entry is None or content is None:
            return None
        if entry.size > limit:
            raise _too_large(path, limit)
        return content.read()


def header(engine: Engine, container: str, path: str) -> tarfile.TarInfo | None:
    """Return what is at ``path`` itself, a link as a link; ``None`` when there is nothing."""
    with tar_of(engine, container, path) as chunks:
        if chunks is None:
            return None
        with tarfile.open(fileobj=Chunks(chunks), mode="r|") as tar:
            return tar.next()


def get_tree(engine: Engine, container: str, path: str, limit: int) -> bytes | None:
    """Return what is at ``path`` as a tar whose names begin with its last part, links as links.

    ``None`` when there is nothing; raises `FileTooLarge` when the tar is over ``limit`` bytes.
    """
    gathered = bytearray()
    with tar_of(engine, container, path) as chunks:
        if chunks is None:
            return None
        for chunk in chunks:
            gathered += chunk
            if len(gathered) > limit:
                raise _too_large(path, limit)
    return bytes(gathered)


class Chunks(io.RawIOBase):
    """A stream of pieces as a readable file, which is what ``tarfile`` wants.

    It can be sought forward, so that ``tarfile`` may take it for a plain file (mode ``r:``), which
    is several times faster than its own way with streams.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._piece = b""
        self._at = 0
        self._before = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next ``size`` bytes, fewer at the end; all that is left for -1."""
        parts, missing = [], size
        while missing and self._fill():
            end = len(self._piece) if missing < 0 else self._at + missing
            parts.append(self._piece[self._at : end])
            self._at += len(parts[-1])
            missing -= len(parts[-1]) if missing > 0 else 0
        return b"".join(parts)

    def tell(self) -> int:
        """Return how many bytes were passed."""
        return self._before + self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Pass over what comes before ``offset``; there is no way back."""
        if whence != io.SEEK_SET or offset < self.tell():
            raise io.UnsupportedOperation("a stream only goes forward")
        while self.tell() < offset and self._fill():
            self._at = min(len(self._piece), offset - self._before)
        return self.tell()

    def _fill(self) -> bool:
        """Have something at hand, and say whether there is."""
        while self._at == len(self._piece):
            self._before += self._at
            self._piece, self._at = next(self._chunks, b""), 0
            if not self._piece:
                return False
        return True


@contextmanager
def tar_of(engine: Engine, container: str, path: str) -> Iterator[Iterator[bytes] | None]:
    """Give what is at ``path`` as a tar in pieces, or ``None``.

    The connection is closed on every way out: while one is open, the engine holds on to the
    container and waits with its removal.
    """
    api = engine.client.api
    query = urlencode({"path": _absolute(path)}, errors="surrogateescape")
    with (
        engine.guard(f"reading {path} in a container"),
        api.request(
            "GET",
            f"{api.base_url}/v{api.api_version}/containers/{container}/archive?{query}",
            headers={"Accept-Encoding": "identity"},
            stream=True,
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
        ) as response,
    ):
        link = podman.link_at(path, response.headers)
        if link is not None:
            yield iter([link])
        else:
            yield response.iter_content(_BLOCK) if _found(response) else None


def _found(response: requests.Response) -> bool:
    try:
        response.raise_for_status()
    except requests.HTTPError as http:
        try:
            docker.errors.create_api_error_from_http_exception(http)
        except docker.errors.NotFound as error:
            _require_container(error)
            return False
        except docker.errors.APIError as error:
            if "not a directory" in str(error.explanation):
                return False
            raise
    return True


def _absolute(path: str) -> str:
    if not path.startswith("/") or "\0" in path or path.endswith("/"):
        raise SandboxError(
            f"{path!r} is no absolute path of a file", next_step="name an absolute path"
        )
    return path


def _require_container(error: docker.errors.APIError) -> None:
    if str(error.explanation).startswith(podman.NO_CONTAINER):
        raise SandboxGone(f"the container is gone: {error.explanation}") from None


def _too_large(path: str, limit: int) -> FileTooLarge:
    return FileTooLarge(
        f"{path} in the container is larger than the {limit} bytes that are read of it"
    )


BinarySource = bytes | BinaryIO | IO[bytes]


@contextmanager
def as_file(source: BinarySource) -> Iterator[IO[bytes]]:
    """Give ``source`` as a file that can be measured; one that is the caller's stays open."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif source.seekable():
        yield source
    else:
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(source, spool)
            spool.seek(0)
            yield spool
