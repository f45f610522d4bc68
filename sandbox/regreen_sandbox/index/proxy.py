"""The index proxy as a resource: a socket to mount into a container, gone afterwards."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from types import TracebackType

from regreen_sandbox.index.catalog import Catalog
from regreen_sandbox.index.client import Client, Patience
from regreen_sandbox.index.server import IndexServer
from regreen_sandbox.index.store import DEFAULT_LIMIT, Store
from regreen_sandbox.index.upstream import Upstream
from regreen_sandbox.sockets import private_directory

SOCKET_NAME = "index.sock"
_PREFIX = "regreen-index-"


class IndexProxy:
    """Serves ``upstream`` as it was at ``as_of`` (``None``: as it is) on a Unix socket.

    A context manager. Inside it, ``directory`` is the folder to mount into the container (whoever
    is in there may connect; on the host only this user may), and ``socket`` the socket in it.
    ``cache`` is a folder that all of this user's proxies share, kept under ``cache_bytes``.
    """

    def __init__(
        self,
        upstream: Upstream,
        cache: Path,
        as_of: datetime | None,
        *,
        cache_bytes: int = DEFAULT_LIMIT,
        patience: Patience | None = None,
    ) -> None:
        if as_of is not None and as_of.tzinfo is None:
            raise ValueError("as_of must have a time zone")
        self.as_of = as_of
        self._client = Client(upstream, patience or Patience())
        self._store = Store(cache, upstream.address, cache_bytes)
        self._catalog = Catalog(self._client, self._store, as_of)
        self._server: IndexServer | None = None
        self._cleanup = contextlib.ExitStack()
        self._directory: Path | None = None

    @property
    def directory(self) -> Path:
        """The folder that holds the socket, to be mounted into the container."""
        if self._directory is None:
            raise RuntimeError("the index proxy is not running")
        return self._directory

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return self.directory / SOCKET_NAME

    @property
    def errors(self) -> tuple[str, ...]:
        """What the upstream failed to give so far: ``name: what happened``, each once."""
        return self._server.notes if self._server else ()

    @property
    def undated(self) -> tuple[str, ...]:
        """Projects with files of unknown upload time, which were served whatever the date."""
        return self._catalog.undated

    def __enter__(self) -> IndexProxy:
        with contextlib.ExitStack() as stack:
            stack.callback(self._client.close)
            self._directory = stack.enter_context(private_directory(_PREFIX))
            self._server = IndexServer(self.socket, self._catalog)
            stack.enter_context(self._server.serving())
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cleanup.close()
        self._store.trim()
