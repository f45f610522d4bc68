"""Running one command in a container: its output as it comes, its end whatever it does.

A command ends by itself, by ``timeout`` inside the container, or, when the inside does not manage,
by the host killing the container. A background child that keeps the output open does not keep us.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import docker.errors

from regreen_sandbox.capture import Capture, Frames
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, EngineRefused, SandboxGone
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import UID
from regreen_sandbox.wire import Wire, open_wire

KILL_AFTER = 5.0
"""Seconds between asking a command to end and killing it."""
HOST_GRACE = 10.0
"""Seconds more that the inside gets before the host kills the whole container."""
_LOOK_EVERY = 0.3
_NEVER_STARTED = (126, 127, 128)
# The engine gives a command two pipes, and what comes out of them loses its order; one keeps it.
# Absolute paths, since a job may put what it likes on the PATH of the steps after it. The shell
# drops variables whose names it could not set itself, hence env for those.
_ONE_PIPE = ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", "/usr/bin/env"]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command in a container did.

    ``exit_code`` is the command's own; 128 + N when signal N ended it (137: killed, be it for
    memory or by the time-out), 124 when it ended at being asked to at the time-out, 126 and 127
    when it cannot be run or is not there. ``output`` is stdout and stderr as they came;
    ``truncated`` when its middle was dropped. ``timed_out`` is true for time-outs only.
    """

    exit_code: int
    output: bytes
    truncated: bool
    seconds: float
    timed_out: bool

    @property
    def ok(self) -> bool:
        """Whether the command ended with 0."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, where, with what environment, for how long at most."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    timeout: float


def execute(
    engine: Engine,
    container: str,
    command: Command,
    limits: Limits,
    on_output: Callable[[bytes], None] | None,
) -> ExecResult:
    """Run ``command`` in ``container`` as the job's user and return what it did.

    Raises `SandboxGone` when the container is not running, `EngineRefused` when the command could
    not be started at all, `DiskFull` when it ate into the reserve (the container is then killed),
    `EngineDied` when the engine stops answering.
    """
    started = time.monotonic()
    wall = min(command.timeout, limits.step_seconds)
    run = _Run(engine, container, limits, started + wall + KILL_AFTER + HOST_GRACE)
    identity = _create(engine, container, command, wall)
    capture, frames = Capture(limits.output_bytes), Frames()
    with _stream(engine, identity) as pieces:
        for piece in run.until_ended(identity, pieces):
            for payload in frames.feed(piece):
                capture.add(payload)
                if on_output is not None:
                    on_output(payload)
    exit_code = run.exit_code(identity, capture)
    seconds = time.monotonic() - started
    timed_out = run.killed or (exit_code in (124, 137) and seconds >= wall)
    if timed_out and not run.killed:
        _kill_stragglers(engine, container)
    return ExecResult(exit_code, capture.output, capture.dropped > 0, seconds, timed_out)


class _Run:
    """Watches one exec from the host: its end, its time, and the disk."""

    def __init__(self, engine: Engine, container: str, limits: Limits, deadline: float) -> None:
        self._engine = engine
        self._container = container
        self._limits = limits
        self._deadline = deadline
        self.killed = False

    def until_ended(self, identity: str, pieces: queue.Queue[bytes | None]) -> Iterator[bytes]:
        """Yield output until the stream ends, or the command has and its output has run dry."""
        look_at = time.monotonic() + _LOOK_EVERY
        ended = False
        while True:
            try:
                piece = pieces.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                if ended:
                    return
            else:
                if piece is None:
                    return
                yield piece
            now = time.monotonic()
            if now < look_at:
                continue
            if ended:  # a child that outlived the command goes on writing
                return
            look_at = now + _LOOK_EVERY
            ended = not self._inspect(identity)["Running"]
            self._guard_host(now)

    def exit_code(self, identity: str, capture: Capture) -> int:
        """Return how the command ended, waiting the moment the engine takes to note it."""
        if self.killed:
            return 137
        status = self._inspect(identity)
        while status["Running"] and time.monotonic() < self._deadline:
            time.sleep(0.01)
            status = self._inspect(identity)
        code = status["ExitCode"]
        if code in _NEVER_STARTED and not status["Pid"]:
            said = capture.output.decode(errors="replace").strip()
            raise EngineRefused(f"a command could not be started in the container: {said}")
        return 137 if code is None else int(code)

    def _inspect(self, identity: str) -> dict[str, Any]:
        with self._engine.guard("asking for a command's end"):
            try:
                status: dict[str, Any] = self._engine.client.api.exec_inspect(identity)
                return status
            except docker.errors.NotFound:
                pass
        # The engine forgets a container's commands when it ends.
        require_ended_by_memory(self._engine, self._container)
        return {"Running": False, "ExitCode": 137, "Pid": -1}

    def _guard_host(self, now: float) -> None:
        if now > self._deadline and not self.killed:
            kill(self._engine, self._container)
            self.killed = True
        try:
            self._engine.require_space(self._limits.disk_reserve_bytes)
        except DiskFull:
            kill(self._engine, self._container)
            raise


def kill(engine: Engine, container: str) -> None:
    """End a container at once; one that has ended already is fine."""
    with engine.guard("killing a container"), suppress(docker.errors.APIError):
        engine.client.api.kill(container)


def require_ended_by_memory(engine: Engine, container: str) -> None:
    """Return when the kernel ended ``container`` for its memory; else raise `SandboxGone`."""
    with engine.guard("looking at a container"):
        try:
            state = engine.client.api.inspect_container(container)["State"]
        except docker.errors.NotFound:
            raise SandboxGone("the container was removed while a command ran in it") from None
    if not state["OOMKilled"]:
        raise SandboxGone(f"the container ended while it was needed (exit {state['ExitCode']})")


def _create(engine: Engine, container: str, command: Command, wall: float) -> str:
    odd = [f"{name}={value}" for name, value in command.env.items() if not _NAME.fullmatch(name)]
    timeout = ["/usr/bin/timeout", f"--kill-after={KILL_AFTER:g}", f"{wall:g}"]
    with engine.guard("starting a command in a container"):
        try:
            created = engine.client.api.exec_create(
                container,
                [*_ONE_PIPE, *odd, *timeout, *command.argv],
                user=f"{UID}:{UID}",
                environment=[f"{name}={value}" for name, value in command.env.items()],
                workdir=command.cwd,
            )
        except docker.errors.APIError as error:
            if error.status_code in (404, 409):
                raise SandboxGone(f"the container is not running: {error.explanation}") from None
            raise
    return str(created["Id"])


@contextmanager
def _stream(engine: Engine, identity: str) -> Iterator[queue.Queue[bytes | None]]:
    """Start an exec; give the queue that its raw output arrives in, ``None`` being its end."""
    body = {"Detach": False, "Tty": False}
    pieces: queue.Queue[bytes | None] = queue.Queue(maxsize=64)
    leaving = threading.Event()
    with ExitStack() as stack:
        with engine.guard("starting a command in a container"):
            wire = stack.enter_context(
                open_wire(engine, "POST", f"/exec/{identity}/start", body=body)
            )
        reader = threading.Thread(target=_read, args=(wire, pieces, leaving), daemon=True)
        reader.start()
        try:
            yield pieces
        finally:
            leaving.set()
            wire.cut()
            reader.join()


def _read(wire: Wire, pieces: queue.Queue[bytes | None], leaving: threading.Event) -> None:
    """Move what arrives into ``pieces``; a broken connection ends it, and is found out later."""

    def put(piece: bytes | None) -> None:
        while not leaving.is_set():
            with suppress(queue.Full):
                pieces.put(piece, timeout=0.1)
                return

    with suppress(Exception):
        for piece in wire.pieces():
            put(piece)
            if leaving.is_set():
                return
    put(None)


def _kill_stragglers(engine: Engine, container: str) -> None:
    """End what a timed-out command left running, children in sessions of their own included.

    A shell's own ``kill`` needs no new process, so a full process table does not stop it; -1 means
    everything but itself and the container's main process.
    """
    api = engine.client.api
    with engine.guard("ending a command that took too long"), suppress(docker.errors.APIError):
        created = api.exec_create(
            container, ["/bin/sh", "-c", "kill -9 -1; exit 0"], user=f"{UID}:{UID}"
        )
        api.exec_start(created["Id"])
        if api.exec_inspect(created["Id"])["ExitCode"] != 0:
            api.kill(container)
