"""Which ideas mend the job: try them in copies of the sandbox, keep what makes progress, go on.

Several are tried at once, each in a sandbox of its own. The first in the order of the fixers that
makes progress is kept, whichever ends first; tries and reasons are counted in that order too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import assert_never

from regreen.git import Scratch, Tree
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import Budget, Failure, Patch, Proposal, Rejected, StepOutcome
from regreen.report import Reporter
from regreen.scene import Scene
from regreen.verify.attempt import (
    Advanced,
    Bench,
    Candidate,
    Claims,
    Dropped,
    Green,
    Stand,
    Tried,
    Twin,
)
from regreen.verify.ordered import Line, Stop
from regreen.verify.room import side_by_side
from regreen.verify.turns import Turns

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


@dataclass(slots=True)
class Search:
    """One search: what it works with, what it has spent, what it refused."""

    ideas: Ideas
    bench: Bench
    budget: Budget
    reporter: Reporter
    executor: Executor
    width: int
    tries: int = 0
    refused: bool = False
    rejected: list[Rejected] = field(default_factory=list)

    def spent(self) -> str | None:
        """Say what is used up, if anything is."""
        if self.bench.left() <= 0:
            return f"the budget of {self.budget.seconds:.0f} s is spent"
        if self.tries >= self.budget.tries:
            return f"the budget of {self.budget.tries} tries is spent"
        return None

    def most(self) -> int:
        """How many more candidates may be begun as far as the budget goes."""
        return 0 if self.bench.left() <= 0 else self.budget.tries - self.tries

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
    memory: int | None = None,
    executor: Executor | None = None,
) -> Found | NothingFound:
    """Look for fixes that turn the job green, from the checkpoint before its failing step.

    ``ideas`` are the fixers; ``failures`` are what the failing step reported, the cause first.
    ``memory`` is the most that the job took so far, in bytes, where that is known: as many
    candidates of ``budget.jobs`` run at once as the machine has room for. They are threads of this
    process unless ``executor`` is given, which is then the caller's to shut down.
    """
    room = side_by_side(budget.jobs, workshop.setting.limits, workshop.engine, memory)
    if room.note:
        reporter.note(room.note)
    base = scratch.tree(commit)
    bench = Bench(workshop, scratch, base, commit, time.monotonic() + budget.seconds)
    stand = Stand(base, checkpoint, workshop.job.steps[outcome.index], tuple(failures), outcome)
    with ExitStack() as stack:
        threads = executor or stack.enter_context(ThreadPoolExecutor(room.count))
        work = Search(ideas, bench, budget, reporter, threads, room.count)
        return _search(work, stand, stack.enter_context(ExitStack()))


def _search(work: Search, stand: Stand, snapshots: ExitStack) -> Found | NothingFound:
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
    """Try the ideas for where the job stands; return the first in order that makes progress."""
    turns, claims = Turns(work.reporter), Claims()

    def candidates() -> Iterator[Callable[[Stop], Tried]]:
        numbers = count()
        for failure, proposal in work.ideas(stand.failures, _scene(work, stand)):
            speaker = turns.speaker()
            yield Candidate(
                work.bench, stand, failure, proposal, next(numbers), claims, speaker
            ).attempt

    def settle(tried: Tried) -> Stand | Found | None:
        with turns.lock:
            following = _settled(work, claims, tried, snapshots)
            if following is None:
                turns.over()
            else:
                turns.silence()
            return following

    line: Line[Tried, Stand | Found] = Line(
        work.executor, work.width, settle, work.most, _hopeful, Tried.drop
    )
    try:
        return line.first(candidates())
    finally:
        turns.silence()


def _hopeful(tried: Tried) -> bool:
    return isinstance(tried.ending, Advanced | Green)


def _settled(
    work: Search, claims: Claims, tried: Tried, snapshots: ExitStack
) -> Stand | Found | None:
    """Count what an idea has cost, and return where it leads, if it leads anywhere.

    All ideas before it have been settled, so that it is certain now whether one made the same.
    """
    if tried.tree is not None and not claims.is_first(tried.number, tried.tree):
        tried.drop()
        return None
    match tried.ending:
        case Twin():
            return None
        case Dropped(reason, ran, refused):
            work.tries += ran
            work.refused |= refused
            work.reject(tried.fixer, reason)
            return None
        case Advanced(stand, kept):
            work.tries += 1
            snapshots.push(kept)
            return stand
        case Green():
            work.tries += 1
            return Found(_patch(work, tried.ending), tried.ending.tree, tuple(work.rejected))
        case _:
            assert_never(tried.ending)


def _scene(work: Search, stand: Stand) -> Scene:
    job = work.bench.workshop.job
    installs = tuple(s.run for s in job.steps[: stand.step.index + 1] if s.run is not None)
    return Scene(
        files=stand.tree,
        script=stand.outcome.command or "",
        output=stand.outcome.log,
        directory=stand.checkpoint.directory,
        installs=installs,
    )


def _patch(work: Search, green: Green) -> Patch:
    base = work.bench.base
    return Patch(
        diff=work.bench.scratch.diff(base, green.tree),
        fixers=tuple(dict.fromkeys(green.fixers)),
        why=tuple(dict.fromkeys(green.why)),
        files=green.tree.changed(base),
    )
