"""How the core tells what it is doing: a reporter is handed in, and the core never prints."""

from __future__ import annotations

from typing import Protocol

from regreen.model import StepOutcome


class Reporter(Protocol):
    """Who is told of progress. Every method takes plain words or a finished step."""

    def stage(self, text: str) -> None:
        """A new stage of the pipeline begins."""

    def note(self, text: str) -> None:
        """Something worth knowing happened within the stage."""

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

    def step_started(self, name: str) -> None:
        """Say nothing."""

    def step_ended(self, outcome: StepOutcome) -> None:
        """Say nothing."""
