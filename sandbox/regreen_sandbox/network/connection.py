"""The network of one run's sandboxes: the sockets behind it, and a connection for each sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from docker.types import Mount

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.index.front import PORT as SERVED_PORT
from regreen_sandbox.index.front import Front
from regreen_sandbox.index.relay import HOST, PORT
from regreen_sandbox.labels import Owner
from regreen_sandbox.network.addresses import Reach, reach_of_this_machine
from regreen_sandbox.network.carrier import Carrier, Fenced, start_carrier
from regreen_sandbox.network.forward import ForwardServer
from regreen_sandbox.network.gate import Gate, proxies_of_this_machine
from regreen_sandbox.network.policy import Access, Policy
from regreen_sandbox.network.resolver import ResolverServer, Server, nameservers
from regreen_sandbox.network.wiring import SOCKET_FOLDER, Wiring
from regreen_sandbox.sockets import private_directory

PROXY_PORT = 3142
_PREFIX = "regreen-network-"
_FOLDER = "/run/regreen-network"
_PROXY = "proxy.sock"
_NAMES = "names.sock"
_ADDRESS = f"http://{HOST}:{PROXY_PORT}"
_DIRECT = ("localhost", HOST, "::1")
_TRUSTED = "/run/regreen-authorities.pem"
_SIMPLE = f"http://{HOST}:{PORT}/simple/"
_INDEX: Mapping[str, str] = {
    "PIP_INDEX_URL": _SIMPLE,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_INDEX_URL": _SIMPLE,
    "PDM_PYPI_URL": _SIMPLE,
    "PIPENV_PYPI_MIRROR": _SIMPLE,
}
"""What installers find the package index by; an image of the user's own does not say it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What this machine's own network is like; looked up anew unless it is given."""

    reach: Reach
    proxies: Mapping[str, str]
    servers: Callable[[], Sequence[Server]] = nameservers

    @classmethod
    def of_this_machine(cls) -> Surroundings:
        """Return this machine's own."""
        return cls(reach_of_this_machine(), proxies_of_this_machine())


