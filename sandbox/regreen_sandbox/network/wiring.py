"""How one sandbox is connected: what the network room makes, and what a container is made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from docker.types import Mount

from regreen_sandbox.index.front import PORT as SERVED_PORT
from regreen_sandbox.index.relay import HOST

SOCKET_FOLDER = "/run/regreen"
"""Where the folder of the package index's socket is mounted in a container."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a sandbox's container is started with so that it has its network.

    ``network_mode`` is the engine's (``none``, or ``container:<name>`` of whatever carries its
    connections); ``environment`` is given to the main process and to every command; ``relay`` is
    the arguments of ``index/relay.py`` as the container's main process, ``None`` when something
    else carries its connections; ``served`` are names of hosts that lead to the relay.
    """

    network_mode: str
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    relay: tuple[str, ...] | None = None
    served: tuple[str, ...] = ()

    @property
    def names(self) -> Mapping[str, Any]:
        """What the engine is told so that ``served`` lead to the relay, at the port of HTTPS.

        Nothing in another container's network namespace: that one's names count.
        """
        if not self.served or self.network_mode.startswith("container:"):
            return {}
        return {
            "extra_hosts": dict.fromkeys(self.served, HOST),
            "sysctls": {"net.ipv4.ip_unprivileged_port_start": str(SERVED_PORT)},
        }


class Connection(Protocol):
    """What was made for one sandbox's network; it is closed after the sandbox is removed."""

    @property
    def wiring(self) -> Wiring:
        """What the sandbox is started with."""

    def settle(self) -> None:
        """Wait until all is there that the sandbox's commands rely on."""

    def close(self) -> None:
        """Remove what was made; it can be called twice."""


class Connector(Protocol):
    """Makes connections, one for each sandbox."""

    def connect(self, *, carried: bool) -> Connection:
        """Return a new connection; ``carried`` when the sandbox cannot run the relay itself.

        Raises `SandboxError`.
        """


@dataclass(frozen=True, slots=True)
class IndexOnly:
    """The package index at most, through its Unix socket, and nothing else; itself a connection."""

    socket: Path | None
    carried: bool = False

    def connect(self, *, carried: bool) -> Connection:
        """Return a connection; without a relay in the container there is no index either."""
        return IndexOnly(self.socket, carried)

    @property
    def wiring(self) -> Wiring:
        """No network but loopback, and the socket's folder, read-only."""
        if self.carried:
            return Wiring("none")
        if self.socket is None:
            return Wiring("none", relay=("--no-index",))
        folder = str(self.socket.parent)
        mount = Mount(SOCKET_FOLDER, folder, type="bind", read_only=True, propagation="rprivate")
        return Wiring("none", (mount,), relay=("--socket", f"{SOCKET_FOLDER}/{self.socket.name}"))

    def settle(self) -> None:
        """Nothing is waited for."""

    def close(self) -> None:
        """Nothing was made."""


UNCONNECTED = IndexOnly(None)
"""Connects a sandbox to nothing at all."""
