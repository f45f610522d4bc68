"""Releases that broke a job, as ideas among those of the fixers.

Where the failure looks like a release's doing, that is found out before the fixers' ideas are
tried, else in a search of its own behind them: a try of releases costs the failing step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from regreen.case import Case
from regreen.fixers import propose
from regreen.fixers.dependencies.build_requirements import held_back
from regreen.fixers.dependencies.constrain import Constraint, constrained
from regreen.fixers.dependencies.providers import short
from regreen.fixers.fixer import Fixer
from regreen.fixers.testing import known_changes, told_renames
from regreen.model import Category, Culprit, Failure, Idea, Try
from regreen.report import Reporter
from regreen.scene import Scene
from regreen.scenes import scene_of
from regreen.verify import Bench, Found, Ideas, NothingFound
from regreen.verify.drift import FAR, NEAR, Blame, Drift, find_drift
from regreen.verify.drift_before import Before
from regreen.verify.stand import Stand

ID = "release constraint"
DOCS = "https://packaging.python.org/en/latest/specifications/version-specifiers/"

_SMELLS = re.compile(
    r"cannot import name '\w+' from|has no attribute '|got an unexpected keyword argument"
    r"|takes \d+ positional arguments? but|DeprecationWarning|has been removed|was removed"
    r"|unrecognized arguments|No such option|does not exist|numpy\.dtype size changed"
)
_FOLLOWING: tuple[Fixer, ...] = (known_changes, told_renames)
_THIRD_PARTY = re.compile(r"site-packages/\w+")
_NEVER_A_RELEASE = frozenset(
    {
        Category.SYNTAX_ERROR,
        Category.PERMISSION_ERROR,
        Category.TIMEOUT,
        Category.NETWORK_ERROR,
        Category.RESOURCE_EXHAUSTION,
    }
)
_SELDOM_A_RELEASE = _NEVER_A_RELEASE | {Category.LINTING_ERROR, Category.TYPE_ERROR}


@dataclass(slots=True)
class Drifting:
    """Adds ideas against releases to those of ``fixers``; ``bench`` bounds the time that takes.

    ``green`` tells what was installed when the job was green; it is asked once, when a release is
    looked for. ``culprit`` is the release that broke the job, once it is known; ``asked`` tells for
    which categories of failures, and how far back, it was looked for; ``trials`` are those that no
    search tree has yet.
    """

    case: Case
    bench: Bench
    fixers: Ideas
    reporter: Reporter
    green: Callable[[], Sequence[Before]] = tuple
    culprit: Culprit | None = None
    stands: dict[int, Stand] = field(default_factory=dict)
    asked: set[tuple[str, Sequence[timedelta]]] = field(default_factory=set)
    trials: list[Try] = field(default_factory=list)
    known: Sequence[Before] | None = None

    def scene(self, stand: Stand) -> Scene:
        """Return what fixers see of ``stand``."""
        made = scene_of(self.case, stand)
        self.stands[id(made)] = stand
        return made

    def ideas(self, failures: Sequence[Failure], scene: Scene) -> Iterator[tuple[Failure, Idea]]:
        """Yield the fixers' ideas, behind those against releases where it looks like one.

        Code that follows a change of a library that is known comes before what holds it back.
        """
        if smells(failures, scene.output):
            for fixer in _FOLLOWING:
                for idea in propose(fixer, failures[0], scene, self.reporter.note):
                    yield failures[0], idea
            yield from self._against(failures, scene, NEAR)
        yield from self.fixers(failures, scene)

    def behind(self, failures: Sequence[Failure], scene: Scene) -> Iterator[tuple[Failure, Idea]]:
        """Yield the ideas against releases alone, from further back, too.

        They are for a search of their own behind that with the fixers: what finds them runs the
        failing step, and a search asks for ideas ahead of what its tries show.
        """
        yield from self._against(failures, scene, FAR)

    def told(self, found: Found | NothingFound) -> Found | NothingFound:
        """Return how a search ended with the trials of releases that it made, behind its tries."""
        count = len(found.tries)
        made = (replace(one, number=count + n) for n, one in enumerate(self.trials, start=1))
        tries = (*found.tries, *made)
        self.trials.clear()
        return replace(found, tries=tries)

    def _against(
        self, failures: Sequence[Failure], scene: Scene, windows: Sequence[timedelta]
    ) -> Iterator[tuple[Failure, Idea]]:
        key = (str(failures[0].category), windows) if failures else None
        if key is None or key[0] in _NEVER_A_RELEASE or key in self.asked:
            return
        first = all(category != key[0] for category, _ in self.asked)
        self.asked.add(key)
        self.reporter.note("looking for a release that broke it")
        if self.known is None:
            self.known = self.green()
        drift = find_drift(
            self.bench,
            self.stands[id(scene)],
            since=self._since(),
            windows=windows,
            reporter=self.reporter,
            green=self.known if first else (),
            tell=self.trials.append,
        )
        if drift is None:
            return
        self.culprit = self.culprit or drift.culprit
        self.reporter.note(drift.culprit.text)
        for idea in against(drift, scene):
            yield failures[0], idea

    def _since(self) -> datetime | None:
        """Return when the job is likely to have been green: when the commit before was made."""
        scratch = self.case.scratch
        parent = scratch.parent(self.case.commit)
        if parent is None:
            return None
        return datetime.fromtimestamp(scratch.commit_time(parent), UTC)


def joined(first: NothingFound, second: Found | NothingFound) -> Found | NothingFound:
    """Return how a search ended that began with ``first``, with the tries and words of both."""
    count = len(first.tries)
    moved = (
        replace(
            one,
            number=one.number + count,
            parent=None if one.parent is None else one.parent + count,
        )
        for one in second.tries
    )
    tries, rejected = (*first.tries, *moved), (*first.rejected, *second.rejected)
    advice = tuple(dict.fromkeys((*first.advice, *second.advice)))
    whole = replace(second, tries=tries, rejected=rejected, advice=advice)
    if isinstance(whole, Found):
        return whole
    refused, held = first.refused or whole.refused, first.held or whole.held
    return replace(whole, reason=first.reason, refused=refused, held=held, spent=first.spent)


def smells(failures: Sequence[Failure], output: str) -> bool:
    """Whether a failure looks like the doing of a release."""
    if not failures or failures[0].category in _SELDOM_A_RELEASE:
        return False
    texts = [d.message for f in failures for d in f.diagnostics]
    texts += [e.text for f in failures for e in f.evidence]
    said = any(_SMELLS.search(text) for text in texts)
    return said and bool(_THIRD_PARTY.search(output))


def against(drift: Drift, scene: Scene) -> Iterator[Idea]:
    """Yield ideas that hold the releases of a drift back where the job installs from."""
    wanted = [constraint(blame) for blame in drift.blames if not blame.builds]
    if wanted:
        yield from constrained(ID, drift.culprit.text, wanted, scene)
    for blame in drift.blames:
        if blame.builds:
            yield from held_back(ID, drift.culprit.text, constraint(blame), scene)


def constraint(blame: Blame) -> Constraint:
    """Return what keeps the releases out that a blame names."""
    comment = f"{blame.bad}: {blame.reason}" if blame.reason else f"{blame.bad} breaks the job"
    return Constraint(blame.name, f"<{short(blame.bad)}", comment, blame.good)
