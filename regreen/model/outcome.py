"""What a job did in the sandbox, and how that compares with CI."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regreen.model.failure import Diagnostic, Failure


class Verdict(StrEnum):
    """How a reproduction ended."""

    SAME = "same"
    DIFFERENT = "different"
    FAILED = "failed"
    PASSED = "passed"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a step told the runner about a place: ``level`` is error, warning or notice.

    ``file`` is empty where none is named, ``line`` and ``column`` (from 1) ``None``; ``title`` is
    what the step calls it, or a problem matcher's code.
    """

    level: str
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What one step did. ``conclusion`` is success, failure, skipped, excluded or cancelled.

    ``log`` is the step's masked output, ``log_sha256`` the hash of it, ``reason`` says why a step
    was excluded or did not start. ``annotations`` and ``summary`` (Markdown) are what the step told
    the runner for people, masked.
    """

    index: int
    name: str
    command: str | None
    conclusion: str
    exit_code: int | None
    seconds: float
    log: str
    log_sha256: str
    reason: str = ""
    annotations: tuple[Annotation, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a whole job did; ``failed`` is the first step whose failure fails the job."""

    steps: tuple[StepOutcome, ...]
    seconds: float

    @property
    def failed(self) -> StepOutcome | None:
        """The step that turned the job red, or ``None`` for a green job."""
        return next((s for s in self.steps if s.conclusion == "failure"), None)

    @property
    def green(self) -> bool:
        """Whether every step that had to pass did."""
        return self.failed is None

    @property
    def excluded(self) -> tuple[StepOutcome, ...]:
        """Steps that GitHub would run and regreen refuses to (publishing and the like)."""
        return tuple(s for s in self.steps if s.conclusion == "excluded")


@dataclass(frozen=True, slots=True)
class Reproduced:
    """The job fails here with all of CI's diagnostics; ``extra`` are those only seen here."""

    extra: tuple[Diagnostic, ...]
    failure: Failure
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class ReproducedAlone:
    """The job is red here, and there is no log to compare with."""

    failure: Failure
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class ReproducedDifferently:
    """The job is red here, but not with CI's failure; ``how`` says what differs."""

    how: str
    failure: Failure | None
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class Passed:
    """The job is green here, ``times`` times of as many."""

    times: int
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The job asks for what regreen cannot run; ``what`` names the feature and where it stands."""

    what: str


Reproduction = Reproduced | ReproducedAlone | ReproducedDifferently | Passed | Unsupported
