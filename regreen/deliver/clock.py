"""The live line on a terminal: which step runs, for how long, and what it said last."""

from __future__ import annotations

import sys
import threading
import time

from rich.cells import cell_len, set_cell_size
from rich.console import Console as Rich

from regreen.deliver.stream import tame
from regreen.plain import fitting

_EVERY = 0.2
_ERASE = "\r\x1b[2K"
_LAST = 400
"""Characters of the step's last line that are looked at."""


class Clock:
    """Draws the line anew a few times a second. The lock is held for whatever is printed."""

    def __init__(self, rich: Rich, lock: threading.RLock) -> None:
        """Draw where ``rich`` prints; on what is no terminal, nothing."""
        self._rich = rich
        self._lock = lock
        self._alive = rich.is_terminal and not rich.is_dumb_terminal and not rich.quiet
        self._drawn = False
        self._done = threading.Event()
        self._name = ""
        self._began = 0.0
        self.last = ""

    def start(self, name: str) -> None:
        """A step begins."""
        self.stop()
        self._name, self._began, self.last = name, time.monotonic(), ""
        if self._alive:
            self._done = done = threading.Event()
            self._draw()
            threading.Thread(target=self._run, args=(done,), name="clock", daemon=True).start()

    def hush(self) -> None:
        """Draw no more. Takes no lock: a signal may come while it is held."""
        self._done.set()

    def stop(self) -> None:
        """The step has ended: the line goes."""
        self._done.set()
        self.erase()

    def erase(self) -> None:
        """Make room for a line that stays."""
        if self._drawn:
            self._drawn = False
            self._write(_ERASE)

    def _run(self, done: threading.Event) -> None:
        while not done.wait(_EVERY):
            with self._lock:
                if not done.is_set():
                    self._draw()

    def _draw(self) -> None:
        seconds = time.monotonic() - self._began
        text = f"  … {self._name} {seconds:.0f} s"
        if self.last:
            text += "  " + tame(self.last[-_LAST:], colours=False).strip()
        text = fitting(text, self._rich.encoding)
        room = max(self._rich.width - 1, 1)
        self._write(_ERASE + (set_cell_size(text, room) if cell_len(text) > room else text))
        self._drawn = True

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # the terminal has gone; what is printed next says so
            return
