"""Mend a workflow file that GitHub refuses: repair after repair, until its reader takes it.

Every repair is an edit of the text; regreen's own reader, which words and places faults as GitHub
does, says whether it helped. Depth first with the way back, within a fixed number of readings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from regreen.errors import WorkflowError
from regreen.fixers.configuration.marks import (
    entries,
    indent_of,
    is_blank,
    key_column,
    lines_of,
    tree_of,
)
from regreen.jobs.reader import faults
from regreen.jobs.schema import Fault
from regreen.jobs.yamltree import Node, key_of, read

_MOST_CHECKS = 1500
_MOST_DEPTH = 40
_BLOCK = re.compile(r":\s*[|>][+-]?\d*\s*(?:#.*)?$")
_STEP = re.compile(r"\s*(?:-\s+)*(?:run|uses):\s")
_WIDTH = 6
"""How many repairs of one fault are gone on from, the best first."""


@dataclass(frozen=True, slots=True)
class Change:
    """One repair: the text with it, what it does in words, and whether a person must judge it."""

    text: str
    why: str
    review: str = ""


Repair = Callable[[str, Fault], Iterator[Change]]
Further = Callable[[Node], Sequence[Fault]]


@dataclass(frozen=True, slots=True)
class Health:
    """How far a text is from being taken: ``stage`` 0 is no YAML, 1 of a wrong shape, 3 right."""

    stage: int
    faults: tuple[Fault, ...]

    @property
    def rank(self) -> tuple[int, int]:
        """What is compared: the later stage, then fewer faults (in YAML: a later one)."""
        if self.stage == 0:
            return (0, self.faults[0].line)
        return (self.stage, -len(self.faults))


@dataclass(frozen=True, slots=True)
class Mended:
    """A text that is taken, and the repairs that led there."""

    text: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Mender:
    """Looks for texts that are taken.

    ``repairs`` are those of each stage in the order of their likelihood; ``further`` finds what
    else is refused in a file whose form is right (a retired runner).
    """

    repairs: Sequence[Sequence[Repair]]
    further: Further = lambda _root: ()
    checks: int = 0
    steps: int = 0
    seen: set[str] = field(default_factory=set)

    def health(self, text: str) -> Health:
        """Return what is wrong with ``text``."""
        self.checks += 1
        try:
            root = read(text, "workflow")
        except WorkflowError as error:
            return Health(0, (Fault(error.reason, error.line, error.column),))
        if found := tuple(faults(root)):
            return Health(1, found)
        if found := tuple(self.further(root)):
            return Health(2, found)
        return Health(3, ())

    def mends(self, text: str) -> Iterator[Mended]:
        """Yield mended texts, the likeliest first; nothing for one that is right already."""
        health = self.health(text)
        self.steps = steps_seen(text)
        if health.stage < 3:
            yield from self._from(text, health, ())

    def _from(self, text: str, health: Health, done: tuple[Change, ...]) -> Iterator[Mended]:
        if health.stage == 3:
            if steps_in(text) >= self.steps:
                yield Mended(text, done)
            return
        if len(done) >= _MOST_DEPTH or text in self.seen:
            return
        self.seen.add(text)
        for fault in self._targets(health):
            steps = self._steps(text, health, fault)
            for following, change in steps[:_WIDTH]:
                yield from self._from(change.text, following, (*done, change))
            if steps:
                return

    @staticmethod
    def _targets(health: Health) -> tuple[Fault, ...]:
        return health.faults[:4]

    def _steps(self, text: str, health: Health, fault: Fault) -> list[tuple[Health, Change]]:
        """Return the repairs of ``fault`` that help, those that help most first."""
        found: list[tuple[Health, Change]] = []
        tried: set[str] = {text}
        for repair in self.repairs[health.stage]:
            for change in repair(text, fault):
                if change.text in tried or self.checks >= _MOST_CHECKS:
                    continue
                tried.add(change.text)
                following = self.health(change.text)
                if following.rank > health.rank or self._another(health, following):
                    found.append((following, change))
        return sorted(found, key=lambda one: self._order(*one))

    def _order(self, health: Health, change: Change) -> tuple[int, int, int]:
        """Order by what is left: nothing, few faults of shape, no YAML; none swallowed first."""
        if health.stage == 0:
            return (2, -health.faults[0].line, 0)
        left = (0, 0) if health.stage >= 2 else (1, len(health.faults))
        return (*left, -min(steps_in(change.text), self.steps))

    @staticmethod
    def _another(before: Health, after: Health) -> bool:
        """Whether a fault of shape made place for as many others, none of which was there."""
        if before.stage != 1 or after.stage != 1 or len(before.faults) != len(after.faults):
            return False
        return before.faults[0].reason not in {fault.reason for fault in after.faults}


def steps_seen(text: str) -> int:
    """Count the lines that look like what a step does, whatever is wrong around them."""
    count, within, before = 0, -1, ""
    for line in lines_of(text):
        again, before = line[key_column(line) :] == before, line[key_column(line) :]
        if is_blank(line) or again:
            continue
        column = key_column(line)
        if within >= 0 and indent_of(line) > within:
            continue
        within = column if _BLOCK.search(line) else -1
        count += _STEP.match(line) is not None
    return count


def steps_in(text: str) -> int:
    """Count what the steps of a readable workflow do."""
    return sum(key_of(entry.key) in ("run", "uses") for entry in entries(tree_of(text)))
