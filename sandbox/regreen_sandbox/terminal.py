"""A command in a container on the person's own terminal.

The person's keys and the command's output pass through a small program of ours (`pump`) that runs
on a pseudo-terminal under pexpect and speaks with the engine itself: no ``docker`` program is
needed. What the command prints reaches the person's terminal as it is, escape sequences and all.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import docker.errors
import pexpect

from regreen_sandbox import pump
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, EngineDied, SandboxGone, SandboxTimeout
from regreen_sandbox.execution import require_ended_by_memory
from regreen_sandbox.limits import Limits

KILLED = 137
"""128 and SIGKILL's number."""
_READY_SECONDS = 60
_NOTED_SECONDS = 5.0
_USUAL = (24, 80)
_PLAIN = (
    # Source: xterm's control sequences. Colours, character set, keypad, cursor; then reports of
    # the mouse, of focus and of pastes.
    b"\x1b[0m\x1b(B\x1b>\x1b[?1l\x1b[?25h"
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l"
)
_LEAVE_SECOND_SCREEN = b"\x1b[?1049l"


def is_terminal() -> bool:
    """Whether a person can be put into a shell: standard input and output are terminals."""
    return os.isatty(0) and os.isatty(1)


def attach(
    engine: Engine,
    container: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    limits: Limits,
    seconds: float,
) -> int:
    """Run ``argv`` in ``container`` on this process's terminal; return its exit code.

    It runs as the container's own user, from ``/``, with ``env`` added. The terminal is in raw mode
    meanwhile, so that every key, Ctrl-C too, goes to the command; it is as before afterwards,
    whatever happens. There is no time-out for silence, but after ``seconds`` it is over. Raises
    `SandboxGone`, `SandboxTimeout`, `DiskFull` (the container has been killed then), `EngineDied`,
    `EngineRefused`; KeyboardInterrupt when the terminal went away.
    """
    identity = _created(engine, container, argv, env)
    restored = _LEAVE_SECOND_SCREEN + _PLAIN + b"\r\n"
    try:
        status = _passed(identity, container, seconds, limits.disk_reserve_bytes)
        if status == pump.OUT_OF_DISK:
            raise DiskFull("the shell was killed: too little is left of the engine's disk")
        if status == pump.OUT_OF_TIME:
            raise SandboxTimeout(f"the shell was ended after its {seconds / 3600:.1f} hours")
        code = _exit_code(engine, container, identity)
        restored = _PLAIN
    finally:
        with suppress(OSError):
            _show(restored)
    return code


def _created(engine: Engine, container: str, argv: Sequence[str], env: Mapping[str, str]) -> str:
    with engine.guard("making a terminal in a container"):
        try:
            made = engine.client.api.exec_create(
                container,
                list(argv),
                stdin=True,
                tty=True,
                environment=[f"{name}={value}" for name, value in env.items()],
                workdir="/",
            )
        except docker.errors.APIError as error:
            if error.status_code in (404, 409):
                raise SandboxGone(f"the container is not running: {error.explanation}") from None
            raise
    return str(made["Id"])


def _passed(identity: str, container: str, seconds: float, reserve: int) -> int:
    """Run the pump until its end and return its exit code (`pump.LOST` when it was killed)."""
    words = ["-P", "-m", "regreen_sandbox.pump", identity, container, str(seconds), str(reserve)]
    # -P and another folder: a module of the same name in the current one must not be found.
    child: pexpect.spawn[bytes] = pexpect.spawn(
        sys.executable, words, timeout=_READY_SECONDS, dimensions=_window(), echo=False, cwd="/"
    )
    try:
        with suppress(pexpect.EOF, pexpect.TIMEOUT):
            child.expect_exact(pump.READY)
            with _follow_window(child):
                _interact(child)
    finally:
        child.close(force=True)
    return pump.LOST if child.exitstatus is None else int(child.exitstatus)


def _interact(child: pexpect.spawn[bytes]) -> None:
    try:
        child.interact(escape_character=None, output_filter=_show)
        _show_rest(child)
    except (OSError, termios.error) as error:
        raise KeyboardInterrupt from error  # the person's terminal is gone


def _show(data: bytes) -> bytes:
    """Write all of ``data``, also when a signal cuts a write short; nothing is left of it."""
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]
    return b""


def _show_rest(child: pexpect.spawn[bytes]) -> None:
    """Show what the ended pump had still written: pexpect looks for its end first."""
    with suppress(OSError):  # the end of a pseudo-terminal
        while data := os.read(child.child_fd, 1 << 16):
            _show(data)


def _window() -> tuple[int, int]:
    """Return the rows and columns of the person's window; 24 by 80 where it does not tell."""
    with suppress(OSError):
        size = os.get_terminal_size(0)
        if size.lines and size.columns:
            return size.lines, size.columns
    return _USUAL


@contextmanager
def _follow_window(child: pexpect.spawn[bytes]) -> Iterator[None]:
    """Give the pump's terminal the size of the person's, now and whenever it changes."""

    def changed(_number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            child.setwinsize(*_window())

    before = signal.signal(signal.SIGWINCH, changed)
    try:
        child.setwinsize(*_window())
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _exit_code(engine: Engine, container: str, identity: str) -> int:
    """Ask how the command ended, which the engine takes a moment to note."""
    deadline = time.monotonic() + _NOTED_SECONDS
    while True:
        with engine.guard("asking for a command's end"):
            try:
                status = engine.client.api.exec_inspect(identity)
            except docker.errors.NotFound:  # forgotten, with the container
                status = {"Running": False, "ExitCode": KILLED}
        code = status["ExitCode"]
        if not status["Running"] and code is not None:
            if code == KILLED:
                _require_running(engine, container)
            return int(code)
        if time.monotonic() > deadline:
            raise EngineDied("the connection to the shell broke off")
        time.sleep(0.02)


def _require_running(engine: Engine, container: str) -> None:
    """Raise `SandboxGone` when it was the container that was killed, not the command alone."""
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        with engine.guard("looking at a container"):
            try:
                running = engine.client.api.inspect_container(container)["State"]["Running"]
            except docker.errors.NotFound:
                running = False
        if not running:
            require_ended_by_memory(engine, container)
            raise SandboxGone("the container was killed: it used more memory than it may")
        time.sleep(0.1)
