"""Mend a settings file that cannot be read: repairs where the parser stops, until it reads on.

All repairs of one place are tried; those after which the file can be read are ordered by how likely
they are what was meant. Where none helps wholly, those that let the parser get further are gone on
from. Within a fixed number of readings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from regreen.fixers.configuration.mending import Change
from regreen.fixers.configuration.settings_common import conflicted, is_twice
from regreen.fixers.configuration.settings_forms import Form, lines_of
from regreen.fixers.configuration.settings_likeness import likeness, seen_keys
from regreen.jobs.schema import Fault

_MOST_READINGS = 1200
_DEEPEST = 12
_WIDTH = 5
"""How many texts are gone on from in each round."""

Repair = Callable[[str, Fault], Iterator[Change]]


@dataclass(frozen=True, slots=True)
class Whole:
    """A text that can be read, what was done, and what speaks against it."""

    text: str
    changes: tuple[Change, ...]
    against: tuple[int, ...]


@dataclass(slots=True)
class Search:
    """Looks for readable texts in ``form``, by ``repairs`` in the order of their likelihood.

    ``before`` is the text of the commit before, where it is known. With ``in_order`` the repairs'
    own order tells more than how little they change.
    """

    form: Form
    repairs: Sequence[Repair]
    before: str | None = None
    in_order: bool = False
    readings: int = 0
    seen: set[str] = field(default_factory=set)

    def mends(self, text: str) -> list[Whole]:
        """Return readable texts, the likeliest first; none for one that can be read."""
        first = self.form.read(text).fault
        if first is None:
            return []
        known = self.form.read(self.before) if self.before is not None else None
        data = known.data if known and known.fault is None else None
        if conflicted(text) or is_twice(first):
            # what stands there already counts for nothing: the repairs know which one is new
            data, self.before, self.in_order = None, None, True
        keys = seen_keys(text)
        open_: list[tuple[str, Fault, tuple[Change, ...]]] = [(text, first, ())]
        for _ in range(_DEEPEST):
            found, further = self._round(text, open_, data, keys)
            if found:
                return sorted(found, key=lambda one: one.against)
            if not further or self.readings >= _MOST_READINGS:
                return []
            further.sort(key=lambda one: (-one[1].line, -one[1].column))
            open_ = further[:_WIDTH]
        return []

    def _round(
        self,
        original: str,
        open_: list[tuple[str, Fault, tuple[Change, ...]]],
        data: Any,
        keys: Counter[str],
    ) -> tuple[list[Whole], list[tuple[str, Fault, tuple[Change, ...]]]]:
        """Try every repair of every text; return those that can be read, and those that get on."""
        found: list[Whole] = []
        further: list[tuple[str, Fault, tuple[Change, ...]]] = []
        for text, fault, done in open_:
            for order, change in self._changes(text, fault):
                self.readings += 1
                now = self.form.read(change.text)
                if now.fault is None:
                    unlike = likeness(now.data, data, keys)
                    untouched = self._away(original, change.text)
                    cost = 0 if self.in_order else _cost(original, change.text)
                    against = (unlike, untouched, cost, order)
                    found.append(Whole(change.text, (*done, change), against))
                elif _later(now.fault, fault, change.text, text):
                    further.append((change.text, now.fault, (*done, change)))
        return found, further

    def _changes(self, text: str, fault: Fault) -> Iterator[tuple[int, Change]]:
        order = 0
        for repair in self.repairs:
            for change in repair(text, fault):
                order += 1
                if self.readings >= _MOST_READINGS:
                    return
                if change.text not in self.seen and change.text != text:
                    self.seen.add(change.text)
                    yield order, change

    def _away(self, original: str, made: str) -> int:
        """Return how many changed lines are none that the red commit wrote."""
        if self.before is None:
            return 0
        old = frozenset(lines_of(self.before))
        return sum(line in old for line in _gone(original, made))


def _gone(original: str, made: str) -> Iterator[str]:
    """Yield the lines of ``original`` that ``made`` does not have at their place."""
    before, after = lines_of(original), lines_of(made)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    kept = frozenset(after[start : len(after) - end])
    yield from (row for row in before[start : len(before) - end] if row not in kept)


def _later(now: Fault, before: Fault, text: str, old: str) -> bool:
    """Whether the parser gets further; what stands behind the fault is what counts."""
    left = (len(lines_of(text)) - now.line, -now.column)
    return left < (len(lines_of(old)) - before.line, -before.column)


def _cost(before: str, after: str) -> int:
    """Return how many characters are another between the first and the last change."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return max(len(before), len(after)) - start - end


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items (or characters) both begin with."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)
