"""The packages of an npm registry as the sandbox may see them: dated, cached, checked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from regreen_sandbox.index.client import Client, FetchedPage, UpstreamError
from regreen_sandbox.index.documents import Documents, Source
from regreen_sandbox.index.files import Files
from regreen_sandbox.index.listing import IndexFile, PageUnreadable
from regreen_sandbox.index.packument import Packument, read_packument, write_whole
from regreen_sandbox.index.store import Store

DOCUMENT_BYTES = 256 << 20
"""The bound of a registry's document: those of a few packages have some ten megabytes."""
_CUT = 256
_WELL_KNOWN = "yarn"  # every registry has it, with some two hundred versions, and it is small
_MISSING = "the registry, as of the date, has no such package, version or file"


@dataclass(frozen=True, slots=True)
class _Cut:
    whole: Packument
    package: Packument
    files: Mapping[str, IndexFile]


class NpmCatalog:
    """Answers for one registry as of one moment. Safe for many threads."""

    def __init__(self, client: Client, store: Store, moment: datetime | None) -> None:
        self.files = Files(client, store)
        self._client = client
        self._documents = Documents(Source(self._fetch, _read), store, "npm:")
        self._moment = moment
        self._cut: OrderedDict[tuple[str, bool], _Cut] = OrderedDict()
        self._undatable: OrderedDict[str, tuple[Packument, Packument]] = OrderedDict()
        self._lock = threading.Lock()
        self._undated: set[str] = set()

    @property
    def undated(self) -> tuple[str, ...]:
        """Packages served with versions whose time the registry does not tell."""
        with self._lock:
            return tuple(sorted(self._undated))

    def package(self, name: str, *, dated: bool) -> Packument:
        """A package, as of the moment if ``dated``. Raises ``UpstreamError``."""
        return self._of(name, dated).package

    def tarball(self, name: str, filename: str, *, dated: bool) -> IndexFile:
        """A version's tarball. Raises ``UpstreamError``."""
        file = self._of(name, dated).files.get(filename)
        if file is None:
            raise UpstreamError(_MISSING, 404)
        return file

    def _of(self, name: str, dated: bool) -> _Cut:
        moment = self._moment if dated else None
        whole = self._documents.current(name, moment)
        if moment is not None and not self._dates(whole, moment):
            whole = self._bare(name, whole)
        with self._lock:
            if moment is not None and whole.undated:
                self._undated.add(name)
            known = self._cut.get((name, dated))
        if known is None or known.whole is not whole:
            package = whole if moment is None else whole.as_of(moment)
            known = _Cut(whole, package, package.files())
            with self._lock:
                self._cut[name, dated] = known
                while len(self._cut) > _CUT:
                    self._cut.popitem(last=False)
        if not known.package.versions:
            raise UpstreamError(_MISSING, 404)
        return known

    def _dates(self, package: Packument, moment: datetime) -> bool:
        """Whether the times are those of publication, as far as this package and a known one tell.

        npm's own record says since when a package is there. A mirror that says nothing of it may
        tell its own times, which would hide what had long been published.
        """
        if package.recorded:
            return True
        if not package.plausible:
            return False
        try:
            return self._documents.current(_WELL_KNOWN, moment).plausible
        except UpstreamError:
            return True

    def _bare(self, name: str, whole: Packument) -> Packument:
        """The package without times, the same value as long as ``whole`` is the same."""
        with self._lock:
            known = self._undatable.get(name)
            if known is None or known[0] is not whole:
                known = self._undatable[name] = whole, whole.without_times()
                while len(self._undatable) > _CUT:
                    self._undatable.popitem(last=False)
            return known[1]

    def _fetch(self, name: str, validators: Mapping[str, str]) -> FetchedPage | None:
        """The whole document, for only that has dates, without what nobody reads."""
        place = quote(name, safe="@")
        page = self._client.document(place, "application/json", validators, DOCUMENT_BYTES)
        if page is None:
            return None
        try:
            return replace(page, body=write_whole(read_packument(page.body, name), None))
        except PageUnreadable as error:
            raise UpstreamError(str(error)) from error


def _read(page: FetchedPage, name: str) -> Packument:
    return read_packument(page.body, name)
