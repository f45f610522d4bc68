"""Which addresses a sandbox may reach: public ones, and of those none of this machine's.

The ranges are those that the IANA special-purpose registries
(https://www.iana.org/assignments/iana-ipv4-special-registry/ and iana-ipv6-special-registry/) call
not globally reachable, and multicast. They hold the metadata services of most clouds
(169.254.169.254, 100.100.100.200, fd00:ec2::254); `_CLOUD` adds the one at a public address.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from pathlib import Path

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# What Azure gives its machines: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_CLOUD = (IPv4Network("168.63.129.16/32"),)
_PUBLIC_6 = IPv6Network("2000::/3")  # all that is given out so far (RFC 4291, 2.4)
_SPECIAL_6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_TRANSLATED = IPv6Network("64:ff9b::/96")  # the last 32 bits are the IPv4 address (RFC 6052)


@dataclass(frozen=True, slots=True)
class Reach:
    """What sandboxes may reach. ``own`` is never, ``opened`` is although it is not public."""

    own: frozenset[Address] = frozenset()
    opened: tuple[IPv4Network, ...] = ()

    def allows(self, address: Address) -> bool:
        """Whether a sandbox may be connected with ``address``."""
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped is not None:
                return self.allows(address.ipv4_mapped)
            if address in _TRANSLATED:
                return self.allows(IPv4Address(int(address) & 0xFFFFFFFF))
            public = address in _PUBLIC_6 and not any(address in n for n in _SPECIAL_6)
            return public and address not in self.own
        return next((may for network, may in self.verdicts() if address in network), True)

    def verdicts(self) -> tuple[tuple[IPv4Network, bool], ...]:
        """Return IPv4 networks and whether packets may go there; the first that fits counts.

        What fits none may be reached.
        """
        own = sorted(a for a in self.own if isinstance(a, IPv4Address))
        return (
            *((IPv4Network(address), False) for address in own),
            *((network, True) for network in self.opened),
            *((network, False) for network in (*_SPECIAL_4, *_CLOUD)),
        )


def reach_of_this_machine() -> Reach:
    """Return what may be reached from this machine: everything public but itself."""
    return Reach(frozenset(own_addresses()))


def own_addresses() -> Iterator[Address]:
    """Yield the addresses of this machine's interfaces, as far as ``/proc/net`` shows them.

    ``fib_trie`` holds the kernel's local table (``/32 host LOCAL`` below an address of its own,
    ``/32 link BROADCAST`` below one that its services hear as well), ``if_inet6`` one interface
    address a line; see proc(5).
    """
    address = ""
    for line in _lines("fib_trie"):
        words = line.split()
        if words[:1] in (["|--"], ["+--"]):
            address = words[1].partition("/")[0]
        elif words[:3] in (["/32", "host", "LOCAL"], ["/32", "link", "BROADCAST"]):
            yield IPv4Address(address)
    for line in _lines("if_inet6"):
        yield IPv6Address(bytes.fromhex(line.split()[0]))


def _lines(name: str) -> list[str]:
    try:
        return (Path("/proc/net") / name).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def resolve(host: str) -> tuple[Address, ...]:
    """Return the addresses of a name or of a literal, as this machine finds them; none if unknown.

    Odd spellings of an address (``0x7f.1``) are read here as they would be on connecting.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    addresses = (ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
    return tuple(dict.fromkeys(addresses))
