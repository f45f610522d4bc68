"""A job's services, started beside its sandbox and removed with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field

from docker.types import Mount

from regreen_sandbox.container import Sandbox
from regreen_sandbox.custom import named_image
from regreen_sandbox.disk import require_room
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, EngineRefused, SandboxError
from regreen_sandbox.guests import Guest, Made, make
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.services.arranging import LOCALHOST, Arrangement, arrange
from regreen_sandbox.services.doorway import SOCKETS, open_doors
from regreen_sandbox.services.health import LOG_BYTES, ServiceFailed, await_healthy
from regreen_sandbox.services.plan import ServicePlan
from regreen_sandbox.services.volumes import Volumes
from regreen_sandbox.sockets import private_directory

KEPT_LOG_BYTES = 256 << 10
_WATCH_SECONDS = 1.0
_PREFIX = "regreen-services-"
_APPEND = 'printf %s "$1" >> /etc/hosts'
_LOOPBACK = "127.0.0.1\tlocalhost\n::1\tlocalhost\n"


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """A service as ``job.services.<id>`` tells of it; ``ports``: the container's to the outer."""

    id: str
    network: str
    ports: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeadService:
    """A service that ended while the job went on; ``log`` is the end of what it said."""

    name: str
    exit_code: int
    why: str
    log: bytes


@dataclass(slots=True)
class Services:
    """Running services. Leaving it as a context manager removes them and all that is theirs."""

    contexts: dict[str, ServiceContext] = field(default_factory=dict)
    _made: dict[str, Made] = field(default_factory=dict)
    _full: dict[str, str] = field(default_factory=dict)
    _last: dict[str, bytes] = field(default_factory=dict)
    _resources: ExitStack = field(default_factory=ExitStack)
    _leaving: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def dead(self) -> tuple[DeadService, ...]:
        """Return the services that run no more. Raises `SandboxError`."""
        found = []
        for name, made in self._made.items():
            with self._lock:  # one that is just ended for its disk is told with that reason
                state = made.state()
            if state.running:
                continue
            why = self._full.get(name) or (
                "it was ended for its memory"
                if state.out_of_memory
                else f"it ended with exit code {state.exit_code}"
            )
            found.append(DeadService(name, state.exit_code, why, made.log(LOG_BYTES)))
        return tuple(found)

    def logs(self) -> Mapping[str, bytes]:
        """Return what each service wrote, 256 KiB of it at most; afterwards what it was in all."""
        for name, made in self._made.items():
            self._last[name] = made.log(KEPT_LOG_BYTES)
        return dict(self._last)

    def close(self) -> None:
        """Keep their logs and remove them; it can be called twice."""
        self._leaving.set()
        self.logs()
        self._made.clear()
        self._resources.close()

    def watch(self) -> None:
        """Hold every service to its disk until it is left: to be run as a thread."""
        while not self._leaving.wait(_WATCH_SECONDS):
            for name, made in tuple(self._made.items()):
                with suppress(SandboxError), self._lock:
                    self._hold(name, made)

    def _hold(self, name: str, made: Made) -> None:
        try:
            made.disk.check()
        except DiskFull as full:
            self._full[name] = full.message

    def __enter__(self) -> Services:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        with suppress(SandboxError) if kind else nullcontext():
            self.close()


def start_services(
    sandbox: Sandbox,
    plans: tuple[ServicePlan, ...],
    *,
    settings: ImageSettings,
    carrier_image: str,
    report: Callable[[str], None],
    by_name: bool,
    seconds: float = 600.0,
) -> Services:
    """Start a job's services in its sandbox's network and return them when all are ready.

    ``carrier_image`` is a base image of regreen's own, for the ports that lead elsewhere.
    ``by_name``: the job itself runs in a container, and finds a service by its name; else at
    localhost, where its ``ports`` are. Raises `ServiceFailed`, `ImageUnavailable`, `DiskFull` and
    other `SandboxError`; nothing is left then.
    """
    services = Services()
    try:
        _Starting(sandbox, plans, services, carrier_image).all(settings, report, by_name, seconds)
    except BaseException:
        with suppress(SandboxError):
            services.close()
        raise
    return services


