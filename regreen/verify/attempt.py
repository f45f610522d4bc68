"""One candidate: what it makes of the files, whether that is honest, and where the job then fails.

A try starts from the snapshot before the failing step, so it costs that step and no more; an idea
that set-up must see (a declared dependency) runs the job from its start, and one that changes the
definition of the job runs the job that this makes. Several may be made at once, each in sandboxes
of its own; nothing here changes what another one sees.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from regreen.errors import RegreenError
from regreen.git import Scratch, Tree
from regreen.jobs.bring import DoesNotApply
from regreen.jobs.workshop import Workshop
from regreen.model import (
    Advice,
    Edit,
    Ending,
    Failure,
    Idea,
    JobOutcome,
    Probe,
    Scope,
    Severity,
    ToolRun,
)
from regreen.report import Reporter
from regreen.verify.checkpoints import Checkpoints
from regreen.verify.definition import defines_job
from regreen.verify.equivalence import oversteps
from regreen.verify.guard import objections
from regreen.verify.ordered import Stop
from regreen.verify.setting_up import must_set_up
from regreen.verify.stand import (
    Advanced,
    Dropped,
    Green,
    Kept,
    Stand,
    Told,
    Tried,
    Twin,
    exceeds,
    left_of,
    progress,
    severity_of,
    stuck,
)
from regreen.verify.successors import successors
from regreen.verify.toolrun import Refused, ask, run_tool

Rehouse = Callable[[Tree], Workshop]
"""Plans the job anew from these files, and gives what it is run in. Raises RegreenError."""


class Claims:
    """Who in the order of ideas was the first to make which files."""

    def __init__(self, settled: frozenset[str] = frozenset()) -> None:
        """Begin with the trees (ids) that were tried before these ideas."""
        self._lock = threading.Lock()
        self._first = dict.fromkeys(settled, -1)

    def is_first(self, number: int, tree: Tree) -> bool:
        """Note that idea ``number`` makes ``tree``; say whether none before it is known to."""
        with self._lock:
            first = min(number, self._first.get(tree.sha, number))
            self._first[tree.sha] = first
            return first == number


@dataclass(slots=True)
class Clock:
    """When the budget of a search ends, on the monotonic clock."""

    deadline: float

    def wait(self, seconds: float) -> None:
        """Let the budget wait for work that is none of the search's."""
        self.deadline += seconds

    def end(self) -> None:
        """Let the budget end now."""
        self.deadline = time.monotonic()


@dataclass(frozen=True, slots=True)
class Bench:
    """What every candidate of one search works with.

    Ideas above the severity ``allow`` are not tried. ``rehouse`` plans the job anew where an idea
    changes its definition (``None``: such ideas are not tried). ``excuses`` says of failures that
    they are not the commit's doing.
    """

    workshop: Workshop
    scratch: Scratch
    base: Tree
    commit: str
    clock: Clock
    allow: Severity = Severity.MEDIUM
    rehouse: Rehouse | None = None
    excuses: Callable[[Sequence[Failure]], bool] | None = None

    @classmethod
    def of(cls, workshop: Workshop, scratch: Scratch, commit: str, seconds: float) -> Bench:
        """Return a bench for the red ``commit`` and a search of ``seconds`` from now."""
        clock = Clock(time.monotonic() + seconds)
        return cls(workshop, scratch, scratch.tree(commit), commit, clock)

    def left(self) -> float:
        """Return the seconds that are left of the budget."""
        return self.clock.deadline - time.monotonic()


