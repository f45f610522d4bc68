"""One candidate: what it makes of the files, whether that is honest, and where the job then fails.

A try starts from the snapshot before the failing step, so it costs that step and no more; an idea
that set-up must see (a declared dependency) runs the job from its start. Several may be made at
once, each in sandboxes of its own; nothing here changes what another one sees.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from regreen.git import Scratch, Tree
from regreen.jobs import StepSpec
from regreen.jobs.bring import DoesNotApply
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import Edit, Failure, Proposal, Scope, StepOutcome, ToolRun
from regreen.report import Reporter
from regreen.verify.checkpoints import Checkpoints
from regreen.verify.equivalence import oversteps
from regreen.verify.guard import objections
from regreen.verify.ordered import Stop
from regreen.verify.toolrun import Refused, run_tool


@dataclass(frozen=True, slots=True)
class Stand:
    """How far the search has come: what was mended, and where the job fails now."""

    tree: Tree
    checkpoint: Checkpoint
    step: StepSpec
    failures: tuple[Failure, ...]
    outcome: StepOutcome
    fixers: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """An idea that is not kept; ``ran`` when the job was run with it.

    ``refused`` when it is not honest.
    """

    reason: str
    ran: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Advanced:
    """The job comes further with the idea; ``snapshots`` removes what ``stand`` starts from."""

    stand: Stand
    snapshots: ExitStack


@dataclass(frozen=True, slots=True)
class Green:
    """The job is green with the files of ``tree``."""

    tree: Tree
    fixers: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Twin:
    """An idea before this one makes the same files."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the idea at place ``number`` (in the order of the fixers)."""

    number: int
    fixer: str
    tree: Tree | None
    ending: Dropped | Advanced | Green | Twin

    def drop(self) -> None:
        """Remove what was kept of it."""
        if isinstance(self.ending, Advanced):
            self.ending.snapshots.close()


