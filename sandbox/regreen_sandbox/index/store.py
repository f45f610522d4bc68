"""What is kept on the host between runs: files by their digest, pages by their project.

A folder that several processes share. Everything is written to ``incoming/`` first and moved
into place whole, so a reader never sees half a file, and a crash leaves only something that
``trim`` takes away. Names are digests, never what an upstream or the sandbox says.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from regreen_sandbox.index.client import FetchedPage

DEFAULT_LIMIT = 10 << 30
_ABANDONED_SECONDS = 6 * 3600.0
_TRIM_EVERY = 512 << 20
_TRIM_TO = 0.9


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page and when (seconds since 1970) the upstream last said that it is current."""

    page: FetchedPage
    checked: float

    @property
    def validators(self) -> dict[str, str]:
        """The headers with which the upstream is asked whether it is still current."""
        found = {}
        if self.page.etag:
            found["If-None-Match"] = self.page.etag
        if self.page.last_modified:
            found["If-Modified-Since"] = self.page.last_modified
        return found


class Incoming:
    """A file on its way into the store. When the disk is full it just is not kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: BinaryIO | None = None
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = path.open("xb")

    def write(self, block: bytes) -> None:
        """Add a block."""
        if self._handle is None:
            return
        try:
            self._handle.write(block)
        except OSError:
            self.discard()

    def commit(self, target: Path) -> None:
        """Move the whole file to its place."""
        if self._handle is None:
            return
        try:
            self._handle.close()
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(target)
            self._handle = None
        except OSError:
            self.discard()

    def discard(self) -> None:
        """Forget what was written, unless it was committed."""
        if self._handle is None:
            return
        with contextlib.suppress(OSError):
            self._handle.close()
        self._handle = None
        self._path.unlink(missing_ok=True)


class Store:
    """The cache folder. Safe for many threads and processes; what cannot be kept is not kept."""

    def __init__(self, root: Path, address: str, limit: int = DEFAULT_LIMIT) -> None:
        self._root = root
        self._pages = root / "pages" / hashlib.sha256(address.encode()).hexdigest()[:32]
        self._limit = limit
        self._added = 0
        with contextlib.suppress(OSError):  # then nothing is kept
            root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def open(self, key: str, size: int | None) -> BinaryIO | None:
        """Open the file kept under ``key``; ``None`` when there is none of that size."""
        path = self.path(key)
        try:
            handle = path.open("rb")
        except OSError:
            return None
        if size is not None and os.fstat(handle.fileno()).st_size != size:
            handle.close()
            path.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # the last use decides what goes first
        return handle

    @contextlib.contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """A file to write to; it is gone afterwards unless it was kept."""
        incoming = Incoming(self._root / "incoming" / secrets.token_hex(16))
        try:
            yield incoming
        finally:
            incoming.discard()

    def keep(self, incoming: Incoming, key: str, size: int) -> None:
        """Keep a file under its digest (``<algorithm>-<hex>``)."""
        incoming.commit(self.path(key))
        self._added += size
        if self._added > min(_TRIM_EVERY, self._limit // 10):
            self.trim()

    def load_page(self, project: str) -> StoredPage | None:
        """The page that was kept for a project, if it can be read."""
        try:
            with self._page(project).open("rb") as handle:
                head = json.loads(handle.readline())
                checked = float(head.pop("checked"))
                return StoredPage(FetchedPage(body=handle.read(), **head), checked)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def save_page(self, project: str, stored: StoredPage) -> None:
        """Keep a page."""
        head = {**asdict(stored.page), "checked": stored.checked}
        body = head.pop("body")
        with self.incoming() as incoming:
            incoming.write(json.dumps(head).encode() + b"\n")
            incoming.write(body)
            incoming.commit(self._page(project))

    def trim(self) -> None:
        """Remove abandoned files, and the files used longest ago while there is too much."""
        self._added = 0
        now = time.time()
        kept: list[tuple[float, int, Path]] = []
        for path in self._root.rglob("*"):
            try:
                status = path.lstat()
            except OSError:
                continue
            if not stat.S_ISREG(status.st_mode):
                continue
            if path.parent.name != "incoming":
                kept.append((status.st_mtime, status.st_size, path))
            elif now - status.st_mtime > _ABANDONED_SECONDS:
                _remove(path)
        total = sum(size for _, size, _ in kept)
        if total <= self._limit:
            return
        for _, size, path in sorted(kept):
            if total <= self._limit * _TRIM_TO:
                return
            _remove(path)
            total -= size

    def path(self, key: str) -> Path:
        """Where the file with this digest is, if it is kept."""
        return self._root / "files" / key[-2:] / key

    def _page(self, project: str) -> Path:
        return self._pages / hashlib.sha256(project.encode()).hexdigest()[:32]


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
