"""What a job may reach, as the user says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from regreen_sandbox.errors import SandboxError

WEB_PORTS = frozenset({80, 443})
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9_])?(?::[0-9]{1,5})?")


class Policy(StrEnum):
    """How much network there is. Nothing ever leads to this machine or a private address.

    ``packages``: the package index, and the hosts that the user names. ``on``: every public
    address besides. ``off``: not even the index.
    """

    ON = "on"
    PACKAGES = "packages"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Access:
    """A policy, and the hosts that may be reached under ``packages``.

    A host is a name (``example.org``), all names below one (``*.example.org``), or an IPv4 address,
    each with ports 80 and 443, or with the one port that follows after a colon. Raises
    `SandboxError` for anything else.
    """

    policy: Policy = Policy.PACKAGES
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not _HOST.fullmatch(host.lower()) or not 0 < _port(host, default=443) < 65536:
                raise SandboxError(
                    f"{host!r} is not a host that a sandbox can be let through to",
                    next_step="write it as example.org, *.example.org or example.org:8443, "
                    "without https:// before it",
                )

    def names(self, host: str, port: int) -> bool:
        """Whether the user named this host with this port."""
        return any(_matches(pattern.lower(), host, port) for pattern in self.hosts)


def _port(pattern: str, default: int) -> int:
    return int(pattern.rpartition(":")[2]) if ":" in pattern else default


def _matches(pattern: str, host: str, port: int) -> bool:
    name = pattern.partition(":")[0]
    ports = {_port(pattern, 0)} if ":" in pattern else WEB_PORTS
    same = host.endswith(name[1:]) if name.startswith("*.") else host == name
    return same and port in ports
