"""Look for fixes: try the ideas for where the job fails, keep progress, go on until it is green.

Depth first, with the way back: what made progress is gone on from; where nothing helps any more,
the next idea of the stand before is tried. Candidates of one stand are tried side by side, and
judged in the order of the ideas: for the same input and budget of tries the result is the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import assert_never

from regreen.git import Tree
from regreen.jobs.workshop import Workshop
from regreen.model import (
    Advice,
    Budget,
    Ending,
    Failure,
    Idea,
    Probe,
    Rejected,
    Try,
)
from regreen.report import Reporter
from regreen.scene import Scene
from regreen.verify.attempt import (
    Bench,
    Candidate,
    Claims,
    left_after,
    question,
)
from regreen.verify.ending import Found, NothingFound, patch_of, words_of
from regreen.verify.ordered import Line, Stop
from regreen.verify.room import side_by_side
from regreen.verify.stand import (
    Advanced,
    Dropped,
    Green,
    Kept,
    Stand,
    Told,
    Tried,
    Twin,
    kind,
    severity_of,
)
from regreen.verify.turns import Turns

Ideas = Callable[[Sequence[Failure], Scene], Iterable[tuple[Failure, Idea]]]
Scenes = Callable[[Stand], Scene]
Judge = Callable[["Found"], str | None]
"""Proves what was found; returns why it is not taken, if it is not. The budget waits for it."""


@dataclass(slots=True)
class Node:
    """A stand and its ideas, of which those before ``next`` are settled."""

    stand: Stand
    source: Iterator[tuple[Failure, Idea]]
    snapshots: ExitStack
    known: list[tuple[Failure, Idea]] = field(default_factory=list)
    next: int = 0

    def ideas(self) -> Iterator[tuple[int, Failure, Idea]]:
        """Yield the ideas that are not settled, each with its number."""
        number = self.next
        while True:
            while number >= len(self.known):
                more = next(self.source, None)
                if more is None:
                    return
                self.known.append(more)
            yield number, *self.known[number]
            number += 1


@dataclass(slots=True)
class Search:
    """One search: what it works with, what it has spent, what it refused."""

    ideas: Ideas
    scene: Scenes
    bench: Bench
    budget: Budget
    reporter: Reporter
    executor: Executor
    width: int
    spent_tries: int = 0
    refused: bool = False
    held: bool = False
    rejected: list[Rejected] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)

    def spent(self) -> str | None:
        """Say what is used up, if anything is."""
        if self.bench.left() <= 0:
            return f"the budget of {self.budget.seconds:.0f} s is spent"
        if self.spent_tries >= self.budget.tries:
            return f"the budget of {self.budget.tries} tries is spent"
        return None

    def most(self) -> int:
        """How many more candidates may be begun as far as the budget goes."""
        return 0 if self.bench.left() <= 0 else self.budget.tries - self.spent_tries

    def node(self, stand: Stand, snapshots: ExitStack) -> Node:
        """Return ``stand`` with its ideas; ``snapshots`` goes with it."""
        return Node(stand, self._answered(stand), snapshots)

    def _answered(self, stand: Stand) -> Iterator[tuple[Failure, Idea]]:
        """Yield the ideas for a stand; questions are put, and their answers' ideas yielded."""
        for failure, idea in self.ideas(stand.failures, self.scene(stand)):
            yield from self._flat(stand, failure, idea)

    def _flat(self, stand: Stand, failure: Failure, idea: Idea) -> Iterator[tuple[Failure, Idea]]:
        if not isinstance(idea, Probe):
            yield failure, idea
            return
        self.reporter.note(f"{idea.fixer}: {idea.why}")
        said = question(self.bench, stand, idea)
        for more in self._read(idea, said) if said is not None else ():
            yield from self._flat(stand, failure, more)

    def _read(self, probe: Probe, said: str) -> Iterator[Idea]:
        """Yield what a fixer makes of an answer; one that fails on it has no further ideas."""
        try:
            yield from probe.read(said)
        except Exception as error:  # noqa: BLE001 - a stranger's fixer may raise anything
            words = f"{type(error).__name__}: {error}"
            self.reporter.note(f"the fixer {probe.fixer} fails on the answer: {words}")

    def note(self, tried: Tried, ending: Ending, parent: Stand, reason: str = "") -> Try:
        """Remember what became of an idea."""
        files = tried.tree.changed(parent.tree) if tried.tree is not None else ()
        made = Try(
            number=len(self.tries) + 1,
            parent=parent.number,
            fixer=tried.idea.fixer,
            why=words_of(tried.idea),
            failure=kind(tried.failure),
            step=parent.outcome.name,
            ending=ending,
            reason=reason,
            severity=severity_of(tried.idea),
            files=files,
            left=left_after(tried),
            seconds=round(tried.seconds, 2),
            category=str(tried.failure.category),
            tool=tried.failure.tool,
            codes=tuple(sorted({d.code for d in tried.failure.diagnostics if d.code})),
        )
        self.tries.append(made)
        self.reporter.tried(made)
        if reason:
            self.rejected.append(Rejected(tried.idea.fixer, reason))
        return made


