"""What candidates that run side by side have to tell, each one's lines together and in order.

The one whose turn it is speaks at once; what the others say is kept until it is theirs.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from regreen.model import Budget, StepOutcome, Try
from regreen.report import Reporter

_KEPT = 4 << 20
"""How many characters of output are kept for each that waits."""
_LEFT_OUT = "\n(the rest of this output is left out: another candidate was at work)\n"


class Turns:
    """Gives out reporters that speak through one, in the order in which they were given out."""

    def __init__(self, reporter: Reporter) -> None:
        """Speak through ``reporter``, from one thread at a time."""
        self.reporter = reporter
        self.lock = threading.RLock()
        self._line: deque[Speaker] = deque()

    def speaker(self) -> Speaker:
        """Return the reporter of who is next in line."""
        with self.lock:
            speaker = Speaker(self)
            self._line.append(speaker)
            self._open()
            return speaker

    def over(self) -> None:
        """End the turn of the first in line; the next one's words are heard now."""
        with self.lock:
            self._line.popleft().mute()
            self._open()

    def silence(self) -> None:
        """End everyone's turn: nothing that was kept back is ever said."""
        with self.lock:
            while self._line:
                self._line.popleft().mute()

    def _open(self) -> None:
        if self._line:
            self._line[0].open()


class Speaker:
    """The reporter of one candidate."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._open = self._muted = False
        self._room = _KEPT
        self._kept: list[Callable[[], None]] = []

    def open(self) -> None:
        """Say what was kept, and everything from now on at once."""
        self._open = True
        kept, self._kept = self._kept, []
        for say in kept:
            say()

    def mute(self) -> None:
        """Say nothing more."""
        self._muted = True
        self._kept = []

    def stage(self, text: str) -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.stage(text))

    def note(self, text: str) -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.note(text))

    def received(self, name: str, got: int, total: int | None) -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.received(name, got, total))

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Choose nothing: a candidate asks nobody."""
        return None

    def job_started(self, name: str) -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.job_started(name))

    def step_started(self, name: str, command: str = "") -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.step_started(name, command))

    def output(self, piece: str) -> None:
        """Pass it on; of what is kept for later, the first part only."""
        with self._turns.lock:
            if not self._open:
                if self._room < 0:
                    return
                if len(piece) > self._room:
                    piece = f"{piece[: self._room]}{_LEFT_OUT}"
                self._room -= len(piece)
            self._say(lambda: self._turns.reporter.output(piece))

    def step_ended(self, outcome: StepOutcome) -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.step_ended(outcome))

    def searching(self, budget: Budget) -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.searching(budget))

    def tried(self, attempt: Try) -> None:
        """Pass it on."""
        self._say(lambda: self._turns.reporter.tried(attempt))

    def _say(self, say: Callable[[], None]) -> None:
        with self._turns.lock:
            if self._muted:
                return
            if self._open:
                say()
            else:
                self._kept.append(say)
