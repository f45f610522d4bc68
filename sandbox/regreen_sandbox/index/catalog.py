"""Project pages and files as the sandbox may see them: dated, cached, checked.

How fresh a page is: one fetched long enough after the date shows everything that the date can
show, so it serves for a day; any other serves for ten minutes, then it is asked about again.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from regreen_sandbox.index.client import Client, Download, FetchedPage, UpstreamError
from regreen_sandbox.index.listing import IndexFile, Listing, PageUnreadable
from regreen_sandbox.index.store import Store, StoredPage

FRESH_SECONDS = 600.0
SETTLED_SECONDS = 86400.0
_SLACK_SECONDS = 3600.0  # clocks differ, and an index shows an upload a little late
_PARSED = 256
_TRUSTED = ("sha256", "sha512", "sha384", "blake2b")  # good enough to name a file by
_WEAK = ("sha224", "sha1", "md5")


@dataclass(frozen=True, slots=True)
class _Known:
    stored: StoredPage
    listing: Listing


class Catalog:
    """Answers for one upstream as of one moment. Safe for many threads."""

    def __init__(self, client: Client, store: Store, moment: datetime | None) -> None:
        self._client = client
        self._store = store
        self._moment = moment
        self._parsed: OrderedDict[str, _Known] = OrderedDict()
        self._lock = threading.Lock()
        self._undated: set[str] = set()

    @property
    def undated(self) -> tuple[str, ...]:
        """Projects served with files whose upload time the upstream does not tell."""
        with self._lock:
            return tuple(sorted(self._undated))

    def listing(self, project: str, *, dated: bool) -> Listing:
        """A project's files, as of the moment if ``dated``. Raises ``UpstreamError``."""
        moment = self._moment if dated else None
        try:
            listing = self._current(project, moment)
        except PageUnreadable as error:
            raise UpstreamError(str(error)) from error
        if moment is None:
            return listing
        if listing.undated:
            with self._lock:
                self._undated.add(project)
        return listing.as_of(moment)

    def _current(self, project: str, moment: datetime | None) -> Listing:
        with self._lock:
            known = self._parsed.get(project)
        known = known or self._load(project)
        if known is None or not _fresh(known.stored, moment):
            known = self._renew(project, known, moment)
        with self._lock:
            self._parsed[project] = known
            self._parsed.move_to_end(project)
            while len(self._parsed) > _PARSED:
                self._parsed.popitem(last=False)
        return known.listing

    def _load(self, project: str) -> _Known | None:
        stored = self._store.load_page(project)
        if stored is None:
            return None
        try:
            return _Known(stored, _read(stored.page, project))
        except PageUnreadable:
            return None

    def _renew(self, project: str, old: _Known | None, moment: datetime | None) -> _Known:
        validators = {}
        if old and old.stored.page.etag:
            validators["If-None-Match"] = old.stored.page.etag
        if old and old.stored.page.last_modified:
            validators["If-Modified-Since"] = old.stored.page.last_modified
        checked = time.time()  # before the request: the page is at least as new as this
        try:
            page = self._client.page(project, validators)
        except UpstreamError as error:
            if old and error.status == 502 and _settled(old.stored, moment):
                return old  # it shows all that the date can show
            raise
        if page is not None:
            known = _Known(StoredPage(page, checked), _read(page, project))
        elif old is not None:
            known = replace(old, stored=StoredPage(old.stored.page, checked))
        else:
            raise UpstreamError("the index says that nothing has changed, but nothing was kept")
        self._store.save_page(project, known.stored)
        return known

    def kept(self, file: IndexFile) -> BinaryIO | None:
        """The file, open, when it is in the cache."""
        key = _key(file)
        return self._store.open(key, file.size) if key else None

    def nameable(self, file: IndexFile) -> bool:
        """Whether the file has a digest by which it can be kept."""
        return _key(file) is not None

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
            key = _key(file)
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


def _digest(file: IndexFile) -> tuple[str, str] | None:
    for algorithm in (*_TRUSTED, *_WEAK):
        if value := file.digests.get(algorithm):
            return algorithm, value.lower()
    return None


def _key(file: IndexFile) -> str | None:
    digest = _digest(file)
    if digest is None or digest[0] in _WEAK or not re.fullmatch(r"[0-9a-f]{64,128}", digest[1]):
        return None
    return f"{digest[0]}-{digest[1]}"


def _settled(stored: StoredPage, moment: datetime | None) -> bool:
    return moment is not None and stored.checked >= moment.timestamp() + _SLACK_SECONDS


def _fresh(stored: StoredPage, moment: datetime | None) -> bool:
    age = time.time() - stored.checked
    return 0 <= age < (SETTLED_SECONDS if _settled(stored, moment) else FRESH_SECONDS)


def _read(page: FetchedPage, project: str) -> Listing:
    from regreen_sandbox.index.pages import read_listing

    return read_listing(page.body, page.content_type, page.url, project)
