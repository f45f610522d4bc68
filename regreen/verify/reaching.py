"""Do the tests that vouch for a patch reach what it changes? Watched once for each patch.

Watching is no part of the proof: it uses sandboxes that the proof has done with, and the time that
is left. The failing job's own sandbox is kept for it until all else is decided.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from regreen.jobs.runner import JobRun
from regreen.model import Coverage, JobOutcome
from regreen.report import Reporter
from regreen.verify.counts import passed
from regreen.verify.limit import Limit
from regreen.verify.watching import Seen, Wanted, coverage, watch

_SHARE = 1 / 3
"""How much of the time that is left one of several jobs may be watched."""
_NAMED = 5
_STAGE = "Watch which changed lines the tests reach"


@dataclass(slots=True)
class Reaching:
    """Watches the tests of jobs that vouch; ``held`` keeps the sandbox that is watched last."""

    wanted: Wanted
    limit: Limit
    reporter: Reporter
    held: ExitStack
    _seen: list[tuple[str, Seen]] = field(default_factory=list)
    _own: tuple[JobRun, JobOutcome] | None = None

    def hold(self, run: JobRun, outcome: JobOutcome) -> None:
        """Keep the failing job's own run for later, where it ran tests that may be watched."""
        if self.wanted and any(passed(step.log) for step in outcome.steps):
            self._own = run, outcome
        else:
            self.held.close()

    def beside(self, run: JobRun, outcome: JobOutcome) -> None:
        """Watch the tests of another job that vouches, unless all is known to be reached."""
        if not self.wanted:
            return
        if self._seen and self._so_far().reached == self._so_far().changed:
            return
        self._watch(run, outcome, self.limit.left() * _SHARE)

    def own(self) -> None:
        """Watch the tests of the failing job itself, now that nothing else needs the time."""
        if self._own is not None:
            self._watch(*self._own, self.limit.left())

    def found(self) -> Coverage | None:
        """Return what the tests reached; ``None`` where there is nothing that they could reach."""
        return self._so_far() if self._seen else None

    def in_vain(self) -> str:
        """Say that no test reaches any changed line, where that is so; empty where it is not."""
        found = self.found()
        if found is None or not found.in_vain:
            return ""
        places = [f"{path}:{line}" for path, lines in found.missed.items() for line in lines]
        more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
        return f"no test of {', '.join(found.jobs)} reaches {', '.join(places[:_NAMED])}{more}"

    def _so_far(self) -> Coverage:
        return coverage(self.wanted, self._seen)

    def _watch(self, run: JobRun, outcome: JobOutcome, seconds: float) -> None:
        self.reporter.stage(_STAGE)
        seen = watch(run, outcome, self.wanted, seconds) if self.wanted.files else Seen()
        self._seen.append((run.job.name, seen))
        so_far = self._so_far()
        words = f"changed lines reached: {so_far.reached} of {so_far.changed}"
        self.reporter.note(f"{words}{f'; {so_far.reason}' if so_far.reason else ''}")
