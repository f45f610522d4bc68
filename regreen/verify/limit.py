"""How long a verification may take, all of it together."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from regreen.jobs.runner import JobRun
from regreen.jobs.workshop import Workshop
from regreen.model import JobOutcome


class LimitSpent(Exception):
    """The time for the verification is over."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``seconds`` in all; ``deadline`` is on the monotonic clock."""

    seconds: float
    deadline: float

    @classmethod
    def begin(cls, seconds: float) -> Limit:
        """Return the limit of what begins now."""
        return cls(seconds, time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.deadline - time.monotonic()

    def run(
        self,
        workshop: Workshop,
        commit: str,
        *,
        stop_at_failure: bool,
        today: bool = False,
        behind: Callable[[JobRun, JobOutcome], None] | None = None,
        held: ExitStack | None = None,
    ) -> JobOutcome:
        """Run the job at ``commit`` in a fresh sandbox that no job's cache is in.

        ``behind`` may look at the sandbox when the run is over; with ``held`` the sandbox stays
        until that is closed. Raises LimitSpent when there is no time for it: a run that was cut off
        proves nothing.
        """
        if self.left() <= 0:
            raise LimitSpent
        with ExitStack() as own:
            run = (held or own).enter_context(workshop.fresh(commit, today=today))
            outcome = run.proceed(stop_at_failure=stop_at_failure, seconds=max(self.left(), 1.0))
            if self.left() <= 0 and not outcome.green:
                raise LimitSpent
            if behind is not None:
                behind(run, outcome)
        return outcome
