"""In which order fixers are tried, by how they fared before.

A fixer may only pass one that has failed at the same kind of failure at least twice and fared
worse there, and never one that asks for less review: a history must not make patches worse. So it
passes one that nothing is known of only where its own ideas ask for the least review of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from regreen.history.records import Attempted, codes_of
from regreen.model import Ending, Failure, Severity

_HELPED = frozenset({str(Ending.GREEN), str(Ending.PROGRESS)})
_SAID_NOTHING = frozenset({str(Ending.HELD_BACK)})
_ENOUGH = 2
"""Failures after which a fixer may be passed: one may be an accident."""
_RANKS = {str(severity): rank for rank, severity in enumerate(Severity)}


@dataclass(slots=True)
class Lesson:
    """How one fixer fared with one kind of failure; ``low`` and ``high`` rank its severities."""

    tried: int = 0
    helped: int = 0
    low: int = len(_RANKS)
    high: int = 0

    def add(self, one: Attempted) -> None:
        """Count one more try."""
        rank = _RANKS.get(one.severity, len(_RANKS))
        self.tried += 1
        self.helped += one.ending in _HELPED
        self.low, self.high = min(self.low, rank), max(self.high, rank)

    @property
    def rate(self) -> float:
        """How likely it is to help (the rule of succession: half where nothing is known)."""
        return (self.helped + 1) / (self.tried + 2)


@dataclass(frozen=True, slots=True)
class Ordering:
    """What a history teaches; the same history and failure always give the same order."""

    tries: tuple[Attempted, ...] = ()
    _known: dict[tuple[str, str | None, tuple[str, ...]], dict[str, Lesson]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def __call__(self, failure: Failure, fixers: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of ``fixers`` in the order to try them for ``failure``."""
        lessons = self.lessons(failure)
        order: list[str] = []
        for fixer in fixers:
            order.insert(_place(fixer, order, lessons), fixer)
        return tuple(order)

    def lessons(self, failure: Failure) -> dict[str, Lesson]:
        """Return how each fixer fared where category and tool were the same, and a code if any."""
        key = (str(failure.category), failure.tool, codes_of(failure))
        if key not in self._known:
            self._known[key] = _learnt(self.tries, *key)
        return self._known[key]


def _learnt(
    tries: Iterable[Attempted], category: str, tool: str | None, codes: tuple[str, ...]
) -> dict[str, Lesson]:
    wanted = set(codes)
    found: dict[str, Lesson] = {}
    for one in tries:
        same_kind = (one.category, one.tool) == (category, tool)
        same_code = not wanted.isdisjoint(one.codes) or not (wanted or one.codes)
        if same_kind and same_code and one.ending not in _SAID_NOTHING:
            found.setdefault(one.fixer, Lesson()).add(one)
    return found


def _place(fixer: str, order: Sequence[str], lessons: Mapping[str, Lesson]) -> int:
    """Return before which of ``order`` the fixer, which is the next in the usual order, belongs."""
    own, place = lessons.get(fixer), len(order)
    if own is None or own.helped == 0:
        return place
    for at in reversed(range(len(order))):
        other = lessons.get(order[at])
        if other is not None and not _passes(own, other):
            break
        if other is None and own.high > 0:
            break
        place = at if other is not None else place
    return place


def _passes(one: Lesson, other: Lesson) -> bool:
    """Whether a fixer that fared like ``one`` is tried before the ``other`` that came first."""
    failed = other.tried - other.helped
    return failed >= _ENOUGH and one.rate > other.rate and one.high <= other.low
