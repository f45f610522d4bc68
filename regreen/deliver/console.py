"""Progress for people, on stderr: stages, steps and their seconds, and what a search has tried."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Sequence

from rich.console import Console as Rich
from rich.text import Text

from regreen.deliver.clock import Clock
from regreen.deliver.stream import BAR, Tail, barred, tame
from regreen.deliver.tries import Tries, mark_of, told_try
from regreen.model import Budget, Ending, StepOutcome, Try
from regreen.plain import fitting, visible

_MARKS = {
    "success": ("✓", "green"),
    "failure": ("✗", "red"),
    "skipped": ("-", "dim"),
    "excluded": ("⊘", "yellow"),
    "cancelled": ("⊘", "yellow"),
}
_LAST_LINES = 15
"""What is shown of a failed step's output when not all of it is."""


class Console:
    """A reporter that prints lines to stderr (``NO_COLOR`` and pipes are respected by rich).

    Names and reasons come from the repository: each is shown as one line without control
    characters, and what the terminal's encoding lacks as escapes. Of a step's output all is shown
    when ``verbose``; else its last line while it runs, on a terminal, and its last lines when it
    failed, once a stage. On a terminal a search has a live area in place of its steps' lines, of
    which only the ideas that were kept leave one. It may be told from several threads.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        """Print nothing at all when ``quiet``."""
        self._rich = Rich(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self._groups = os.environ.get("GITHUB_ACTIONS") == "true" and not quiet
        self._colours = not self._rich.no_color and (
            self._groups or self._rich.color_system is not None
        )
        self._verbose = verbose and not quiet
        self._lock = threading.RLock()
        self._clock = Clock(self._rich, self._lock)
        self._tail = Tail(_LAST_LINES)
        self._told: set[str] = set()
        self._open = False
        self._unfinished = ""
        self._tries: Tries | None = None
        self._paused: Tries | None = None
        self._began = 0.0
        self._doing = ""

    def stage(self, text: str) -> None:
        """Print a stage's heading; a foldable group inside GitHub Actions."""
        with self._lock:
            self._told.clear()
            self._end_search()
            if self._groups:
                self.close()
                self._line("::group::" + visible(text).replace("%", "%25") + "\n")
                self._open = True
            else:
                self._print((visible(text), "bold"))

    def note(self, text: str) -> None:
        """Print a line within the stage; in the live area while there is one."""
        with self._lock:
            if self._tries is None:
                self._print(visible(f"  {text}"))
            else:
                self._doing = text

    def received(self, name: str, got: int, total: int | None) -> None:
        """Show how much of a log is here: on a terminal as it comes, else once it is whole."""
        whole = got == total
        size = _size(got) + (f" of {_size(total)}" if total and not whole else "")
        if self._rich.is_terminal and not whole:
            self._print("  ", (f"… {_short(name)}: {size}", "dim"), end="\r")
        elif whole:
            self._print(f"  log of {_short(name)}: {size}")

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Ask on the terminal; ``None`` where there is none, or for an answer that is no choice."""
        if self._rich.quiet or not (self._rich.is_terminal and sys.stdin.isatty()):
            return None
        for number, option in enumerate(options, start=1):
            self._print(f"  {number:>3}  {visible(option)}")
        self._print((visible(question), "bold"), " ", end="")
        answer = sys.stdin.readline().strip()
        known = answer.isascii() and answer.isdigit() and 1 <= int(answer[:6]) <= len(options)
        return int(answer) - 1 if known else None

    def job_started(self, name: str) -> None:
        """Say nothing: the stage's heading is enough."""

    def step_started(self, name: str, command: str = "") -> None:
        """Show on a terminal which step is running; the name as a line of its own if verbose."""
        with self._lock:
            self._tail = Tail(_LAST_LINES)
            if self._verbose:
                self._print("  ", (f"… {_short(name)}", "dim"))
            self._clock.start(_short(name))

    def output(self, piece: str) -> None:
        """Show what the step says, or keep its end in mind."""
        if self._rich.quiet:
            return
        with self._lock:
            if self._verbose:
                self._stream(piece)
                self._clock.last = self._unfinished
            else:
                self._tail.add(piece)
                self._clock.last = self._tail.last

    def step_ended(self, outcome: StepOutcome) -> None:
        """Print how a step ended and its seconds; when it failed, its last lines."""
        mark = _MARKS.get(outcome.conclusion, (" ", ""))
        failed = outcome.conclusion == "failure"
        code = f" exit {outcome.exit_code}" if failed else ""
        reason = f" ({outcome.reason})" if outcome.reason else ""
        line = f"{_short(outcome.name):<52} {outcome.seconds:6.1f} s{code}{visible(reason)}"
        with self._lock:
            self._finish_line()
            self._clock.stop()
            if self._tries is not None:
                return
            self._print("  ", mark, f" {line}")
            if failed and not self._verbose and outcome.name not in self._told:
                self._told.add(outcome.name)
                said = "".join(f"{line}\n" for line in self._tail.lines)
                self._line(barred(said, colours=self._colours) if said else "")
            self._tail = Tail(_LAST_LINES)

    def searching(self, budget: Budget) -> None:
        """Begin the live area, on a terminal and where not all is shown anyway.

        The search that was interrupted, if it has the same budget, goes on.
        """
        with self._lock:
            self._doing = ""
            if not self._clock.alive or self._verbose:
                return
            if self._paused is None or self._paused.budget is not budget:
                self._paused, self._began = Tries(budget), time.monotonic()
            self._tries = self._paused
            self._clock.show(self._area)

    def tried(self, attempt: Try) -> None:
        """Print what became of an idea; of one that was not kept only in the live area."""
        with self._lock:
            if self._tries is not None:
                self._tries.add(attempt)
                self._doing = ""
            if self._tries is None or attempt.ending in (Ending.GREEN, Ending.PROGRESS):
                self._print("  ", mark_of(attempt), f" {visible(told_try(attempt))}")

    def hush(self) -> None:
        """Draw no live line any more. May be called from a signal's handler."""
        self._clock.hush()

    def close(self) -> None:
        """End what is open: a line, the live one, a group."""
        with self._lock:
            self._finish_line()
            self._end_search()
            self._clock.stop()
            if self._open:
                self._line("::endgroup::\n")
                self._open = False

    def _area(self) -> Iterable[str]:
        if self._tries is None:
            return ()
        return self._tries.lines(time.monotonic() - self._began, self._doing)

    def _end_search(self) -> None:
        if self._tries is not None:
            self._tries = None
            self._clock.show(None)

    def _stream(self, piece: str) -> None:
        """Print whole lines at once; of an unfinished one what there is, save on a terminal.

        There the live line shows it.
        """
        at = max(piece.rfind("\n"), piece.rfind("\r")) + 1
        whole, rest = piece[:at], piece[at:]
        if whole and self._unfinished:
            first, _, whole = whole.replace("\r\n", "\n").replace("\r", "\n").partition("\n")
            self._continue(first)
            self._finish_line()
        if whole:
            self._line(barred(whole, colours=self._colours))
        if rest:
            self._continue(rest)

    def _continue(self, text: str) -> None:
        if self._rich.is_terminal:
            self._unfinished += text
            return
        bar = "" if self._unfinished else BAR
        self._unfinished += text
        self._write(bar + tame(text, colours=self._colours))

    def _finish_line(self) -> None:
        text, self._unfinished = self._unfinished, ""
        if text:
            whole = barred(text + "\n", colours=self._colours)
            if self._rich.is_terminal:
                self._line(whole)
            else:
                self._write("\n")

    def _print(self, *parts: str | tuple[str, str], end: str = "\n") -> None:
        """Print words, each plain or with a style; no markup is looked for in them."""
        text = Text()
        for words, style in ((part, "") if isinstance(part, str) else part for part in parts):
            text.append(fitting(words, self._rich.encoding), style)
        with self._lock:
            self._finish_line()
            self._clock.erase()
            self._rich.print(text, end=end)

    def _line(self, text: str) -> None:
        """Print whole lines as they are."""
        if text and not self._rich.quiet:
            self._clock.erase()
            self._write(text)

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(fitting(text, sys.stderr.encoding))
        sys.stderr.flush()


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _short(name: str) -> str:
    first = visible(name.strip().splitlines()[0] if name.strip() else "(no name)")
    return first if len(first) <= 52 else first[:51] + "…"
