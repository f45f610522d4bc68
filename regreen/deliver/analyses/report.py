"""The values that the forms of a report are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regreen.model import Analysis, Failure, Signature


@dataclass(frozen=True, slots=True)
class Spot:
    """One log and what it says.

    ``name`` is how a person calls it: the log's path, or the job's name in a pulled run; ``job``
    the job as its run names it, ``None`` where only the log can tell; ``path`` is where the log
    lies, ``None`` for one that came through a pipe.
    """

    name: str
    analysis: Analysis
    job: str | None = None
    path: str | None = None

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The cause and what failed beside it."""
        cause = self.analysis.failure
        return (cause, *self.analysis.also) if cause else ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A log that was not analysed, and why; ``broken``: it should have been, but could not be."""

    name: str
    reason: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one log, in the failed jobs of a run, or in a folder of logs.

    ``source`` is what the user named; ``kind`` is ``log``, ``run`` or ``folder``; ``workflow``,
    ``job`` and ``step`` are the user's words or the run's, ``workflow_file`` the workflow's path in
    the repository where it is known; ``url`` and ``provider`` are a pulled run's.
    """

    source: str
    kind: str
    spots: tuple[Spot, ...]
    skipped: tuple[Skipped, ...] = ()
    workflow: str | None = None
    job: str | None = None
    step: str | None = None
    workflow_file: str | None = None
    url: str | None = None
    provider: str | None = None

    @property
    def red(self) -> tuple[Spot, ...]:
        """The logs that show a failure."""
        return tuple(spot for spot in self.spots if spot.analysis.failure is not None)

    @property
    def causes(self) -> tuple[Failure, ...]:
        """The cause of each log that shows a failure."""
        return tuple(f for spot in self.red if (f := spot.analysis.failure) is not None)

    @property
    def broken(self) -> tuple[Skipped, ...]:
        """The logs that could not be read although they should have been."""
        return tuple(skipped for skipped in self.skipped if skipped.broken)

    def failures(self) -> Iterator[tuple[Spot, Failure]]:
        """Every failure with the log that shows it, causes before what failed beside them."""
        for spot in self.red:
            for failure in spot.failures:
                yield spot, failure

    def same(self) -> list[list[Spot]]:
        """Logs whose causes have equal signatures, the largest groups first.

        A signature without any item says too little to call two failures the same.
        """
        groups: dict[Signature, list[Spot]] = {}
        for spot in self.red:
            failure = spot.analysis.failure
            if failure is not None and failure.signature.items:
                groups.setdefault(failure.signature, []).append(spot)
        several = [group for group in groups.values() if len(group) > 1]
        return sorted(several, key=lambda group: (-len(group), group[0].name))


def of_one(analysis: Analysis) -> Report:
    """Return the report of one log whose name does not matter."""
    return Report("", "log", (Spot("", analysis),))
