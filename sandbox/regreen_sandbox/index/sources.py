"""All that this machine's indexes are: what a run's proxies serve, and under which names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from regreen_sandbox.errors import ImageUnavailable, SandboxError
from regreen_sandbox.index.names import NO_NAMES, Names, public_names
from regreen_sandbox.index.npmsource import upstream_registry
from regreen_sandbox.index.proxy import NO_OTHERS, Others
from regreen_sandbox.index.upstream import Upstream, pip_indexes

_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


@dataclass(frozen=True, slots=True)
class Sources:
    """The package index that stands for the public one, what is served besides, and the names."""

    upstream: Upstream
    others: Others = NO_OTHERS
    names: Names = NO_NAMES

    @property
    def address(self) -> str:
        """The addresses of all of them, without credentials: what a set-up's content rests on."""
        registry = (self.others.registry,) if self.others.registry else ()
        return " ".join(one.address for one in (self.upstream, *self.others.indexes, *registry))


def machine_sources(cache: Path, extra: Sequence[str] = ()) -> Sources:
    """Return this machine's indexes: pip's, npm's, and the further ones that the user asks for.

    ``extra`` are addresses; one that is among pip's own extra indexes gets the login that pip has
    for it. ``cache`` is the index proxies' folder. Raises `SandboxError` for an address that is
    none.
    """
    names, (upstream, known) = public_names(cache), pip_indexes()
    logins = {one.address: one for one in known}
    found = {upstream.address: upstream} if _servable(upstream.simple_url) else {}
    for address in extra:
        require_servable(address)
        asked = Upstream(address, upstream.cert)
        found[asked.address] = asked if asked.credentials else logins.get(asked.address, asked)
    indexes = [one for a, one in found.items() if urlsplit(a).hostname not in names.all]
    return Sources(upstream, Others(_registry(), tuple(indexes)), names)


def require_servable(address: str) -> None:
    """Raise `SandboxError` unless an index can be served under ``address``."""
    if not _servable(address):
        raise SandboxError(
            f"{address.rpartition('@')[2]!r} is not the address of a package index that can be "
            "served under its own name",
            next_step="write it as https://example.org/simple/, without a port",
        )


def _registry() -> Upstream | None:
    try:
        return upstream_registry()
    except ImageUnavailable:
        return None


def _servable(address: str) -> bool:
    try:
        parts = urlsplit(address)
        known = parts.hostname is not None and _HOST.fullmatch(parts.hostname) is not None
        return parts.scheme == "https" and known and parts.port in (None, 443)
    except ValueError:
        return False