class Connected:
    """One sandbox's connection; it is closed after the sandbox is removed."""

    def __init__(
        self, wiring: Wiring, carrier: Carrier | None = None, front: Front | None = None
    ) -> None:
        self._wiring = wiring
        self._carrier = carrier
        self._front = front

    @property
    def wiring(self) -> Wiring:
        """What the sandbox is started with."""
        return self._wiring

    def settle(self) -> None:
        """Wait until the file of authorities is written, if there is one."""
        if self._front is not None:
            self._front.settle()

    def close(self) -> None:
        """Remove the carrier, if there is one; it can be called twice."""
        carrier, self._carrier = self._carrier, None
        if carrier is not None:
            carrier.close()

    def __enter__(self) -> Connected:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Network:
    """Connects sandboxes as ``access`` says. A context manager, one for all sandboxes of a run.

    ``index_socket`` is the package index proxy's, ``front`` what it serves under the indexes' own
    names, ``carrier_image`` a base image of regreen's.
    """

    def __init__(
        self,
        engine: Engine,
        access: Access,
        index_socket: Path | None,
        *,
        owner: Owner,
        carrier_image: str,
        front: Front | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.access = access
        self._engine = engine
        self._index = None if access.policy is Policy.OFF else index_socket
        self._front = front if self._index else None
        self._owner = owner
        self._image = carrier_image
        self._surroundings = surroundings or Surroundings.of_this_machine()
        self._resources = ExitStack()
        self._forward: ForwardServer | None = None
        self._folder: Path | None = None

    @property
    def refused(self) -> tuple[str, ...]:
        """The hosts (``name:port``) that jobs asked the forward proxy for in vain, each once."""
        return self._forward.notes if self._forward else ()

    def __enter__(self) -> Network:
        with ExitStack() as stack:
            if self._forwards or self.access.policy is Policy.ON:
                self._folder = stack.enter_context(private_directory(_PREFIX))
                self._serve(self._folder, stack)
            self._resources = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._resources.close()

    def connect(self, *, carried: bool) -> Connected:
        """Return a new connection; ``carried`` when the sandbox cannot run the relay itself.

        Raises `SandboxError`, in particular when the policy is ``on`` and this machine cannot be
        fenced off: there is no network then rather than an open one.
        """
        mounts, relay, trusted = self._mounts(), self._relay(), self._trusted()
        if mounts:
            self._require_local()
        environment, served = self._environment(), self._front.names if self._front else ()
        if self.access.policy is not Policy.ON:
            if not carried:
                wiring = Wiring("none", (*mounts, *trusted), environment, relay, served=served)
                return Connected(wiring, front=self._front)
            if not mounts:
                return Connected(Wiring("none"))
        carrier = start_carrier(
            self._engine,
            self._image,
            self._owner,
            mounts=mounts,
            relay=relay,
            served=served,
            fenced=self._fenced(),
        )
        wiring = Wiring(f"container:{carrier.name}", trusted, environment)
        return Connected(wiring, carrier, self._front)

    @property
    def _forwards(self) -> bool:
        match self.access.policy:
            case Policy.ON:
                return bool(self._surroundings.proxies.keys() & {"http", "https", "all"})
            case Policy.PACKAGES:
                return bool(self.access.hosts)
            case Policy.OFF:
                return False

    def _serve(self, folder: Path, stack: ExitStack) -> None:
        around = self._surroundings
        if self._forwards:
            gate = Gate(self.access, around.reach, around.proxies)
            self._forward = ForwardServer(folder / _PROXY, gate, self._served())
            stack.enter_context(self._forward.serving())
        if self.access.policy is Policy.ON:
            resolver = ResolverServer(folder / _NAMES, around.reach, around.servers)
            stack.enter_context(resolver.serving())

    def _fenced(self) -> Fenced | None:
        if self.access.policy is not Policy.ON:
            return None
        return Fenced(self._surroundings.reach, f"{_FOLDER}/{_NAMES}")

    def _served(self) -> Mapping[str, Path]:
        """The sockets of the hosts that are served here; not every tool reads ``no_proxy``."""
        if self._front is None or self._index is None:
            return {}
        return dict.fromkeys(self._front.names, self._index.parent / self._front.socket)

    def _environment(self) -> Mapping[str, str]:
        """What every command gets."""
        found = dict(_INDEX) if self._index else {}
        if self._front:
            found |= self._front.environment(_TRUSTED)
        if self._forward:
            direct = ",".join((*_DIRECT, *(self._front.names if self._front else ())))
            proxies = (("http_proxy", _ADDRESS), ("https_proxy", _ADDRESS), ("no_proxy", direct))
            for name, value in proxies:
                # curl reads http_proxy in small letters only; others read the capital ones.
                found |= {name: value, name.upper(): value}
        return found

    def _trusted(self) -> tuple[Mount, ...]:
        if self._front is None:
            return ()
        file = str(self._front.authorities)
        return (Mount(_TRUSTED, file, type="bind", read_only=True, propagation="rprivate"),)

    def _mounts(self) -> tuple[Mount, ...]:
        folders = [(SOCKET_FOLDER, self._index and self._index.parent), (_FOLDER, self._folder)]
        return tuple(
            Mount(inside, str(folder), type="bind", read_only=True, propagation="rprivate")
            for inside, folder in folders
            if folder
        )

    def _relay(self) -> tuple[str, ...]:
        index = self._index
        relay = ["--socket", f"{SOCKET_FOLDER}/{index.name}"] if index else ["--no-index"]
        if self._front:
            relay += ["--also", f"{SERVED_PORT}={SOCKET_FOLDER}/{self._front.socket}"]
        if self._forward:
            relay += ["--also", f"{PROXY_PORT}={_FOLDER}/{_PROXY}"]
        if self.access.policy is Policy.ON:
            relay += ["--also", f"53={_FOLDER}/{_NAMES}"]
        return tuple(relay)

    def _require_local(self) -> None:
        where = self._engine.client.api.base_url
        if where != "http+docker://localhost":
            raise SandboxError(
                f"the engine ({where}) is on another machine, where regreen's sockets are not: "
                "neither the package index nor other hosts can be carried there",
                next_step="run with --network off, or run regreen on the engine's machine",
            )
