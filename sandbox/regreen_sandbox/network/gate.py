"""Decides on each connection that a sandbox asks the forward proxy for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from regreen_sandbox.network.addresses import Address, Reach, resolve
from regreen_sandbox.network.policy import Access, Policy

_NAME = re.compile(r"[a-z0-9_:.-]{1,255}")
_SETTING = "[tool.regreen.sandbox] hosts"


class Refused(Exception):
    """A connection is not made; the words are for the job's log."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach a host: through one of ``addresses``, or asking ``proxy`` for ``target``."""

    addresses: tuple[Address, ...]
    port: int
    proxy: SplitResult | None = field(default=None, repr=False)  # it may hold a password
    target: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets through what ``access`` names, to addresses that ``reach`` allows.

    ``proxies`` are this machine's own, by scheme, as ``urllib.request.getproxies`` finds them.
    """

    access: Access
    reach: Reach
    proxies: Mapping[str, str] = field(repr=False)
    lookup: Callable[[str], tuple[Address, ...]] = resolve

    def way(self, host: str, port: int) -> Way:
        """Return how ``host`` is reached, its addresses looked up once and checked.

        Raises `Refused`.
        """
        host = host.lower().rstrip(".")
        if not _NAME.fullmatch(host):
            raise Refused("this is not the name of a host")
        named = self.access.names(host, port)
        if not named and self.access.policy is not Policy.ON:
            place = host if port in (80, 443) else f"{host}:{port}"
            raise Refused(
                f"{place} is not among the hosts that this sandbox may reach; to allow it, add "
                f'"{place}" to hosts in the settings ({_SETTING}), or run with --network on'
            )
        addresses = self.lookup(host)
        if addresses and not all(map(self.reach.allows, addresses)):
            raise Refused(
                f"{host} is at an address of this machine, of a private network or of a cloud's "
                "metadata service, which no setting lets a sandbox reach"
            )
        proxy = self._proxy(host, port)
        if proxy is None:
            if not addresses:
                raise Refused(f"{host} has no address that this machine could find")
            return Way(addresses, port)
        # A proxy looks names up itself, and may find another address than was checked here. Only
        # for what the user named is its answer taken.
        if not named and not addresses:
            raise Refused(f"{host} has no address that this machine could find and check")
        place = host if named else str(addresses[0])
        shown = f"[{place}]" if ":" in place else place
        return Way(addresses, port, proxy, f"{shown}:{port}")

    def _proxy(self, host: str, port: int) -> SplitResult | None:
        address = self.proxies.get("http" if port == 80 else "https") or self.proxies.get("all")
        if not address or proxy_bypass(host):
            return None
        return urlsplit(address if "//" in address else f"http://{address}")


def proxies_of_this_machine() -> Mapping[str, str]:
    """Return the proxies that this process's environment names."""
    return getproxies()
