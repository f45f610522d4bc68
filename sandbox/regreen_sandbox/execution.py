"""Running one command in a container: its output as it comes, its end whatever it does.

A command ends by itself, by ``timeout`` inside the container (where the image has none: by the
host's asking), or, when the inside does not manage, by the host killing the container. A background
child that keeps the output open does not keep us.
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
from regreen_sandbox.disk import kill
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineRefused, SandboxError, SandboxGone
from regreen_sandbox.imagefacts import ImageFacts
from regreen_sandbox.inside import Inside, end_stragglers, require_running, send_all
from regreen_sandbox.looking import Look
from regreen_sandbox.wire import Wire, open_wire

__all__ = ["Command", "ExecResult", "execute", "kill", "require_ended_by_memory", "stream"]

KILL_AFTER = 5.0
"""Seconds between asking a command to end and killing it."""
HOST_GRACE = 10.0
"""Seconds more that the inside gets before the host kills the whole container."""
_LOOK_EVERY = 0.3
_NEVER_STARTED = (126, 127, 128)
# The engine gives a command two pipes, and what comes out of them loses its order; one keeps it.
# Absolute paths, since a job may put what it likes on the PATH of the steps after it. The shell
# drops variables whose names it could not set itself, hence env for those.
# The empty line says that it was started: Podman tells no process number of one that has ended.
_ONE_PIPE = ["/bin/sh", "-c", 'echo && exec "$@" 2>&1', "sh"]
_STARTED = b"\n"
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
    """What to run, where, with what environment, for how long at most, as whom (the usual user).

    Raises `SandboxError` when it is made with an environment that no process can have.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    timeout: float
    user: str = ""

    def __post_init__(self) -> None:
        for name, value in self.env.items():
            if not name or "=" in name or "\0" in name + value:
                raise SandboxError(
                    "an environment variable's name is empty or has '=' in it, "
                    "or one has a NUL byte",
                    next_step="mend the env: of the workflow",
                )


def execute(
    inside: Inside, command: Command, on_output: Callable[[bytes], None] | None
) -> ExecResult:
    """Run ``command`` in a container as its profile's user and return what it did.

    Raises `SandboxGone` when the container is not running, `EngineRefused` when the command could
    not be started at all, `DiskFull` when the disk's reserve or the sandbox's limit is used up, be
    it since the command before (the container is then killed), `EngineDied` when the engine stops
    answering.
    """
    inside.disk.check()
    started = time.monotonic()
    wall = min(command.timeout, inside.limits.step_seconds)
    run = _Run(inside, started + wall)
    identity = _create(inside, command, wall)
    capture, frames = Capture(inside.limits.output_bytes), Frames()
    path = f"/exec/{identity}/start"
    with stream(inside.engine, path, {"Detach": False, "Tty": False}) as pieces:
        for piece in run.until_ended(identity, pieces):
            for payload in map(run.without_sign, frames.feed(piece)):
                capture.add(payload)
                if on_output is not None and payload:
                    on_output(payload)
    exit_code = run.exit_code(identity, capture)
    seconds = time.monotonic() - started
    timed_out = run.asked or run.killed or (exit_code in (124, 137) and seconds >= wall)
    if timed_out and not run.killed:
        end_stragglers(inside)
    return ExecResult(exit_code, capture.output, capture.dropped > 0, seconds, timed_out)


