"""A log as its steps, whoever wrote it: what the providers' formats give, and the rest reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from regreen.logs.text import PREFIX
from regreen.model import LogFacts, RunJob, Segment


@dataclass(frozen=True, slots=True)
class Mark:
    """A line with which a provider says something: its number (from 1), offsets and words."""

    line: int
    start: int
    end: int
    rest: str


@dataclass(frozen=True, slots=True)
class Block:
    """What is known of a step's making: script, inputs, and where its output begins."""

    script: str | None
    inputs: dict[str, str]
    output: int
    """Offset of the first byte of the step's own output."""


@dataclass(slots=True)
class Step:
    """One step's stretch of the log: bytes ``start`` to ``end``, lines ``first`` to ``last``.

    ``name`` is its heading, ``title`` the name that its author gave it where the log tells;
    ``post`` marks what runs after the job's own steps; ``errors`` are the provider's words of
    failure.
    """

    name: str
    title: str | None
    job: str | None
    start: int
    first: int
    block: Block
    uses: str | None = None
    post: bool = False
    end: int = 0
    last: int = 0
    exit_code: int | None = None
    errors: list[Mark] = field(default_factory=list)
    foreign: re.Pattern[str] | None = None
    """What steps that ran at the same time wrote into this one's output."""

    def segment(self) -> Segment:
        """The step as the rest of regreen knows it."""
        return Segment(
            self.name,
            self.block.script,
            self.uses,
            self.block.inputs,
            self.exit_code,
            self.first,
            self.last,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of a log is meant, by its step's or job's name, and what its provider tells.

    ``provider`` wrote the log, its job ``failed``, and the failing step ran ``within`` these times:
    that holds whatever the log looks like.
    """

    step: str | None = None
    job: str | None = None
    provider: str | None = None
    failed: bool = False
    within: tuple[datetime, datetime] | None = None

    @classmethod
    def of_job(cls, job: RunJob, provider: str, step: str | None) -> Self:
        """Return the choice of a pulled run's job."""
        return cls(step, None, provider, job.failed, job.failed_within)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended: in which step, the mark that says so, how sure that is (0 to 1).

    ``stop`` is where the output ends that can tell why; ``cancelled`` that the provider broke the
    step off; ``closing`` the bytes behind ``stop`` in which the provider itself says why.
    """

    step: Step
    mark: Mark | None
    certainty: float
    stop: int
    cancelled: bool = False
    closing: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """One log, read as ``provider`` writes them (``None``: a command's plain output).

    ``ending`` says which of some steps turned their job red, ``None`` for a green one; ``of_step``
    how one step ended; ``facts`` what the log says of the run, given its steps and the failing one.
    ``prefix`` is what stands before the text of each line; ``open_end`` is the step that a log
    broke off in which does not say how its job ended.
    """

    provider: str | None
    steps: list[Step]
    ending: Callable[[Sequence[Step]], Ending | None]
    of_step: Callable[[Step], Ending | None]
    facts: Callable[[Sequence[Step], Step | None], LogFacts]
    prefix: re.Pattern[str] = PREFIX
    open_end: Step | None = None
