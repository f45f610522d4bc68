"""Progress for people, on stderr: stages, steps and their seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rich.console import Console as Rich
from rich.text import Text

from regreen.model import StepOutcome
from regreen.plain import fitting, visible

_MARKS = {
    "success": ("✓", "green"),
    "failure": ("✗", "red"),
    "skipped": ("-", "dim"),
    "excluded": ("⊘", "yellow"),
    "cancelled": ("⊘", "yellow"),
}


class Console:
    """A reporter that prints lines to stderr (``NO_COLOR`` and pipes are respected by rich).

    Names and reasons come from the repository: each is shown as one line without control
    characters, and what the terminal's encoding lacks as escapes.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        """Print nothing at all when ``quiet``."""
        self._rich = Rich(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self._groups = os.environ.get("GITHUB_ACTIONS") == "true"
        self._open = False

    def stage(self, text: str) -> None:
        """Print a stage's heading; a foldable group inside GitHub Actions."""
        if self._groups:
            self.close()
            self._line("::group::" + visible(text).replace("%", "%25"))
            self._open = True
        else:
            self._print((visible(text), "bold"))

    def note(self, text: str) -> None:
        """Print a line within the stage."""
        self._print(visible(f"  {text}"))

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
        if not (self._rich.is_terminal and sys.stdin.isatty()):
            return None
        for number, option in enumerate(options, start=1):
            self._print(f"  {number:>3}  {visible(option)}")
        self._print((visible(question), "bold"), " ", end="")
        answer = sys.stdin.readline().strip()
        known = answer.isascii() and answer.isdigit() and 1 <= int(answer[:6]) <= len(options)
        return int(answer) - 1 if known else None

    def step_started(self, name: str) -> None:
        """Show on a terminal which step is running."""
        if self._rich.is_terminal:
            self._print("  ", (f"… {_short(name)}", "dim"), end="\r")

    def step_ended(self, outcome: StepOutcome) -> None:
        """Print how a step ended and its seconds."""
        mark = _MARKS.get(outcome.conclusion, (" ", ""))
        code = f" exit {outcome.exit_code}" if outcome.conclusion == "failure" else ""
        reason = f" ({outcome.reason})" if outcome.reason else ""
        line = f"{_short(outcome.name):<52} {outcome.seconds:6.1f} s{code}{visible(reason)}"
        self._print("  ", mark, f" {line}")

    def _print(self, *parts: str | tuple[str, str], end: str = "\n") -> None:
        """Print words, each plain or with a style; no markup is looked for in them."""
        text = Text()
        for words, style in ((part, "") if isinstance(part, str) else part for part in parts):
            text.append(fitting(words, self._rich.encoding), style)
        self._rich.print(text, end=end)

    @staticmethod
    def _line(text: str) -> None:
        sys.stderr.write(fitting(f"{text}\n", sys.stderr.encoding))
        sys.stderr.flush()

    def close(self) -> None:
        """End an open group."""
        if self._open:
            self._line("::endgroup::")
            self._open = False


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _short(name: str) -> str:
    first = visible(name.strip().splitlines()[0] if name.strip() else "(no name)")
    return first if len(first) <= 52 else first[:51] + "…"
