"""Is the job green with these files? Asked again and again, of parts of a change."""

from __future__ import annotations

from dataclasses import dataclass, field

from regreen.errors import RegreenError
from regreen.git import Tree
from regreen.jobs.bring import DoesNotApply
from regreen.jobs.workshop import Workshop
from regreen.model import Category, JobOutcome
from regreen.verify.attempt import Bench
from regreen.verify.definition import defines_job
from regreen.verify.setting_up import must_set_up
from regreen.verify.stand import Stand
from regreen.verify.successors import successors


@dataclass(slots=True)
class Rerun:
    """Runs the job with other files from where it is certain that they count.

    ``stand`` is the red commit's; ``from_start`` when set-up must always be run again. ``most`` is
    how many runs there may be, besides the time that ``bench`` has left.
    """

    bench: Bench
    stand: Stand
    most: int
    from_start: bool = False
    runs: int = 0
    known: dict[str, bool] = field(default_factory=dict)

    def spent(self) -> bool:
        """Whether no further run is allowed."""
        return self.runs >= self.most or self.bench.left() <= 0

    def green(self, tree: Tree) -> bool:
        """Return whether the whole job is green with ``tree``; false too when all is spent."""
        if tree.sha not in self.known:
            if self.spent():
                return False
            self.runs += 1
            self.known[tree.sha] = self._green(tree)
        return self.known[tree.sha]

    def _green(self, tree: Tree) -> bool:
        workshop = self.stand.workshop
        try:
            if not defines_job(workshop.job, self.stand.tree, tree):
                return self._passes(workshop, self._outcome(tree))
            if self.bench.rehouse is None:
                return False
            workshop = self.bench.rehouse(tree)
            return self._passes(workshop, self._begun(workshop, tree))
        except (RegreenError, DoesNotApply):
            return False

    def _passes(self, workshop: Workshop, outcome: JobOutcome) -> bool:
        """Whether the job is green, and the step that failed is one of those that passed."""
        steps = self.stand.workshop.job.steps
        at = successors(steps, workshop.job.steps).get(self.stand.step.index)
        ran = next((one for one in outcome.steps if one.index == at), None)
        return outcome.green and ran is not None and ran.conclusion == "success"

    def _outcome(self, tree: Tree) -> JobOutcome:
        stand, workshop = self.stand, self.stand.workshop
        changed = tree.changed(stand.tree)
        again = must_set_up(workshop.job, stand.step, Category.UNKNOWN, changed, stand.tree)
        if self.from_start or again:
            return self._begun(workshop, tree)
        with workshop.resume(stand.checkpoint) as run:
            workshop.bring(run, stand.checkpoint, tree)
            return run.proceed(stop_at_failure=True, seconds=max(self.bench.left(), 1.0))

    def _begun(self, workshop: Workshop, tree: Tree) -> JobOutcome:
        commit = workshop.commit_of(self.bench.commit, tree)
        with workshop.fresh(commit, cached=True) as run:
            return run.proceed(stop_at_failure=True, seconds=max(self.bench.left(), 1.0))
