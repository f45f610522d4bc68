"""What a repository's workflows hold, and what of it can be run here: the list of its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Support(StrEnum):
    """Whether a job can be run here, from best to worst."""

    SUPPORTED = "supported"
    DIFFERS = "differs"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ListedLeg:
    """One combination of a job.

    ``name`` is what GitHub calls it; ``runner`` the label or image that it would run on. ``notes``
    say what is different here, ``reasons`` what cannot be run or is wrong, with file and line.
    """

    name: str
    support: Support
    combination: Mapping[str, str] = field(default_factory=dict)
    runner: str = ""
    notes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedJob:
    """One job of a workflow and its combinations; a job without a matrix has one."""

    id: str
    line: int
    needs: tuple[str, ...]
    legs: tuple[ListedLeg, ...]


@dataclass(frozen=True, slots=True)
class ListedWorkflow:
    """One workflow file; ``faults`` are why it is refused, each with line and column.

    ``events`` are what starts it.
    """

    path: str
    name: str
    events: tuple[str, ...] = ()
    jobs: tuple[ListedJob, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def supports(self) -> tuple[Support, ...]:
        """How each of its jobs' combinations is supported; a refused file counts as one."""
        if self.faults:
            return (Support.REFUSED,)
        return tuple(leg.support for job in self.jobs for leg in job.legs)
