"""Progress for people, on stderr: stages, steps and their seconds."""

from __future__ import annotations

import os
import sys

from rich.console import Console as Rich
from rich.markup import escape

from regreen.model import StepOutcome

_MARKS = {
    "success": "[green]✓[/]",
    "failure": "[red]✗[/]",
    "skipped": "[dim]-[/]",
    "excluded": "[yellow]⊘[/]",
    "cancelled": "[yellow]⊘[/]",
}


class Console:
    """A reporter that prints lines to stderr (``NO_COLOR`` and pipes are respected by rich)."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Print nothing at all when ``quiet``."""
        self._rich = Rich(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)
        self._groups = os.environ.get("GITHUB_ACTIONS") == "true"
        self._open = False

    def stage(self, text: str) -> None:
        """Print a stage's heading; a foldable group inside GitHub Actions."""
        if self._groups:
            self.close()
            self._line(f"::group::{text}")
            self._open = True
        else:
            self._rich.print(f"[bold]{escape(text)}[/]")

    def note(self, text: str) -> None:
        """Print a line within the stage."""
        self._rich.print(f"  {escape(text)}")

    def step_started(self, name: str) -> None:
        """Show on a terminal which step is running."""
        if self._rich.is_terminal:
            self._rich.print(f"  [dim]… {escape(_short(name))}[/]", end="\r")

    def step_ended(self, outcome: StepOutcome) -> None:
        """Print how a step ended and its seconds."""
        mark = _MARKS.get(outcome.conclusion, " ")
        code = f" exit {outcome.exit_code}" if outcome.conclusion == "failure" else ""
        reason = f" ({outcome.reason})" if outcome.reason else ""
        line = f"{_short(outcome.name):<52} {outcome.seconds:6.1f} s{code}{reason}"
        self._rich.print(f"  {mark} {escape(line)}")

    @staticmethod
    def _line(text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """End an open group."""
        if self._open:
            self._line("::endgroup::")
            self._open = False


def _short(name: str) -> str:
    first = name.strip().splitlines()[0] if name.strip() else "(no name)"
    return first if len(first) <= 52 else first[:51] + "…"
