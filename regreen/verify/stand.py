"""How far a search has come, and what an idea can lead to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from regreen.git import Tree
from regreen.jobs import StepSpec
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import Advice, Category, Diagnostic, Ending, Failure, Idea, Severity, StepOutcome
from regreen.verify.reproduce import Attempt

_LONGEST = 160
_FIRST_ONLY = frozenset(
    {
        Category.DEPENDENCY_ISSUE,
        Category.BUILD_ERROR,
        Category.SYNTAX_ERROR,
        Category.CONFIGURATION_ERROR,
    }
)
"""What a tool reports one at a time, so that mending it uncovers the next of the same kind."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One idea that was kept: what it made of the files before it."""

    idea: Idea
    before: Tree
    after: Tree


@dataclass(frozen=True, slots=True)
class Stand:
    """How far the search has come: what was mended, and where the job fails now.

    ``workshop`` is what the job runs in; ``number`` the try that led here (``None``: the red
    commit).
    """

    tree: Tree
    workshop: Workshop
    checkpoint: Checkpoint
    step: StepSpec
    failures: tuple[Failure, ...]
    outcome: StepOutcome
    kept: tuple[Kept, ...] = ()
    number: int | None = None

    @property
    def fixers(self) -> tuple[str, ...]:
        """The fixers whose ideas led here."""
        return tuple(dict.fromkeys(kept.idea.fixer for kept in self.kept))


def red_stand(attempt: Attempt, workshop: Workshop, tree: Tree) -> Stand:
    """Return where a search begins: at the step that failed when the job was reproduced.

    ``attempt`` must be red and have a checkpoint; ``tree`` are the red commit's files.
    """
    assert attempt.failed is not None
    assert attempt.checkpoint is not None
    step = workshop.job.steps[attempt.failed.index]
    return Stand(tree, workshop, attempt.checkpoint, step, attempt.failures, attempt.failed)


@dataclass(frozen=True, slots=True)
class Dropped:
    """An idea that is not kept; ``ran`` when the job was run with it.

    ``refused`` when it is not honest.
    """

    reason: str
    ending: Ending
    ran: bool = False

    @property
    def refused(self) -> bool:
        """Whether it was not honest."""
        return self.ending is Ending.REFUSED


@dataclass(frozen=True, slots=True)
class Advanced:
    """The job comes further with the idea; ``snapshots`` removes what ``stand`` starts from."""

    stand: Stand
    snapshots: ExitStack


@dataclass(frozen=True, slots=True)
class Green:
    """The job is green in ``workshop`` with the files of ``tree``."""

    tree: Tree
    workshop: Workshop
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Twin:
    """An idea before this one makes the same files."""


@dataclass(frozen=True, slots=True)
class Told:
    """An idea that is for people only."""

    advice: Advice


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the idea at place ``number`` (in the order of the ideas of one stand)."""

    number: int
    idea: Idea
    failure: Failure
    tree: Tree | None
    ending: Dropped | Advanced | Green | Twin | Told
    seconds: float = 0.0

    def drop(self) -> None:
        """Remove what was kept of it."""
        if isinstance(self.ending, Advanced):
            self.ending.snapshots.close()


def severity_of(idea: Idea) -> Severity:
    """Return how much review an idea asks for at least."""
    return Severity(idea.severity)


def exceeds(severity: Severity, allowed: Severity) -> bool:
    """Whether ``severity`` asks for more review than is ``allowed``; critical always does."""
    order = list(Severity)
    return severity is Severity.CRITICAL or order.index(severity) > order.index(allowed)


def kind(failure: Failure) -> str:
    """Return in words what kind of failure it is."""
    return f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)


def left_of(failure: Failure, failures: tuple[Failure, ...]) -> int:
    """Return how many diagnostics of the kind of ``failure`` are among ``failures``."""
    return sum(len(f.diagnostics) or 1 for f in failures if _same_kind(f, failure))


def progress(failure: Failure, before: int, now: int, failures: tuple[Failure, ...]) -> bool:
    """Say whether working on ``failure`` brought the job further.

    ``before`` and ``now`` are the positions of the failing steps, ``failures`` what fails now. A
    later step fails; or the failure is gone, or has fewer diagnostics; or what a tool names one at
    a time is another one now.
    """
    if now != before:
        return now > before
    left = left_of(failure, failures)
    if left == 0:
        return True
    had = len(failure.diagnostics) or 1
    if left < had:
        return True
    same = [f for f in failures if _same_kind(f, failure)]
    items = frozenset[tuple[str | None, str | None, str]]().union(
        *(f.signature.items for f in same)
    )
    another = bool(items) and not items & failure.signature.items
    return failure.category in _FIRST_ONLY and another and left == had


def stuck(failure: Failure, failed: StepOutcome, failures: Sequence[Failure]) -> str:
    """Say what a try without progress ran into: another error by its first line, or the same one.

    ``failure`` is what it was to mend, ``failures`` what the step ``failed`` shows with it.
    """
    tool = failures[0].tool or failures[0].category if failures else "it"
    ended = f"the step {failed.name!r} still fails ({tool}, exit code {failed.exit_code})"
    known = failure.signature.items
    new = (d for one in failures for d in one.diagnostics if d.key not in known)
    return f"it runs into {_told(met)}; {ended}" if (met := next(new, None)) else ended


def _told(one: Diagnostic) -> str:
    place = f"{one.file}{f':{one.line}' if one.line else ''}: " if one.file else ""
    words = " ".join((f"{one.code} " if one.code else "", one.message)).split()
    said = f"{place}{' '.join(words)}"
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def _same_kind(one: Failure, other: Failure) -> bool:
    return (one.category, one.tool) == (other.category, other.tool)
