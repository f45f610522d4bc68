"""The index proxy as a resource: a socket to mount into a container, gone afterwards."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from regreen_sandbox.index.authority import make_identity
from regreen_sandbox.index.catalog import Catalog
from regreen_sandbox.index.client import Client, Patience
from regreen_sandbox.index.front import Front
from regreen_sandbox.index.names import NO_NAMES, Names
from regreen_sandbox.index.npmcatalog import NpmCatalog
from regreen_sandbox.index.server import IndexServer, SecureServer
from regreen_sandbox.index.sites import Extra, Sites
from regreen_sandbox.index.store import DEFAULT_LIMIT, Store
from regreen_sandbox.index.upstream import Upstream
from regreen_sandbox.recipe import ca_bundle
from regreen_sandbox.sockets import private_directory

SOCKET_NAME = "index.sock"
SECURE_NAME = "secure.sock"
_AUTHORITIES = "authorities.pem"
_PREFIX = "regreen-index-"


@dataclass(frozen=True, slots=True)
class Others:
    """What is served besides the package index: npm's registry, and further package indexes."""

    registry: Upstream | None = None
    indexes: tuple[Upstream, ...] = ()


NO_OTHERS = Others()


class IndexProxy:
    """Serves ``upstream`` as it was at ``as_of`` (``None``: as it is) on Unix sockets.

    A context manager. Inside it, ``directory`` is the folder to mount into the container (whoever
    is in there may connect; on the host only this user may), ``socket`` the plain socket in it, and
    ``front`` what the public indexes' own names are served with, when ``names`` has any.
    ``others`` are what is served besides; ``cache`` is a folder that all of this user's proxies
    share, kept under ``cache_bytes``.
    """

    def __init__(
        self,
        upstream: Upstream,
        cache: Path,
        as_of: datetime | None,
        *,
        others: Others = NO_OTHERS,
        names: Names = NO_NAMES,
        cache_bytes: int = DEFAULT_LIMIT,
        patience: Patience | None = None,
    ) -> None:
        if as_of is not None and as_of.tzinfo is None:
            raise ValueError("as_of must have a time zone")
        self.as_of = as_of
        self.front: Front | None = None
        self._cache, self._cache_bytes = cache, cache_bytes
        self._patience = patience or Patience()
        self._clients: list[Client] = []
        self._store = Store(cache, upstream.address, cache_bytes)
        self._sites = self._served(upstream, others, names)
        self._servers: list[IndexServer] = []
        self._cleanup = contextlib.ExitStack()
        self._directory: Path | None = None

    @property
    def directory(self) -> Path:
        """The folder that holds the sockets, to be mounted into the container."""
        if self._directory is None:
            raise RuntimeError("the index proxy is not running")
        return self._directory

    @property
    def socket(self) -> Path:
        """The plain Unix socket."""
        return self.directory / SOCKET_NAME

    @property
    def errors(self) -> tuple[str, ...]:
        """What the upstreams failed to give so far: ``name: what happened``, each once."""
        return tuple(dict.fromkeys(note for one in self._servers for note in one.notes))

    @property
    def undated(self) -> tuple[str, ...]:
        """Projects with files of unknown upload time, which were served whatever the date."""
        sites = self._sites
        catalogs = (sites.catalog, sites.npm, *(extra.catalog for extra in sites.extras))
        return tuple(dict.fromkeys(name for one in catalogs if one for name in one.undated))

    def __enter__(self) -> IndexProxy:
        with contextlib.ExitStack() as stack:
            for client in self._clients:
                stack.callback(client.close)
            self._directory = stack.enter_context(private_directory(_PREFIX))
            self._serve(stack, IndexServer(self.socket, self._sites))
            names = (*self._sites.names.all, *(extra.host for extra in self._sites.extras))
            if names and self._sites.names.index:
                self._open_front(stack, tuple(dict.fromkeys(names)))
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

    def _served(self, upstream: Upstream, others: Others, names: Names) -> Sites:
        extras = [
            Extra(place.hostname, place.path, self._catalog(extra))
            for extra in others.indexes
            if (place := urlsplit(extra.address)).hostname
        ]
        npm = None
        if others.registry is not None:
            npm = NpmCatalog(*self._reach(others.registry), self.as_of)
        catalog = Catalog(self._client(upstream), self._store, self.as_of)
        return Sites(catalog, npm, names, tuple(extras))

    def _catalog(self, upstream: Upstream) -> Catalog:
        return Catalog(*self._reach(upstream), self.as_of)

    def _reach(self, upstream: Upstream) -> tuple[Client, Store]:
        return self._client(upstream), Store(self._cache, upstream.address, self._cache_bytes)

    def _client(self, upstream: Upstream) -> Client:
        client = Client(upstream, self._patience)
        self._clients.append(client)
        return client

    def _open_front(self, stack: contextlib.ExitStack, names: tuple[str, ...]) -> None:
        identity = make_identity(names)
        bundle = ca_bundle()
        known = bundle.read_bytes() if bundle else b""
        authorities = self.directory / _AUTHORITIES
        authorities.write_bytes(identity.authority + known)
        authorities.chmod(0o644)
        path = self.directory / SECURE_NAME
        self._serve(stack, SecureServer(path, self._sites, identity.context))
        index = f"https://{self._sites.names.index[0]}/simple"
        self.front = Front(names, SECURE_NAME, index, authorities)

    def _serve(self, stack: contextlib.ExitStack, server: IndexServer) -> None:
        self._servers.append(server)
        stack.enter_context(server.serving())
