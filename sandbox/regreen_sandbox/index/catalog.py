"""The projects of a package index as the sandbox may see them: dated, cached, checked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

from regreen_sandbox.index.client import Client, FetchedPage, UpstreamError
from regreen_sandbox.index.documents import Documents, Source
from regreen_sandbox.index.filenames import projects_of
from regreen_sandbox.index.files import Files
from regreen_sandbox.index.listing import IndexFile, Listing
from regreen_sandbox.index.store import Store

_CUT = 256


class Catalog:
    """Answers for one upstream as of one moment. Safe for many threads.

    ``files`` fetches what its listings name.
    """

    def __init__(self, client: Client, store: Store, moment: datetime | None) -> None:
        self.files = Files(client, store)
        self._documents = Documents(Source(client.page, _read), store)
        self._moment = moment
        self._cut: OrderedDict[str, tuple[Listing, Listing]] = OrderedDict()
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
        listing = self._documents.current(project, moment)
        if moment is None:
            return listing
        with self._lock:
            if listing.undated:
                self._undated.add(project)
            whole, cut = self._cut.get(project, (None, None))
        if cut is None or whole is not listing:
            cut = listing.as_of(moment)
            with self._lock:
                self._cut[project] = listing, cut
                while len(self._cut) > _CUT:
                    self._cut.popitem(last=False)
        if listing.files and not cut.files:  # the project came later
            raise UpstreamError("the index, as of the date, has no such project", 404)
        return cut

    def file(self, project: str, filename: str, *, dated: bool) -> IndexFile:
        """A file of a project, or the metadata file of one. Raises ``UpstreamError``."""
        file = self.listing(project, dated=dated).find(filename)
        if file is None:
            raise UpstreamError("the index, as of the date, has no such file", 404)
        return file

    def named(self, filename: str) -> IndexFile:
        """The file of that name, whatever project it belongs to, as of the moment.

        Raises ``UpstreamError``.
        """
        for project in projects_of(filename):
            try:
                return self.file(project, filename, dated=True)
            except UpstreamError as error:
                if error.status != 404:
                    raise
        raise UpstreamError("the index, as of the date, has no such file", 404)


def _read(page: FetchedPage, project: str) -> Listing:
    from regreen_sandbox.index.pages import read_listing

    return read_listing(page.body, page.content_type, page.url, project)