class Claims:
    """Who in the order of ideas was the first to make which files."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: dict[str, int] = {}

    def is_first(self, number: int, tree: Tree) -> bool:
        """Note that idea ``number`` makes ``tree``; say whether none before it is known to."""
        with self._lock:
            first = min(number, self._first.get(tree.sha, number))
            self._first[tree.sha] = first
            return first == number


@dataclass(frozen=True, slots=True)
class Bench:
    """What every candidate of one search works with; ``deadline`` is on the monotonic clock."""

    workshop: Workshop
    scratch: Scratch
    base: Tree
    commit: str
    deadline: float

    def left(self) -> float:
        """Return the seconds that are left of the budget."""
        return self.deadline - time.monotonic()


@dataclass(slots=True)
class Candidate:
    """One idea for one failure, at its place in the order of ideas."""

    bench: Bench
    stand: Stand
    failure: Failure
    proposal: Proposal
    number: int
    claims: Claims
    reporter: Reporter
    stop: Stop = field(default_factory=Stop)

    def attempt(self, stop: Stop) -> Tried:
        """Try the idea. Raises Stopped as soon as ``stop`` says so, and what the sandbox raises."""
        self.stop = stop
        self.reporter.note(f"trying {self.proposal.fixer}")
        tree = self._files()
        if isinstance(tree, Dropped):
            return self._tried(None, tree)
        if not self.claims.is_first(self.number, tree):
            return self._tried(tree, Twin())
        if reasons := (*objections(self.bench.base, tree), *self._oversteps(tree)):
            return self._tried(tree, Dropped("; ".join(reasons[:3]), refused=True))
        try:
            return self._tried(tree, self._run(tree))
        except DoesNotApply as error:
            return self._tried(tree, Dropped(error.message))

    def _tried(self, tree: Tree | None, ending: Dropped | Advanced | Green | Twin) -> Tried:
        return Tried(self.number, self.proposal.fixer, tree, ending)

    @property
    def _workshop(self) -> Workshop:
        """The workshop, with this candidate's own reporter.

        Its sandboxes go away as soon as this candidate is not wanted.
        """
        self.stop.check()
        shared = self.bench.workshop
        setting = replace(shared.setting, reporter=self.reporter)
        return replace(shared.held(self.stop.holding), setting=setting)

    def _files(self) -> Tree | Dropped:
        """Return the files as the idea would have them."""
        stand, scratch, proposal = self.stand, self.bench.scratch, self.proposal
        if isinstance(proposal, Edit):
            return scratch.replace(stand.tree, proposal.files)
        workshop = self._workshop
        with workshop.resume(stand.checkpoint) as run:
            workshop.bring(run, stand.checkpoint, stand.tree)
            seconds = max(self.bench.left(), 1.0)
            tree = run_tool(
                run, stand.step, proposal, stand.tree, seconds=seconds, output=stand.outcome.log
            )
        if isinstance(tree, Refused):
            return Dropped(tree.reason)
        return Dropped("it changes nothing") if tree == stand.tree else tree

    def _oversteps(self, tree: Tree) -> tuple[str, ...]:
        scope = self.proposal.scope if isinstance(self.proposal, ToolRun) else Scope.CODE
        return oversteps(self.stand.tree, tree, scope)

    def _run(self, tree: Tree) -> Dropped | Advanced | Green:
        """Run the job with the idea applied, and say where that leads."""
        with ExitStack() as kept:
            ending = self._judged(tree, kept)
            if isinstance(ending, Stand):
                return Advanced(ending, kept.pop_all())
            return ending

    def _judged(self, tree: Tree, kept: ExitStack) -> Dropped | Stand | Green:
        stand, workshop = self.stand, self._workshop
        with ExitStack() as sandboxes:
            if isinstance(self.proposal, Edit) and self.proposal.from_start:
                commit = workshop.commit_of(self.bench.commit, tree)
                checkpoints = Checkpoints(workshop, tree, kept)
                run = sandboxes.enter_context(workshop.fresh(commit, cached=True))
            else:
                checkpoints = Checkpoints(workshop, tree, kept, stand.checkpoint)
                run = sandboxes.enter_context(workshop.resume(stand.checkpoint))
                workshop.bring(run, stand.checkpoint, tree)
            seconds = max(self.bench.left(), 1.0)
            outcome = checkpoints.run(run, first=stand.step.index, seconds=seconds)
        self.stop.check()
        ran = next((s for s in outcome.steps if s.index == stand.step.index), None)
        if ran is not None and ran.conclusion == "skipped":
            return Dropped(f"with it the step {ran.name!r} is not run at all", ran=True)
        if outcome.failed is None:
            return Green(tree, *self._mended())
        failures = workshop.failures(outcome.failed)
        step = workshop.job.steps[outcome.failed.index]
        last = checkpoints.last
        if last is None or not _progress(stand, self.failure, step, failures):
            return Dropped(_no_progress(outcome.failed, failures), ran=True)
        return Stand(tree, last, step, failures, outcome.failed, *self._mended())

    def _mended(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The fixers and reasons so far, this idea's with them."""
        stand, proposal = self.stand, self.proposal
        return (*stand.fixers, proposal.fixer), (*stand.why, proposal.why)


def _progress(stand: Stand, failure: Failure, step: StepSpec, failures: Sequence[Failure]) -> bool:
    """A later step fails, or the failure that was worked on has become smaller or is gone."""
    if step.index != stand.step.index:
        return step.index > stand.step.index
    kind = (failure.category, failure.tool)
    left = [f for f in failures if (f.category, f.tool) == kind]
    before, after = failure.signature.items, frozenset().union(*(f.signature.items for f in left))
    return not left or (bool(before) and after < before)


def _no_progress(failed: StepOutcome, failures: Sequence[Failure]) -> str:
    tool = failures[0].tool or failures[0].category if failures else "it"
    return f"the step {failed.name!r} still fails ({tool}, exit code {failed.exit_code})"
