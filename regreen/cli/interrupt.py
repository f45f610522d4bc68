"""Ctrl-C, SIGTERM, a closed window: the first cleans up at once, the second leaves at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from regreen.errors import ExitCode

_FIRST = "regreen: interrupted; cleaning up (once more leaves at once)\n"
_SECOND = (
    "regreen: left at once; what is left behind goes at the next start\n"
    "  next: regreen clean removes it now\n"
)
_ERASE = "\r\x1b[2K"
_STDERR = 2


class Interrupts:
    """What this process does when it is asked to end."""

    def __init__(self) -> None:
        self._owner = 0
        self._asked = False
        self._listeners: list[Callable[[], None]] = []

    def install(self) -> None:
        """Answer SIGTERM, and SIGINT and SIGHUP unless whoever started this wants them ignored."""
        self._owner = os.getpid()
        signal.signal(signal.SIGTERM, self._handle)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._handle)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._hung_up)

    @contextmanager
    def heard(self, listener: Callable[[], None]) -> Iterator[None]:
        """While inside, call ``listener`` at the first; it must neither wait nor print."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def _hung_up(self, number: int, _frame: FrameType | None) -> NoReturn:
        """Clean up when the terminal's window is closed; nothing can be said to it any more."""
        signal.signal(number, signal.SIG_IGN)
        if os.getpid() == self._owner:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
        raise KeyboardInterrupt

    def _handle(self, _number: int, _frame: FrameType | None) -> NoReturn:
        if os.getpid() != self._owner:  # a forked worker: the one that started it speaks
            raise KeyboardInterrupt
        if self._asked:
            _say(_SECOND)
            os._exit(ExitCode.INTERRUPTED)
        self._asked = True
        for listener in self._listeners:
            listener()
        _say(_FIRST)
        raise KeyboardInterrupt


def _say(text: str) -> None:
    """Write past all buffers and locks, which the interrupted code may hold."""
    with suppress(OSError):
        os.write(_STDERR, ((_ERASE if os.isatty(_STDERR) else "") + text).encode())


INTERRUPTS = Interrupts()
