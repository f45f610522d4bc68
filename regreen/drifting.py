"""Releases that broke a job, as ideas among those of the fixers.

Where the failure looks like a release's doing, that is found out before the fixers' ideas are
tried, else behind them: a try of releases costs the failing step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from regreen.case import Case
from regreen.fixers.dependencies.constrain import Constraint, constrained
from regreen.fixers.dependencies.providers import short
from regreen.model import Category, Culprit, Failure, Idea
from regreen.report import Reporter
from regreen.scene import Scene
from regreen.scenes import scene_of
from regreen.verify import Bench, Ideas
from regreen.verify.drift import Blame, find_drift
from regreen.verify.stand import Stand

ID = "release constraint"
DOCS = "https://packaging.python.org/en/latest/specifications/version-specifiers/"

_SMELLS = re.compile(
    r"cannot import name '\w+' from|has no attribute '|got an unexpected keyword argument"
    r"|takes \d+ positional arguments? but|DeprecationWarning|has been removed|was removed"
    r"|unrecognized arguments|No such option|does not exist|numpy\.dtype size changed"
)
_THIRD_PARTY = re.compile(r"site-packages/\w+")
_NOT_A_RELEASE = frozenset(
    {
        Category.LINTING_ERROR,
        Category.SYNTAX_ERROR,
        Category.TYPE_ERROR,
        Category.PERMISSION_ERROR,
        Category.TIMEOUT,
        Category.RESOURCE_EXHAUSTION,
    }
)


@dataclass(slots=True)
class Drifting:
    """Adds ideas against releases to those of ``fixers``; ``bench`` bounds the time that takes.

    ``culprit`` is the release that broke the job, once it is known.
    """

    case: Case
    bench: Bench
    fixers: Ideas
    reporter: Reporter
    culprit: Culprit | None = None
    stands: dict[int, Stand] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def scene(self, stand: Stand) -> Scene:
        """Return what fixers see of ``stand``."""
        made = scene_of(self.case, stand)
        self.stands[id(made)] = stand
        return made

    def ideas(self, failures: Sequence[Failure], scene: Scene) -> Iterator[tuple[Failure, Idea]]:
        """Yield the fixers' ideas and those against releases."""
        first = smells(failures, scene.output)
        if first:
            yield from self._against_releases(failures, scene)
        yield from self.fixers(failures, scene)
        if not first:
            yield from self._against_releases(failures, scene)

    def _against_releases(
        self, failures: Sequence[Failure], scene: Scene
    ) -> Iterator[tuple[Failure, Idea]]:
        stand = self.stands[id(scene)]
        if not failures or failures[0].category in self.asked:
            return
        self.asked.add(str(failures[0].category))
        self.reporter.note("looking for a release that broke it")
        drift = find_drift(self.bench, stand, since=self._since(), reporter=self.reporter)
        if drift is None:
            return
        self.culprit = self.culprit or drift.culprit
        self.reporter.note(drift.culprit.text)
        wanted = [constraint(blame) for blame in drift.blames]
        for idea in constrained(ID, drift.culprit.text, wanted, scene):
            yield failures[0], idea

    def _since(self) -> datetime | None:
        """Return when the job is likely to have been green: when the commit before was made."""
        scratch = self.case.scratch
        parent = scratch.parent(self.case.commit)
        if parent is None:
            return None
        return datetime.fromtimestamp(scratch.commit_time(parent), UTC)


def smells(failures: Sequence[Failure], output: str) -> bool:
    """Whether a failure looks like the doing of a release."""
    if not failures or failures[0].category in _NOT_A_RELEASE:
        return False
    texts = [d.message for f in failures for d in f.diagnostics]
    texts += [e.text for f in failures for e in f.evidence]
    said = any(_SMELLS.search(text) for text in texts)
    return said and bool(_THIRD_PARTY.search(output))


def constraint(blame: Blame) -> Constraint:
    """Return what keeps the releases out that a blame names."""
    comment = f"{blame.bad}: {blame.reason}" if blame.reason else f"{blame.bad} breaks the job"
    return Constraint(blame.name, f"<{short(blame.bad)}", comment, blame.good)
