"""The program between a person's terminal and a command in a container.

``python -P -m regreen_sandbox.pump EXEC CONTAINER SECONDS RESERVE`` runs on a pseudo-terminal that
`terminal.attach` made. It starts the created command EXEC, passes bytes both ways untouched, passes
the window's size on whenever it changes, and watches the time and the engine's disk meanwhile. It
is a program of its own so that the terminal that it puts into raw mode is never the person's.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import socket
import ssl
import sys
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

import docker.errors

from regreen_sandbox.engine import Engine, connect
from regreen_sandbox.errors import DiskFull, SandboxError
from regreen_sandbox.execution import kill
from regreen_sandbox.hijack import open_terminal

READY = b"\x1eregreen: ready\x1e"
"""Written when the keys may be passed on: before, they would be echoed, and Ctrl-C would end us."""
ENDED, OUT_OF_TIME, OUT_OF_DISK, LOST = 0, 3, 4, 5
"""Exit codes: the stream ended, the time is up, the disk is full, the connection broke."""

_PIECE = 1 << 16
_OUTPUT_BYTES = 1 << 18
_INPUT_BYTES = 64 << 20
_LOOK_EVERY = 0.5
_SOON = 0.05
_ABSENT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Pump:
    """Moves bytes between file descriptor 0 and 1, one terminal, and the engine's connection.

    Neither side can block the other: keys are taken in even while what was typed or pasted earlier
    waits for the program inside, which may itself wait for its output to be read.
    """

    def __init__(self, engine: Engine, identity: str, wire: socket.socket, first: bytes) -> None:
        self._engine = engine
        self._identity = identity
        self._wire = wire
        self._typed = bytearray()
        self._shown = bytearray(first)
        self._size: os.terminal_size | None = None
        self._open = True

    def run(self, container: str, seconds: float, reserve: int) -> int:
        """Pass everything until the command's end; return one of the exit codes above."""
        deadline = time.monotonic() + seconds
        look_at = 0.0
        with selectors.DefaultSelector() as selector, _wakened() as wakeful:
            selector.register(wakeful, selectors.EVENT_READ)
            while self._open or self._shown:
                self._resize()
                self._watch(selector)
                for key, events in selector.select(_LOOK_EVERY if self._size else _SOON):
                    if key.fileobj is wakeful:
                        wakeful.recv(_PIECE)
                    elif key.fileobj is self._wire:
                        self._with_engine(events)
                    elif not self._with_person(key.fd):
                        return ENDED
                if (now := time.monotonic()) > deadline:
                    return OUT_OF_TIME
                if now > look_at:
                    look_at = now + _LOOK_EVERY
                    try:
                        self._engine.require_space(reserve)
                    except DiskFull:
                        kill(self._engine, container)
                        return OUT_OF_DISK
        return ENDED

    def _watch(self, selector: selectors.BaseSelector) -> None:
        """Wait for what can be used now: input only while there is room for it."""
        reading, writing = selectors.EVENT_READ, selectors.EVENT_WRITE
        wire = reading if len(self._shown) < _OUTPUT_BYTES else 0
        wanted: dict[socket.socket | int, int] = {
            self._wire: (wire | (writing if self._typed else 0)) if self._open else 0,
            0: reading if self._open and len(self._typed) < _INPUT_BYTES else 0,
            1: writing if self._shown else 0,
        }
        for file, events in wanted.items():
            with suppress(KeyError):
                selector.unregister(file)
            if events:
                selector.register(file, events)

    def _with_engine(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            with suppress(*_ABSENT):
                del self._typed[: self._wire.send(self._typed)]
        with suppress(*_ABSENT):
            while self._open and len(self._shown) < _OUTPUT_BYTES:
                piece = self._wire.recv(_PIECE)
                self._shown += piece
                self._open = bool(piece)

    def _with_person(self, descriptor: int) -> bool:
        """Read or write the terminal; false when it is gone."""
        try:
            if descriptor == 1:
                del self._shown[: os.write(1, self._shown)]
            else:
                piece = os.read(0, _PIECE)
                self._typed += piece
                return bool(piece)
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        return True

    def _resize(self) -> None:
        """Pass the window's size on; the engine refuses until the command has truly started."""
        size = os.get_terminal_size(0)
        if not self._open or size == self._size or not size.lines or not size.columns:
            return
        with suppress(SandboxError), self._engine.guard("setting a terminal's size"):
            self._engine.client.api.exec_resize(
                self._identity, height=size.lines, width=size.columns
            )
            self._size = size


@contextmanager
def _wakened() -> Iterator[socket.socket]:
    """Give a socket that becomes readable when the window changes its size."""
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGWINCH, _nothing)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(-1)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """What matters is that the signal wakes the loop."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name; see the module's words."""
    identity, container, seconds, reserve = arguments
    tty.setraw(0)
    try:
        with connect() as engine:
            os.write(1, READY)
            wire, first = open_terminal(engine, identity)
            with wire:
                os.set_blocking(0, False)
                wire.setblocking(False)
                return Pump(engine, identity, wire, first).run(
                    container, float(seconds), int(reserve)
                )
    except (SandboxError, docker.errors.DockerException, OSError):
        return LOST


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
