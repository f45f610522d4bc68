"""A tar read with every entry checked, since whoever made it may have meant harm."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, NoReturn

from regreen_sandbox.errors import UnsafeArchive

_HEADERS_PER_FILE = 8192
_HEADERS_AT_LEAST = 1 << 16
_MALFORMED = (tarfile.TarError, ValueError, OverflowError, EOFError, IndexError)


def checked(
    tar: bytes | BinaryIO | IO[bytes],
    *,
    files: int,
    bytes: int,
    root: str = "",
    outward: bool = False,
) -> Iterator[tuple[tarfile.TarInfo, Content | None]]:
    """Yield the entries of ``tar`` in turn, a regular file's with its content to be read then.

    Entries are regular files, folders, symbolic links that stay inside, and hard links to a file
    that came before; their names are relative, without ``.`` and ``..``, and below ``root``, the
    folder that links must not leave. Modes are cut to permissions. Raises `UnsafeArchive`, naming
    the entry, for everything else, for more than ``files`` entries and for contents of more than
    ``bytes`` together, and when it is no tar. With ``outward`` links may lead anywhere: for who
    takes them as data and follows none.
    """
    limit = bytes + files * _HEADERS_PER_FILE + _HEADERS_AT_LEAST
    gate = _Gate(root, files, bytes, outward)
    with _readable(), tarfile.open(fileobj=_Bounded(_as_file(tar), limit), mode="r|") as archive:
        for entry in archive:
            gate.admit(entry)
            content = archive.extractfile(entry) if entry.isreg() else None
            yield entry, None if content is None else Content(content)


class _Gate:
    """Knows what came before, and lets one entry after the other through."""

    def __init__(self, root: str, files: int, size: int, outward: bool) -> None:
        self._root = root
        self._outward = outward
        self._files_left = files
        self._bytes_left = size
        self._folders: set[str] = set()
        self._files: set[str] = set()
        self._links: set[str] = set()

    def admit(self, entry: tarfile.TarInfo) -> None:
        """Return when ``entry`` may pass, its name tidied. Raises `UnsafeArchive`."""
        self._files_left -= 1
        if self._files_left < 0:
            _refuse(entry, "is one file too many")
        entry.name = name = self._tidied(entry)
        entry.mode &= 0o777
        self._require_real_parents(entry)
        if entry.isdir():
            if name in self._links or name in self._files:
                _refuse(entry, "is a folder in place of something else")
            self._folders.add(name)
        elif name in self._folders:
            _refuse(entry, "stands in place of a folder")
        elif entry.isreg():
            self._bytes_left -= entry.size
            if self._bytes_left < 0:
                _refuse(entry, "makes it too large")
            self._files.add(name)
            self._links.discard(name)
        elif entry.issym():
            if not self._outward:
                self._require_inside(entry)
            self._links.add(name)
            self._files.discard(name)
        elif entry.islnk():
            if posixpath.normpath(entry.linkname) not in self._files:
                _refuse(entry, f"is a hard link to {entry.linkname!r}, no file of it")
            self._files.add(name)
            self._links.discard(name)
        else:
            _refuse(entry, "is a device or a pipe")

    def _tidied(self, entry: tarfile.TarInfo) -> str:
        if entry.name.startswith("/") or "\0" in entry.name:
            _refuse(entry, "has an absolute name")
        if ".." in entry.name.split("/"):
            _refuse(entry, "has '..' in its name")
        name = posixpath.normpath(entry.name)
        inside = not self._root or name == self._root or name.startswith(f"{self._root}/")
        if not inside or (name == "." and not entry.isdir()):
            _refuse(entry, "lies outside the folder")
        return name

    def _require_real_parents(self, entry: tarfile.TarInfo) -> None:
        parent = posixpath.dirname(entry.name)
        while parent and parent not in self._folders:
            if parent in self._links or parent in self._files:
                _refuse(entry, f"lies below {parent!r}, no folder")
            self._folders.add(parent)
            parent = posixpath.dirname(parent)

    def _require_inside(self, entry: tarfile.TarInfo) -> None:
        """Its parents are real folders, so leading ``..`` count; later ones may pass a link."""
        parts = [part for part in entry.linkname.split("/") if part not in ("", ".")]
        ups = 0
        while ups < len(parts) and parts[ups] == "..":
            ups += 1
        depth = entry.name.count("/") - (self._root.count("/") + 1 if self._root else 0)
        outside = entry.linkname.startswith("/") or "\0" in entry.linkname
        if outside or ups > depth or ".." in parts[ups:]:
            _refuse(entry, f"is a link to {entry.linkname!r}, which leads out of the folder")


class Content(io.RawIOBase):
    """One file's content, of which some may be missing."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__()
        self._source = source

    def read(self, size: int = -1, /) -> bytes:
        """Return the next ``size`` bytes of it, or all; raises `UnsafeArchive` when cut off."""
        with _readable():
            return self._source.read(size)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _MALFORMED as error:
        raise UnsafeArchive(f"it is no readable tar: {error}") from error


class _Bounded(io.RawIOBase):
    """A file of which no more than ``limit`` bytes can be read."""

    def __init__(self, source: IO[bytes], limit: int) -> None:
        super().__init__()
        self._source = source
        self._left = limit

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise UnsafeArchive("the tar is longer than its entries may be together")
        return data


def _as_file(tar: bytes | BinaryIO | IO[bytes]) -> IO[bytes]:
    return io.BytesIO(tar) if isinstance(tar, bytes) else tar


def _refuse(entry: tarfile.TarInfo, why: str) -> NoReturn:
    raise UnsafeArchive(f"{entry.name!r} in a tar {why}")
