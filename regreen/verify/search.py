"""Which ideas mend the job: try them in copies of the sandbox, keep what makes progress, go on.

A try starts from the snapshot before the failing step, so it costs that step and no more; an idea
that set-up must see (a declared dependency) runs the job from its start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from regreen.errors import UsageError
from regreen.git import Scratch, Tree
from regreen.jobs import StepSpec
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import (
    Budget,
    Edit,
    Failure,
    Patch,
    Proposal,
    Rejected,
    Scope,
    StepOutcome,
    ToolRun,
)
from regreen.report import Reporter
from regreen.scene import Scene
from regreen.verify.checkpoints import Checkpoints
from regreen.verify.equivalence import oversteps
from regreen.verify.guard import objections
from regreen.verify.toolrun import run_tool

Ideas = Callable[[Sequence[Failure], Scene], Iterable[tuple[Failure, Proposal]]]


@dataclass(frozen=True, slots=True)
class Found:
    """Fixes after which the job passed once; not yet proven."""

    patch: Patch
    tree: Tree
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class NothingFound:
    """No idea turned the job green.

    ``refused`` when one would have, but was not honest; ``spent`` when the budget ended the search.
    """

    reason: str
    rejected: tuple[Rejected, ...]
    refused: bool
    spent: bool


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


@dataclass(slots=True)
class Search:
    """One search: what it works with, what it has spent, what it refused."""

    ideas: Ideas
    workshop: Workshop
    scratch: Scratch
    base: Tree
    commit: str
    budget: Budget
    reporter: Reporter
    deadline: float
    tries: int = 0
    refused: bool = False
    rejected: list[Rejected] = field(default_factory=list)

    def left(self) -> float:
        """Return the seconds that are left of the budget."""
        return self.deadline - time.monotonic()

    def spent(self) -> str | None:
        """Say what is used up, if anything is."""
        if self.left() <= 0:
            return f"the budget of {self.budget.seconds:.0f} s is spent"
        if self.tries >= self.budget.tries:
            return f"the budget of {self.budget.tries} tries is spent"
        return None

    def reject(self, fixer: str, reason: str) -> None:
        """Remember an idea that was not kept."""
        self.rejected.append(Rejected(fixer, reason))
        self.reporter.note(f"{fixer}: {reason}")


def search(
    ideas: Ideas,
    workshop: Workshop,
    scratch: Scratch,
    *,
    commit: str,
    checkpoint: Checkpoint,
    failures: Sequence[Failure],
    outcome: StepOutcome,
    budget: Budget,
    reporter: Reporter,
) -> Found | NothingFound:
    """Look for fixes that turn the job green, from the checkpoint before its failing step.

    ``ideas`` are the fixers; ``failures`` are what the failing step reported, the cause first.
    """
    base = scratch.tree(commit)
    step = workshop.job.steps[outcome.index]
    work = Search(
        ideas, workshop, scratch, base, commit, budget, reporter, time.monotonic() + budget.seconds
    )
    with ExitStack() as snapshots:
        stand = Stand(base, checkpoint, step, tuple(failures), outcome)
        while True:
            if (spent := work.spent()) is not None:
                return _nothing(work, spent)
            following = _advance(work, stand, snapshots)
            if following is None:
                return _nothing(work, _stuck(stand))
            if isinstance(following, Found):
                return following
            stand = following


def _nothing(work: Search, reason: str) -> NothingFound:
    return NothingFound(reason, tuple(work.rejected), work.refused, work.spent() is not None)


def _stuck(stand: Stand) -> str:
    failure = stand.failures[0]
    kind = f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)
    done = f"after {', '.join(dict.fromkeys(stand.fixers))} " if stand.fixers else ""
    return f"{done}no fixer mends {kind} in step {stand.outcome.name!r}"


def _advance(work: Search, stand: Stand, snapshots: ExitStack) -> Stand | Found | None:
    """Try the ideas for where the job stands; return the first that makes progress."""
    seen: set[str] = set()
    for failure, proposal in work.ideas(stand.failures, _scene(work, stand)):
        if work.spent() is not None:
            return None
        tree = _candidate(work, stand, proposal)
        if tree is None or tree.sha in seen:
            continue
        seen.add(tree.sha)
        if reasons := (*objections(work.base, tree), *_oversteps(stand, proposal, tree)):
            work.refused = True
            work.reject(proposal.fixer, "; ".join(reasons[:3]))
            continue
        following = _attempt(work, stand, failure, proposal, tree, snapshots)
        if following is not None:
            return following
    return None


def _scene(work: Search, stand: Stand) -> Scene:
    job = work.workshop.job
    installs = tuple(s.run for s in job.steps[: stand.step.index + 1] if s.run is not None)
    return Scene(
        files=stand.tree,
        script=stand.outcome.command or "",
        output=stand.outcome.log,
        directory=stand.checkpoint.directory,
        installs=installs,
    )


def _candidate(work: Search, stand: Stand, proposal: Proposal) -> Tree | None:
    """Return the files as an idea would have them; ``None`` when it changes nothing."""
    work.reporter.note(f"trying {proposal.fixer}")
    if isinstance(proposal, Edit):
        return work.scratch.replace(stand.tree, proposal.files)
    with work.workshop.resume(stand.checkpoint) as run:
        work.workshop.bring(run, stand.checkpoint, stand.tree)
        diff = run_tool(run, stand.step, proposal, max(work.left(), 1.0))
    if not diff:
        work.reject(proposal.fixer, "it changes nothing")
        return None
    try:
        return work.scratch.apply(stand.tree, diff)
    except UsageError as error:
        work.reject(proposal.fixer, f"what it changes does not fit the commit: {error.message}")
        return None


def _oversteps(stand: Stand, proposal: Proposal, tree: Tree) -> tuple[str, ...]:
    scope = proposal.scope if isinstance(proposal, ToolRun) else Scope.CODE
    return oversteps(stand.tree, tree, scope)


def _attempt(
    work: Search,
    stand: Stand,
    failure: Failure,
    proposal: Proposal,
    tree: Tree,
    snapshots: ExitStack,
) -> Stand | Found | None:
    """Run the job with the idea applied, and say where that leads."""
    work.tries += 1
    fixers, why = (*stand.fixers, proposal.fixer), (*stand.why, proposal.why)
    with ExitStack() as kept, ExitStack() as sandboxes:
        if isinstance(proposal, Edit) and proposal.from_start:
            commit = work.workshop.commit_of(work.commit, tree)
            checkpoints = Checkpoints(work.workshop, tree, kept)
            run = sandboxes.enter_context(work.workshop.fresh(commit))
        else:
            checkpoints = Checkpoints(work.workshop, tree, kept, stand.checkpoint)
            run = sandboxes.enter_context(work.workshop.resume(stand.checkpoint))
            work.workshop.bring(run, stand.checkpoint, tree)
        outcome = checkpoints.run(run, first=stand.step.index, seconds=max(work.left(), 1.0))
        ran = next((s for s in outcome.steps if s.index == stand.step.index), None)
        if ran is not None and ran.conclusion == "skipped":
            work.reject(proposal.fixer, f"with it the step {ran.name!r} is not run at all")
            return None
        if outcome.failed is None:
            return Found(_patch(work, tree, fixers, why), tree, tuple(work.rejected))
        last, failed = checkpoints.last, outcome.failed
        step = work.workshop.job.steps[failed.index]
        failures = work.workshop.failures(failed)
        if last is None or not _progress(stand, failure, step, failures):
            work.reject(proposal.fixer, _no_progress(failed, failures))
            return None
        if checkpoints.made_one:
            snapshots.push(kept.pop_all())
        return Stand(tree, last, step, failures, failed, fixers, why)


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


def _patch(work: Search, tree: Tree, fixers: tuple[str, ...], why: tuple[str, ...]) -> Patch:
    return Patch(
        diff=work.scratch.diff(work.base, tree),
        fixers=tuple(dict.fromkeys(fixers)),
        why=tuple(dict.fromkeys(why)),
        files=tree.changed(work.base),
    )
