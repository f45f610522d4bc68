"""What an upstream tells of its projects: fetched once, kept, asked about again when it must be.

How fresh a document is: one fetched long enough after the date shows everything that the date can
show, so it serves that date for ever, without any request; any other serves for ten minutes, then
it is asked about again. That a project is missing is kept likewise, for a date only.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from regreen_sandbox.index.client import FetchedPage, UpstreamError
from regreen_sandbox.index.files import Turns
from regreen_sandbox.index.listing import PageUnreadable
from regreen_sandbox.index.store import Store, StoredPage

FRESH_SECONDS = 600.0
_SLACK_SECONDS = 3600.0  # clocks differ, and an index shows an upload a little late
_PARSED = 256
_MISSING = FetchedPage("", "missing", None, None, b"")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Source(Generic[_T]):
    """How a document is fetched (with validators; ``None``: unchanged), and how it is read."""

    fetch: Callable[[str, Mapping[str, str]], FetchedPage | None]
    read: Callable[[FetchedPage, str], _T]


@dataclass(frozen=True, slots=True)
class _Known(Generic[_T]):
    stored: StoredPage
    content: _T | None


class Documents(Generic[_T]):
    """The documents of one upstream, by project. Safe for many threads.

    ``kind`` keeps documents of different kinds apart in the store.
    """

    def __init__(self, source: Source[_T], store: Store, kind: str = "") -> None:
        self._source = source
        self._store = store
        self._kind = kind
        self._parsed: OrderedDict[str, _Known[_T]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = Turns()

    def current(self, project: str, moment: datetime | None) -> _T:
        """The document of a project, new enough for ``moment`` (``None``: for now).

        Raises ``UpstreamError``, with status 404 when there is none.
        """
        known = self._remembered(project)
        if known is None or not _fresh(known, moment):
            with self._turns.of(project):
                known = self._remembered(project) or self._load(project)
                if known is None or not _fresh(known, moment):
                    known = self._renew(project, known, moment)
                self._remember(project, known)
        if known.content is None:
            raise UpstreamError("the index has no such project or file", 404)
        return known.content

    def _remembered(self, project: str) -> _Known[_T] | None:
        with self._lock:
            known = self._parsed.get(project)
            if known is not None:
                self._parsed.move_to_end(project)
            return known

    def _remember(self, project: str, known: _Known[_T]) -> None:
        with self._lock:
            self._parsed[project] = known
            self._parsed.move_to_end(project)
            while len(self._parsed) > _PARSED:
                self._parsed.popitem(last=False)

    def _load(self, project: str) -> _Known[_T] | None:
        stored = self._store.load_page(self._kind + project)
        if stored is None:
            return None
        if stored.page == _MISSING:
            return _Known(stored, None)
        try:
            return _Known(stored, self._source.read(stored.page, project))
        except PageUnreadable:
            return None

    def _renew(self, project: str, old: _Known[_T] | None, moment: datetime | None) -> _Known[_T]:
        checked = time.time()  # before the request: the page is at least as new as this
        try:
            page = self._source.fetch(project, old.stored.validators if old else {})
            if page is not None:
                content = self._source.read(page, project)
                known = _Known(StoredPage(page, checked), content)
            elif old is not None:
                known = replace(old, stored=StoredPage(old.stored.page, checked))
            else:
                raise UpstreamError("the index says that nothing has changed, but nothing was kept")
        except PageUnreadable as error:
            raise UpstreamError(str(error)) from error
        except UpstreamError as error:
            if error.status != 404 or moment is None:
                raise
            known = _Known(StoredPage(_MISSING, checked), None)
        self._store.save_page(self._kind + project, known.stored)
        return known


def _fresh(known: _Known[_T], moment: datetime | None) -> bool:
    checked = known.stored.checked
    if moment is not None and checked >= moment.timestamp() + _SLACK_SECONDS:
        return True
    missing_now = moment is None and known.content is None
    return not missing_now and 0 <= time.time() - checked < FRESH_SECONDS
