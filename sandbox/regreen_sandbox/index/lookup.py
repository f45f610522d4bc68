"""What the package index says of releases, read on the host as of a moment. Nothing of them is run.

Of a wheel only its list of files is fetched (the end of the archive, where zip keeps it), of its
metadata the file that PEP 658 puts beside it.
"""

from __future__ import annotations

import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar, cast

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from regreen_sandbox.index.catalog import Catalog
from regreen_sandbox.index.client import Client, Patience, UpstreamError
from regreen_sandbox.index.listing import IndexFile
from regreen_sandbox.index.store import Store
from regreen_sandbox.index.upstream import Upstream

_TAIL = 256 * 1024
_LARGEST_TAIL = 8 << 20
_METADATA_BYTES = 4 << 20
_Ask = Callable[[str, str], Iterator[str]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A release: its version, when its first file came, what it asks for, whether all is yanked."""

    version: str
    uploaded: datetime | None
    requires_python: str
    yanked: bool
    wheels: tuple[str, ...] = ()


class Lookup:
    """Asks one index, as of ``moment`` (``None``: now). Safe for many threads; close it after.

    What cannot be had (no such project, no network) is answered as not known.
    """

    def __init__(self, upstream: Upstream, cache: Path, moment: datetime | None) -> None:
        self._client = Client(upstream, Patience(tries=2))
        self._catalog = Catalog(self._client, Store(cache, upstream.address), moment)
        self._known: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Lookup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def releases(self, name: str) -> tuple[Uploaded, ...]:
        """Return the releases of a project, the lowest version first; none when it is not there."""
        by_version: dict[Version, list[IndexFile]] = {}
        for file in self._files(name):
            version = _version(file)
            if version is not None:
                by_version.setdefault(version, []).append(file)
        return tuple(_uploaded(v, files) for v, files in sorted(by_version.items()))

    def modules(self, name: str, version: str) -> tuple[str, ...]:
        """Return the paths of all files in a release's wheel; none when there is no wheel."""
        return self._once("modules", name, version, self._wheel_names)

    def requires(self, name: str, version: str) -> tuple[str, ...]:
        """Return the ``Requires-Dist`` of a release's wheel; none when it is not told."""
        return self._once("requires", name, version, self._requires)

    def _once(self, what: str, name: str, version: str, ask: _Ask) -> tuple[str, ...]:
        key = what, canonicalize_name(name), version
        with self._lock:
            if key in self._known:
                return self._known[key]
        try:
            answer = tuple(ask(name, version))
        except (UpstreamError, OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
            answer = ()
        with self._lock:
            self._known[key] = answer
        return answer

    def _files(self, name: str) -> tuple[IndexFile, ...]:
        try:
            return self._catalog.listing(canonicalize_name(name), dated=True).files
        except UpstreamError:
            return ()

    def _wheels(self, name: str, version: str) -> list[IndexFile]:
        """Return the wheels of a release, a pure one first, then the smallest."""
        try:
            wanted = Version(version)
        except InvalidVersion:
            return []
        files = self._files(name)
        found = [f for f in files if f.filename.endswith(".whl") and _version(f) == wanted]
        return sorted(found, key=lambda f: ("-none-any" not in f.filename, f.size or 0, f.filename))

    def _wheel_names(self, name: str, version: str) -> Iterator[str]:
        for file in self._wheels(name, version)[:1]:
            yield from self._read(file, zipfile.ZipFile.namelist)

    def _requires(self, name: str, version: str) -> Iterator[str]:
        for file in self._wheels(name, version)[:1]:
            described = file.metadata_file()
            if described is not None:
                with self._catalog.files.fetch(described) as handle:
                    data = handle.read(_METADATA_BYTES)
            else:
                data = self._read(file, _metadata)
            message = BytesHeaderParser().parsebytes(data)
            yield from (str(one) for one in message.get_all("Requires-Dist", []))

    def _read(self, file: IndexFile, look: Callable[[zipfile.ZipFile], _T]) -> _T:
        """Return what ``look`` finds in a wheel, of which no more than needed is fetched."""
        size = self._catalog.files.size(file)
        if size is None:
            raise UpstreamError("the upstream tells no size")
        wanted = min(size, _TAIL)
        while True:
            with self._catalog.files.part(file, f"bytes={size - wanted}-{size - 1}") as download:
                tail = b"".join(download)
            try:
                with zipfile.ZipFile(cast(IO[bytes], _Tail(tail, size))) as wheel:
                    return look(wheel)
            except (zipfile.BadZipFile, _BeforeTail):
                if wanted >= min(size, _LARGEST_TAIL):
                    raise
                wanted = min(size, _LARGEST_TAIL)


def _metadata(wheel: zipfile.ZipFile) -> bytes:
    """Return a wheel's metadata ("Binary distribution format" on packaging.python.org)."""
    [name] = [n for n in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]
    if wheel.getinfo(name).file_size > _METADATA_BYTES:
        raise UpstreamError("the metadata is too large")
    return wheel.read(name)


class _BeforeTail(OSError):
    """The archive's list of files begins before what was fetched."""


class _Tail(io.RawIOBase):
    """The end of a file of ``size`` bytes, to be read as if all of it were there."""

    def __init__(self, tail: bytes, size: int) -> None:
        self._tail, self._size, self._at = tail, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self._at = start + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        start = self._at - (self._size - len(self._tail))
        if start < 0:
            raise _BeforeTail("not fetched")
        end = len(self._tail) if size is None or size < 0 else start + size
        data = self._tail[start:end]
        self._at += len(data)
        return data


def _uploaded(version: Version, files: list[IndexFile]) -> Uploaded:
    times = [file.uploaded for file in files if file.uploaded is not None]
    return Uploaded(
        str(version),
        min(times, default=None),
        next((f.requires_python for f in files if f.requires_python), ""),
        all(file.yanked is not False for file in files),
        tuple(sorted(f.filename for f in files if f.filename.endswith(".whl"))),
    )


def _version(file: IndexFile) -> Version | None:
    try:
        if file.filename.endswith(".whl"):
            return parse_wheel_filename(file.filename)[1]
        return parse_sdist_filename(file.filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
