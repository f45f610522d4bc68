"""Files of an upstream as the sandbox may see them: checked by digest, kept, fetched once.

A file that several ask for at the same time is fetched for the first of them; the others wait and
take it from the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from typing import BinaryIO

from regreen_sandbox.index.client import Client, Download, UpstreamError
from regreen_sandbox.index.listing import IndexFile
from regreen_sandbox.index.store import Store

_TRUSTED = ("sha256", "sha512", "sha384", "blake2b")  # good enough to name a file by
_WEAK = ("sha224", "sha1", "md5")
_WAIT_SECONDS = 120.0  # who is first may read slowly, on purpose too


class Files:
    """Fetches, checks and keeps the files of one upstream. Safe for many threads."""

    def __init__(self, client: Client, store: Store) -> None:
        self._client = client
        self._store = store
        self._turns = Turns()

    def kept(self, file: IndexFile) -> BinaryIO | None:
        """The file, open, when it is in the cache."""
        key = file_key(file)
        return self._store.open(key, file.size) if key else None

    def nameable(self, file: IndexFile) -> bool:
        """Whether the file has a digest by which it can be kept."""
        return file_key(file) is not None

    @contextlib.contextmanager
    def turn(self, file: IndexFile) -> Iterator[None]:
        """Surround the fetching of a file: whoever wants the same file waits until it is there."""
        key = file_key(file)
        with self._turns.of(key) if key else contextlib.nullcontext():
            yield

    def size(self, file: IndexFile) -> int | None:
        """The file's length as the page, or else the upstream, tells it."""
        return file.size if file.size is not None else self._client.head(file.url)

    def part(self, file: IndexFile, wanted: str) -> Download:
        """Open a part of a file upstream; ``wanted`` is a ``Range`` header."""
        return self._client.file(file.url, wanted)

    def whole(self, file: IndexFile) -> Download:
        """Open a file upstream, to be read through ``checked``."""
        download = self._client.file(file.url)
        if None not in (file.size, download.length) and file.size != download.length:
            with download:
                raise UpstreamError("the file does not have the size that the page tells")
        return download

    def checked(self, file: IndexFile, download: Download) -> Iterator[bytes]:
        """The blocks of a file, which is kept at the end if it matches its digest.

        The last block is held back until then, so whoever reads on never gets a wrong file
        whole. Raises ``UpstreamError`` when the digest or the length is another.
        """
        strongest = _digest(file)
        hasher = hashlib.new(strongest[0]) if strongest else None
        held, length = b"", 0
        with download, self._store.incoming() as incoming:
            key = file_key(file)
            for block in download:
                length += len(block)
                if download.length is not None and length > download.length:
                    raise UpstreamError("the file is longer than it was said to be")
                if hasher:
                    hasher.update(block)
                if key:
                    incoming.write(block)
                if held:
                    yield held
                held = block
            if hasher and strongest and hasher.hexdigest() != strongest[1]:
                raise UpstreamError(f"the file does not match its {strongest[0]} digest")
            if key:
                self._store.keep(incoming, key, length)
        if held:
            yield held

    def fetch(self, file: IndexFile) -> BinaryIO:
        """Return the file, open, fetched into the cache unless it is there.

        Raises ``UpstreamError`` when it cannot be had, has no digest to keep it by, or when there
        is no room for it.
        """
        with self.turn(file):
            kept = self.kept(file)
            if kept is None:
                for _ in self.checked(file, self.whole(file)):
                    pass
                kept = self.kept(file)
        if kept is None:
            raise UpstreamError("the file cannot be kept: it has no digest, or the disk is full")
        return kept


class Turns:
    """Lets one at a time do what has the same name; different names do not wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Wait for the turn of ``name``; after two minutes go on without it."""
        with self._lock:
            lock, users = self._held.get(name, (threading.Lock(), 0))
            self._held[name] = lock, users + 1
        taken = lock.acquire(timeout=_WAIT_SECONDS)
        try:
            yield
        finally:
            if taken:
                lock.release()
            with self._lock:
                lock, users = self._held[name]
                if users > 1:
                    self._held[name] = lock, users - 1
                else:
                    del self._held[name]


def _digest(file: IndexFile) -> tuple[str, str] | None:
    for algorithm in (*_TRUSTED, *_WEAK):
        if value := file.digests.get(algorithm):
            return algorithm, value.lower()
    return None


def file_key(file: IndexFile) -> str | None:
    """The name under which a file is kept; ``None`` without a digest good enough for that."""
    digest = _digest(file)
    if digest is None or digest[0] in _WEAK or not re.fullmatch(r"[0-9a-f]{64,128}", digest[1]):
        return None
    return f"{digest[0]}-{digest[1]}"
