"""How the core tells what it is doing: a reporter is handed in, and the core never prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from regreen.model import StepOutcome


class Reporter(Protocol):
    """Who is told of progress. Every method takes plain words or a finished step."""

    def stage(self, text: str) -> None:
        """A new stage of the pipeline begins."""

    def note(self, text: str) -> None:
        """Something worth knowing happened within the stage."""

    def received(self, name: str, got: int, total: int | None) -> None:
        """Of the log of job ``name``, ``got`` bytes are here (``total``: of how many, if known)."""

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Ask which of ``options`` is meant; ``None`` when nobody can be asked."""

    def step_started(self, name: str) -> None:
        """A step of the job starts in the sandbox."""

    def step_ended(self, outcome: StepOutcome) -> None:
        """A step of the job ended."""


class Silent:
    """A reporter that says nothing."""

    def stage(self, text: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def received(self, name: str, got: int, total: int | None) -> None:
        """Say nothing."""

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Choose nothing."""
        return None

    def step_started(self, name: str) -> None:
        """Say nothing."""

    def step_ended(self, outcome: StepOutcome) -> None:
        """Say nothing."""