class _Starting:
    """What is needed while the services of one job are started."""

    def __init__(
        self, sandbox: Sandbox, plans: tuple[ServicePlan, ...], into: Services, carrier: str
    ) -> None:
        self._sandbox = sandbox
        self._posture = sandbox.posture
        self._engine = sandbox.posture.engine
        self._owner = sandbox.posture.owner
        self._plans = plans
        self._services = into
        self._carrier = carrier
        self._resources = into._resources
        self._volumes = Volumes(self._engine, self._owner, self._resources)

    def all(
        self,
        settings: ImageSettings,
        report: Callable[[str], None],
        by_name: bool,
        seconds: float,
    ) -> None:
        """Start them all and wait until they are ready."""
        images = {
            plan.name: named_image(self._engine, plan.image, settings=settings, report=report)
            for plan in self._plans
        }
        exposed = {name: _exposed(self._engine, image) for name, image in images.items()}
        arrangement = arrange(self._plans, exposed, by_name=by_name)
        if arrangement.problem:
            name, _, problem = arrangement.problem.partition(": ")
            raise ServiceFailed(name, f"cannot be started: {problem}")
        require_room(self._engine, self._posture.limits)
        hosts = self._hosts(arrangement, by_name)
        networks = {}
        for plan in self._plans:
            report(f"starting the service {plan.name}")
            networks[plan.name] = self._start(plan, images[plan.name], arrangement, hosts)
        self._open_doors(arrangement, networks)
        threading.Thread(target=self._services.watch, daemon=True).start()
        until = time.monotonic() + seconds
        for name, made in self._services._made.items():
            await_healthy(name, made, until=until, report=report)

    def _hosts(self, arrangement: Arrangement, by_name: bool) -> tuple[Mount, ...]:
        """Make the services' names known where GitHub's network does: to services, to a container.

        A job on the runner itself does not know them, so the services get a file of their own then.
        """
        lines = "".join(
            f"{arrangement.addresses[plan.name]}\t{name}\n"
            for plan in self._plans
            for name in (plan.name, *plan.options.aliases)
        )
        if by_name:
            argv = ("/bin/sh", "-c", _APPEND, "sh", lines)
            done = self._sandbox.run(argv, env={}, cwd="/", timeout=60, user="0:0")
            if not done.ok:
                said = done.output.decode(errors="replace").strip()[-200:]
                raise SandboxError(f"the services' names could not be made known: {said}")
            return ()
        if len(self._plans) < 2:
            return ()
        folder = self._resources.enter_context(private_directory(_PREFIX))
        file = folder / "hosts"
        file.write_text(_LOOPBACK + lines, encoding="ascii", errors="replace")
        file.chmod(0o644)
        return (Mount("/etc/hosts", str(file), type="bind", read_only=True),)

    def _start(
        self, plan: ServicePlan, image: str, arrangement: Arrangement, hosts: tuple[Mount, ...]
    ) -> str:
        """Start a service; return the network that it is in, as the engine names it."""
        mode = f"container:{self._sandbox.network_holder}"
        if apart := plan.name in arrangement.apart:
            connection = self._posture.network.connect(carried=True)
            self._resources.callback(connection.close)
            mode = connection.wiring.network_mode
        mounts = tuple(
            Mount(v.path, self._volumes.of(v.name), type="volume", read_only=v.read_only)
            for v in plan.volumes
        )
        guest = Guest(
            image,
            mode,
            plan.env,
            plan.options,
            plan.entrypoint,
            plan.command,
            (*mounts, *(() if apart else hosts)),
        )
        try:
            made = make(self._posture, guest, tuple(str(m["Source"]) for m in mounts))
            self._resources.callback(made.close)
            made.start()
        except EngineRefused as error:
            raise ServiceFailed(plan.name, f"cannot be started: {error.message}") from error
        self._services._made[plan.name] = made
        ports = arrangement.published[plan.name]
        self._services.contexts[plan.name] = ServiceContext(made.name, "regreen", ports)
        return mode if mode.startswith("container:") else f"container:{made.name}"

    def _open_doors(self, arrangement: Arrangement, networks: Mapping[str, str]) -> None:
        """Open the ports that lead elsewhere; between two networks they lead through a socket."""
        if not arrangement.doors:
            return
        sockets = self._volumes.of("") if arrangement.apart else ""
        here: list[str] = []
        there: dict[str, list[str]] = {}
        for number, door in enumerate(arrangement.doors):
            outer, inner = f"tcp:{door.address}:{door.port}", f"tcp:{LOCALHOST}:{door.inside}"
            if door.name in arrangement.apart:
                socket = f"unix:{SOCKETS}/{number}"
                there.setdefault(door.name, []).append(f"{socket}={inner}")
                here.append(f"{outer}={socket}")
            else:
                here.append(f"{outer}={inner}")
        job = f"container:{self._sandbox.network_holder}"
        sides = [(job, here), *((networks[name], doors) for name, doors in there.items())]
        for mode, doors in sides:
            doorway = open_doors(
                self._engine,
                self._carrier,
                self._owner,
                network_mode=mode,
                doors=tuple(doors),
                sockets=sockets,
            )
            self._resources.callback(doorway.close)


def _exposed(engine: Engine, image: str) -> frozenset[int]:
    """Return the tcp ports that an image says it listens at."""
    with engine.guard("looking at an image"):
        config = engine.client.images.get(image).attrs.get("Config") or {}
    ports = (str(port).partition("/") for port in config.get("ExposedPorts") or ())
    return frozenset(int(n) for n, _, kind in ports if n.isdecimal() and kind in ("", "tcp"))