def search(
    ideas: Ideas,
    scene: Scenes,
    bench: Bench,
    stand: Stand,
    *,
    budget: Budget,
    reporter: Reporter,
    judge: Judge | None = None,
    memory: int | None = None,
    executor: Executor | None = None,
) -> Found | NothingFound:
    """Look for fixes that turn the job green, from ``stand``: the red commit as it failed.

    ``ideas`` are the fixers, ``scene`` shows them a stand. What the ``judge`` does not take is not
    returned: the search goes on.
    ``memory`` is the most that the job took so far, in bytes, where that is known: as many
    candidates of ``budget.jobs`` run at once as the machine has room for. They are threads of this
    process unless ``executor`` is given, which is then the caller's to shut down.
    """
    workshop = bench.workshop
    room = side_by_side(budget.jobs, workshop.setting.limits, workshop.engine, memory)
    if room.note:
        reporter.note(room.note)
    with ExitStack() as stack:
        threads = executor or stack.enter_context(ThreadPoolExecutor(room.count))
        work = Search(ideas, scene, bench, budget, reporter, threads, room.count)
        work.settled.add(stand.tree.sha)
        return _search(work, stand, judge)


def _search(work: Search, stand: Stand, judge: Judge | None) -> Found | NothingFound:
    snapshots = ExitStack()
    path = [work.node(stand, snapshots)]
    furthest = stand
    try:
        while path:
            if (spent := work.spent()) is not None:
                return _nothing(work, spent)
            following = _advance(work, path[-1])
            if isinstance(following, Found):
                if _taken(work, following, judge):
                    return following
            elif following is None:
                path.pop().snapshots.close()
            else:
                path.append(following)
                furthest = max(furthest, following.stand, key=_reached)
        return _nothing(work, _stuck(furthest))
    finally:
        for node in reversed(path):
            node.snapshots.close()


def _reached(stand: Stand) -> tuple[int, int]:
    return stand.step.index, len(stand.kept)


def _taken(work: Search, found: Found, judge: Judge | None) -> bool:
    """Have what was found judged; what is not taken is remembered as a miss of its last try."""
    if judge is None:
        return True
    before = time.monotonic()
    reason = judge(found)
    work.bench.clock.wait(time.monotonic() - before)
    if reason is None:
        return True
    last = work.tries[-1]
    work.tries[-1] = replace(last, ending=Ending.REFUSED, reason=reason)
    work.rejected.append(Rejected(last.fixer, reason))
    work.reporter.note(f"{last.fixer}: {reason}")
    return False


def _nothing(work: Search, reason: str) -> NothingFound:
    return NothingFound(
        reason,
        tuple(work.rejected),
        work.refused,
        work.spent() is not None,
        work.held,
        tuple(work.tries),
        tuple(work.advice),
    )


def _stuck(stand: Stand) -> str:
    done = f"after {', '.join(stand.fixers)} " if stand.fixers else ""
    return f"{done}no fixer mends {kind(stand.failures[0])} in step {stand.outcome.name!r}"


def _advance(work: Search, node: Node) -> Node | Found | None:
    """Try the ideas for where the job stands; return the first in order that makes progress."""
    turns, claims = Turns(work.reporter), Claims(frozenset(work.settled))

    def candidates() -> Iterator[Callable[[Stop], Tried]]:
        for number, failure, idea in node.ideas():
            speaker = turns.speaker()
            yield Candidate(work.bench, node.stand, failure, idea, number, claims, speaker).attempt

    def settle(tried: Tried) -> Node | Found | None:
        with turns.lock:
            node.next = tried.number + 1
            following = _settled(work, claims, node.stand, tried)
            if following is None:
                turns.over()
            else:
                turns.silence()
            return following

    line: Line[Tried, Node | Found] = Line(
        work.executor, work.width, settle, work.most, _hopeful, Tried.drop
    )
    try:
        return line.first(candidates())
    finally:
        turns.silence()


def _hopeful(tried: Tried) -> bool:
    return isinstance(tried.ending, Advanced | Green)


def _settled(work: Search, claims: Claims, stand: Stand, tried: Tried) -> Node | Found | None:
    """Count what an idea has cost, and return where it leads, if it leads anywhere.

    All ideas before it have been settled, so that it is certain now whether one made the same.
    """
    if tried.tree is not None and not claims.is_first(tried.number, tried.tree):
        tried.drop()
        return None
    if tried.tree is not None:
        work.settled.add(tried.tree.sha)
    match tried.ending:
        case Twin():
            return None
        case Told(advice):
            if advice not in work.advice:
                work.advice.append(advice)
            return None
        case Dropped(reason, ending, ran):
            work.spent_tries += ran
            work.refused |= ending is Ending.REFUSED
            work.held |= ending is Ending.HELD_BACK
            work.note(tried, ending, stand, reason)
            return None
        case Advanced(further, kept):
            work.spent_tries += 1
            made = work.note(tried, Ending.PROGRESS, stand)
            return work.node(replace(further, number=made.number), kept)
        case Green(tree, workshop, kept_ideas):
            work.spent_tries += 1
            work.note(tried, Ending.GREEN, stand)
            return _found(work, tree, workshop, kept_ideas)
        case _:
            assert_never(tried.ending)


def _found(work: Search, tree: Tree, workshop: Workshop, kept: tuple[Kept, ...]) -> Found:
    patch = patch_of(work.bench.scratch, work.bench.base, tree, kept)
    return Found(
        patch,
        tree,
        tuple(work.rejected),
        workshop,
        kept,
        tuple(work.tries),
        tuple(work.advice),
    )