class _Run:
    """Watches one exec from the host: its end, its time, and the disk."""

    def __init__(self, inside: Inside, wall: float) -> None:
        self._inside = inside
        self._engine = inside.engine
        self._deadline = wall + KILL_AFTER + HOST_GRACE
        # What `timeout` does inside, for images that have none.
        asking = [] if inside.facts.timeout else [(wall, "TERM"), (wall + KILL_AFTER, "KILL")]
        self._asking = asking
        self._look_at = time.monotonic() + _LOOK_EVERY
        self._begun: bool | None = None
        self._look = Look(lambda identity: bool(self._inspect(identity)["Running"]))
        self.asked = False
        self.killed = False

    def without_sign(self, payload: bytes) -> bytes:
        """Return ``payload`` less the sign that the command was started."""
        if self._begun is not None or not payload:
            return payload
        self._begun = payload.startswith(_STARTED)
        return payload[len(_STARTED) :] if self._begun else payload

    def until_ended(self, identity: str, pieces: queue.Queue[bytes | None]) -> Iterator[bytes]:
        """Yield output until the stream ends, or the command has and its output has run dry."""
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
            if now < self._look_at:
                continue
            if ended:  # a child that outlived the command goes on writing
                return
            ended = self._look.ended(identity)
            self._guard_host(now)

    def exit_code(self, identity: str, capture: Capture) -> int:
        """Return how the command ended; mostly it is waited for the engine to note it.

        A command that closed its output may go on, and is watched like any other.
        """
        status = self._inspect(identity) if not self.killed else {}
        while not self.killed and status["Running"]:
            time.sleep(0.01)
            if (now := time.monotonic()) >= self._look_at:
                self._guard_host(now)
            if not self.killed:
                status = self._inspect(identity)
        if self.killed:
            return 137
        code = status["ExitCode"]
        if code in _NEVER_STARTED and not self._begun and not status["Pid"]:
            said = capture.output.decode(errors="replace").strip()
            raise EngineRefused(f"a command could not be started in the container: {said}")
        if self.asked and code != 137:
            return 124
        return 137 if code is None else int(code)

    def _inspect(self, identity: str) -> dict[str, Any]:
        with self._engine.guard("asking for a command's end"):
            try:
                status: dict[str, Any] = self._engine.client.api.exec_inspect(identity)
                return status
            except docker.errors.NotFound:
                pass
        # The engine forgets a container's commands when it ends.
        require_ended_by_memory(self._engine, self._inside.container)
        return {"Running": False, "ExitCode": 137, "Pid": -1}

    def _guard_host(self, now: float) -> None:
        self._look_at = now + _LOOK_EVERY
        while self._asking and now > self._asking[0][0]:
            self.asked = True
            send_all(self._inside, self._asking.pop(0)[1])
        if now > self._deadline and not self.killed:
            kill(self._engine, self._inside.container)
            self.killed = True
        self._inside.disk.check()


def require_ended_by_memory(engine: Engine, container: str) -> None:
    """Return when the kernel ended ``container`` for its memory; else raise `SandboxGone`."""
    with engine.guard("looking at a container"):
        try:
            state = engine.client.api.inspect_container(container)["State"]
        except docker.errors.NotFound:
            raise SandboxGone("the container was removed while a command ran in it") from None
    if not state["OOMKilled"]:
        raise SandboxGone(f"the container ended while it was needed (exit {state['ExitCode']})")


def _create(inside: Inside, command: Command, wall: float) -> str:
    with inside.engine.guard("starting a command in a container"):
        try:
            created = inside.engine.client.api.exec_create(
                inside.container,
                [*_ONE_PIPE, *_wrapper(inside.facts, command, wall), *command.argv],
                user=command.user or inside.user,
                environment=[f"{name}={value}" for name, value in command.env.items()],
                workdir=command.cwd,
            )
        except docker.errors.APIError as error:
            require_running(error)
            raise
    return str(created["Id"])


def _wrapper(facts: ImageFacts, command: Command, wall: float) -> Iterator[str]:
    odd = [f"{name}={value}" for name, value in command.env.items() if not _NAME.fullmatch(name)]
    if odd and facts.env:
        yield from (facts.env, *odd)
    if facts.timeout:
        yield from (facts.timeout, f"--kill-after={KILL_AFTER:g}", f"{wall:g}")


@contextmanager
def stream(
    engine: Engine, path: str, body: Mapping[str, object] | None = None
) -> Iterator[queue.Queue[bytes | None]]:
    """Ask the engine for a stream of output; give the queue that it arrives in, raw, ``None`` last.

    ``path`` is of the engine's API, to be posted to.
    """
    pieces: queue.Queue[bytes | None] = queue.Queue(maxsize=64)
    leaving = threading.Event()
    with ExitStack() as stack:
        with engine.guard("starting a command in a container"):
            wire = stack.enter_context(open_wire(engine, "POST", path, body=body))
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
