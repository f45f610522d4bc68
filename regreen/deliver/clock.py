"""The live lines on a terminal: which step runs, for how long, and what it said last.

While fixes are searched for there are more of them: an area that somebody else has the lines of.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable

from rich.cells import cell_len, set_cell_size
from rich.console import Console as Rich

from regreen.deliver.stream import tame
from regreen.plain import fitting, visible

Area = Callable[[], Iterable[str]]
"""Gives the lines that stand above the running step's."""
_EVERY = 0.2
_ERASE = "\r\x1b[2K"
_LAST = 400
"""Characters of the step's last line that are looked at."""


class Clock:
    """Draws its lines anew a few times a second. The lock is held for whatever is printed."""

    def __init__(self, rich: Rich, lock: threading.RLock) -> None:
        """Draw where ``rich`` prints; on what is no terminal, nothing."""
        self._rich = rich
        self._lock = lock
        self.alive = rich.is_terminal and not rich.is_dumb_terminal and not rich.quiet
        self._drawn = 0
        self._area: Area | None = None
        self._done = threading.Event()
        self._name = ""
        self._began = 0.0
        self.last = ""

    def start(self, name: str) -> None:
        """A step begins."""
        self.stop()
        self._name, self._began, self.last = name, time.monotonic(), ""
        self._begin()

    def show(self, area: Area | None) -> None:
        """Draw the lines of ``area`` too from now on, also between steps; ``None``: no more."""
        self._done.set()
        self.erase()
        self._area = area
        if area is not None:
            self._name = ""
            self._begin()

    def hush(self) -> None:
        """Draw no more. Takes no lock: a signal may come while it is held."""
        self._done.set()

    def stop(self) -> None:
        """The step has ended: its line goes."""
        self._name = ""
        if self._area is None:
            self._done.set()
        self.erase()

    def erase(self) -> None:
        """Make room for a line that stays."""
        drawn, self._drawn = self._drawn, 0
        if drawn:
            self._write(_erased(drawn))

    def _begin(self) -> None:
        if self.alive:
            self._done.set()
            self._done = done = threading.Event()
            self._draw()
            threading.Thread(target=self._run, args=(done,), name="clock", daemon=True).start()

    def _run(self, done: threading.Event) -> None:
        while not done.wait(_EVERY):
            with self._lock:
                if not done.is_set():
                    self._draw()

    def _draw(self) -> None:
        room = max(self._rich.width - 1, 1)
        lines = [*(map(visible, self._area()) if self._area else ()), *self._running()]
        shown = [fitting(line, self._rich.encoding) for line in lines]
        shown = [set_cell_size(line, room) if cell_len(line) > room else line for line in shown]
        shown = shown[: max(self._rich.height - 1, 1)]
        self._write(_erased(self._drawn) + "\n".join(shown))
        self._drawn = len(shown)

    def _running(self) -> Iterable[str]:
        if self._name or self._area is None:
            seconds = time.monotonic() - self._began
            text = f"  … {self._name} {seconds:.0f} s"
            if self.last:
                text += "  " + tame(self.last[-_LAST:], colours=False).strip()
            yield text

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # the terminal has gone; what is printed next says so
            return


def _erased(lines: int) -> str:
    """Return what takes back ``lines`` drawn lines and leaves the cursor where they began."""
    return f"\r\x1b[{lines - 1}A\x1b[J" if lines > 1 else _ERASE
