"""How the core tells what it is doing: a reporter is handed in, and the core never prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from regreen.model import Budget, StepOutcome, Try


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

    def job_started(self, name: str) -> None:
        """The job ``name`` begins in a sandbox of its own, or goes on there from a checkpoint."""

    def step_started(self, name: str, command: str = "") -> None:
        """A step of the job starts in the sandbox; ``command`` is its script, masked."""

    def output(self, piece: str) -> None:
        """The running step said ``piece``: masked text, as it comes.

        The pieces of a step, joined, are its output. They end where lines end, save that of a line
        which stays unfinished for a while (a prompt, a progress bar) the beginning comes first.
        May be called from another thread than the rest.
        """

    def step_ended(self, outcome: StepOutcome) -> None:
        """A step of the job ended; all of its output was given before."""

    def searching(self, budget: Budget) -> None:
        """A search for fixes begins, which may spend ``budget``; the next stage ends it."""

    def tried(self, attempt: Try) -> None:
        """An idea of the search was tried, and this became of it."""


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

    def job_started(self, name: str) -> None:
        """Say nothing."""

    def step_started(self, name: str, command: str = "") -> None:
        """Say nothing."""

    def output(self, piece: str) -> None:
        """Say nothing."""

    def step_ended(self, outcome: StepOutcome) -> None:
        """Say nothing."""

    def searching(self, budget: Budget) -> None:
        """Say nothing."""

    def tried(self, attempt: Try) -> None:
        """Say nothing."""


class Tee:
    """Several reporters as one, told in their order."""

    def __init__(self, *reporters: Reporter) -> None:
        self._reporters = reporters

    def stage(self, text: str) -> None:
        """Tell all."""
        for one in self._reporters:
            one.stage(text)

    def note(self, text: str) -> None:
        """Tell all."""
        for one in self._reporters:
            one.note(text)

    def received(self, name: str, got: int, total: int | None) -> None:
        """Tell all."""
        for one in self._reporters:
            one.received(name, got, total)

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Return the first choice that one of them can make."""
        for one in self._reporters:
            if (chosen := one.choose(question, options)) is not None:
                return chosen
        return None

    def job_started(self, name: str) -> None:
        """Tell all."""
        for one in self._reporters:
            one.job_started(name)

    def step_started(self, name: str, command: str = "") -> None:
        """Tell all."""
        for one in self._reporters:
            one.step_started(name, command)

    def output(self, piece: str) -> None:
        """Tell all."""
        for one in self._reporters:
            one.output(piece)

    def step_ended(self, outcome: StepOutcome) -> None:
        """Tell all."""
        for one in self._reporters:
            one.step_ended(outcome)

    def searching(self, budget: Budget) -> None:
        """Tell all."""
        for one in self._reporters:
            one.searching(budget)

    def tried(self, attempt: Try) -> None:
        """Tell all."""
        for one in self._reporters:
            one.tried(attempt)
