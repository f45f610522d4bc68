"""What stands behind the proxy's doors: the indexes that are served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from regreen_sandbox.index.catalog import Catalog
from regreen_sandbox.index.client import Client, Patience
from regreen_sandbox.index.names import Names
from regreen_sandbox.index.npmcatalog import NpmCatalog
from regreen_sandbox.index.sites import Extra, Sites
from regreen_sandbox.index.store import DEFAULT_LIMIT, Store
from regreen_sandbox.index.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Behind:
    """The sites, and what is to be closed and trimmed when nobody comes any more."""

    sites: Sites
    clients: tuple[Client, ...]
    store: Store

    @property
    def undated(self) -> tuple[str, ...]:
        """Projects with files of unknown upload time, which were served whatever the date."""
        sites = self.sites
        catalogs = (sites.catalog, sites.npm, *(extra.catalog for extra in sites.extras))
        return tuple(dict.fromkeys(name for one in catalogs if one for name in one.undated))

    def close(self) -> None:
        """Close the connections to the upstreams, and keep the cache under its bound."""
        for client in self.clients:
            client.close()
        self.store.trim()


def open_behind(
    upstream: Upstream,
    registry: Upstream | None,
    others: Iterable[Upstream],
    names: Names,
    *,
    cache: Path,
    cache_bytes: int | None,
    as_of: datetime | None,
    patience: Patience | None,
) -> Behind:
    """Return the sites of ``upstream``, of npm's ``registry`` and of further indexes."""
    clients: list[Client] = []

    def reach(one: Upstream) -> tuple[Client, Store]:
        client = Client(one, patience or Patience())
        clients.append(client)
        return client, Store(cache, one.address, cache_bytes or DEFAULT_LIMIT)

    extras = tuple(
        Extra(place.hostname, place.path, Catalog(*reach(extra), as_of))
        for extra in others
        if (place := urlsplit(extra.address)).hostname
    )
    npm = NpmCatalog(*reach(registry), as_of) if registry is not None else None
    client, store = reach(upstream)
    sites = Sites(Catalog(client, store, as_of), npm, names, extras)
    return Behind(sites, tuple(clients), store)