@dataclass(slots=True)
class Candidate:
    """One idea for one failure, at its place in the order of ideas."""

    bench: Bench
    stand: Stand
    failure: Failure
    idea: Idea
    number: int
    claims: Claims
    reporter: Reporter
    stop: Stop = field(default_factory=Stop)
    begun: float = 0.0

    def attempt(self, stop: Stop) -> Tried:
        """Try the idea. Raises Stopped as soon as ``stop`` says so, and what the sandbox raises."""
        self.stop, self.begun = stop, time.monotonic()
        if isinstance(self.idea, Advice):
            return self._tried(None, Told(self.idea))
        severity = severity_of(self.idea)
        if exceeds(severity, self.bench.allow):
            words = f"its severity is {severity}, and no more than {self.bench.allow} is allowed"
            return self._tried(None, Dropped(words, Ending.HELD_BACK))
        self.reporter.note(f"trying {self.idea.fixer}")
        tree = self._files()
        if isinstance(tree, Dropped):
            return self._tried(None, tree)
        if not self.claims.is_first(self.number, tree):
            return self._tried(tree, Twin())
        if reasons := (*objections(self.bench.base, tree), *self._oversteps(tree)):
            return self._tried(tree, Dropped("; ".join(reasons[:3]), Ending.REFUSED))
        try:
            return self._tried(tree, self._run(tree))
        except DoesNotApply as error:
            return self._tried(tree, Dropped(error.message, Ending.FAILED))

    def _tried(self, tree: Tree | None, ending: Dropped | Advanced | Green | Twin | Told) -> Tried:
        seconds = time.monotonic() - self.begun
        return Tried(self.number, self.idea, self.failure, tree, ending, seconds)

    def _held(self, workshop: Workshop) -> Workshop:
        """Return the workshop with this candidate's own reporter.

        Its sandboxes go away as soon as this candidate is not wanted.
        """
        self.stop.check()
        setting = replace(workshop.setting, reporter=self.reporter)
        return replace(workshop.held(self.stop.holding), setting=setting)

    def _files(self) -> Tree | Dropped:
        """Return the files as the idea would have them."""
        stand, scratch, idea = self.stand, self.bench.scratch, self.idea
        if isinstance(idea, Edit):
            tree = scratch.replace(stand.tree, idea.files, idea.executable)
            return _unless_same(tree, stand.tree)
        assert isinstance(idea, ToolRun)
        workshop = self._held(stand.workshop)
        with workshop.resume(stand.checkpoint) as run:
            workshop.bring(run, stand.checkpoint, stand.tree)
            seconds = max(self.bench.left(), 1.0)
            made = run_tool(
                run, stand.step, idea, stand.tree, seconds=seconds, output=stand.outcome.log
            )
        if isinstance(made, Refused):
            return Dropped(made.reason, Ending.FAILED)
        return _unless_same(made, stand.tree)

    def _oversteps(self, tree: Tree) -> tuple[str, ...]:
        scope = self.idea.scope if isinstance(self.idea, ToolRun) else Scope.CODE
        return oversteps(self.stand.tree, tree, scope)

    def _run(self, tree: Tree) -> Dropped | Advanced | Green:
        """Run the job with the idea applied, and say where that leads."""
        shared = self.stand.workshop
        if defines_job(shared.job, self.stand.tree, tree):
            if self.bench.rehouse is None:
                return Dropped("it changes the definition of the job", Ending.FAILED)
            try:
                shared = self.bench.rehouse(tree)
            except RegreenError as error:
                words = f"the job that it makes cannot be run: {error.message}"
                return Dropped(words, Ending.FAILED)
        with ExitStack() as kept:
            ending = self._judged(tree, shared, kept)
            if isinstance(ending, Stand):
                return Advanced(ending, kept.pop_all())
            return ending

    def _judged(self, tree: Tree, shared: Workshop, kept: ExitStack) -> Dropped | Stand | Green:
        stand, workshop = self.stand, self._held(shared)
        same = shared is stand.workshop
        at: int | None = stand.step.index
        if not same:
            at = successors(stand.workshop.job.steps, shared.job.steps).get(stand.step.index)
        if at is None:
            return Dropped(f"with it the step {stand.step.title!r} is gone", Ending.REFUSED)
        from_start = self._from_start(tree)
        with ExitStack() as sandboxes:
            if from_start or not same:
                commit = workshop.commit_of(self.bench.commit, tree)
                checkpoints = Checkpoints(workshop, tree, kept)
                run = sandboxes.enter_context(workshop.fresh(commit, cached=True))
            else:
                checkpoints = Checkpoints(workshop, tree, kept, stand.checkpoint)
                run = sandboxes.enter_context(workshop.resume(stand.checkpoint))
                workshop.bring(run, stand.checkpoint, tree)
            seconds = max(self.bench.left(), 1.0)
            outcome = checkpoints.run(run, first=at, seconds=seconds)
        self.stop.check()
        return self._ended(tree, shared, at, outcome, checkpoints)

    def _from_start(self, tree: Tree) -> bool:
        """Whether set-up must see the idea: its fixer says so, or earlier steps read the files."""
        if isinstance(self.idea, Edit | ToolRun) and self.idea.from_start:
            return True
        stand = self.stand
        changed = tree.changed(stand.checkpoint.tree)
        job, category = stand.workshop.job, self.failure.category
        return must_set_up(job, stand.step, category, changed, stand.tree)

    def _ended(
        self, tree: Tree, shared: Workshop, at: int, outcome: JobOutcome, checkpoints: Checkpoints
    ) -> Dropped | Stand | Green:
        ran = next((s for s in outcome.steps if s.index == at), None)
        if ran is not None and ran.conclusion == "skipped":
            words = f"with it the step {ran.name!r} is not run at all"
            return Dropped(words, Ending.REFUSED, ran=True)
        kept = (*self.stand.kept, Kept(self.idea, self.stand.tree, tree))
        if outcome.failed is None:
            return Green(tree, shared, kept)
        failures = shared.failures(outcome.failed)
        if self.bench.excuses is not None and self.bench.excuses(failures):
            return Green(tree, shared, kept)
        step = shared.job.steps[outcome.failed.index]
        last = checkpoints.last
        if last is None or not progress(self.failure, at, step.index, failures):
            return Dropped(
                stuck(self.failure, outcome.failed, failures), Ending.NO_PROGRESS, ran=True
            )
        return Stand(tree, shared, last, step, failures, outcome.failed, kept)


def question(bench: Bench, stand: Stand, probe: Probe) -> str | None:
    """Run a probe's command where its failing step is, and return what it printed, masked.

    ``None`` when the budget is spent, or the command cannot be run.
    """
    if bench.left() <= 0 or exceeds(probe.severity, bench.allow):
        return None
    workshop = stand.workshop
    with workshop.resume(stand.checkpoint) as run:
        workshop.bring(run, stand.checkpoint, stand.tree)
        return ask(run, stand.step, probe, seconds=bench.left(), output=stand.outcome.log)


def left_after(tried: Tried) -> int | None:
    """Return how many diagnostics of the kind that was worked on are left behind a try."""
    match tried.ending:
        case Green():
            return 0
        case Advanced(stand, _):
            return left_of(tried.failure, stand.failures)
    return None


def _unless_same(tree: Tree, before: Tree) -> Tree | Dropped:
    return Dropped("it changes nothing", Ending.CHANGES_NOTHING) if tree == before else tree
