"""Version numbers of npm, as Semantic Versioning 2.0.0 writes and orders them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

_NUMBER = r"(0|[1-9][0-9]{0,15})"
_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]{{1,200}}))?(?:\+[0-9A-Za-z.-]{{1,200}})?"
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Semver:
    """A version number; ``prerelease`` is empty for a release."""

    numbers: tuple[int, int, int]
    prerelease: tuple[str, ...]

    def __lt__(self, other: Semver) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[object, ...]:
        # A number is lower than a word, and any pre-release lower than its release.
        parts = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.prerelease
        )
        return self.numbers, not self.prerelease, parts


def semver(text: str) -> Semver | None:
    """Parse a version number; ``None`` when it is none."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    parts = tuple(match[4].split(".")) if match[4] else ()
    return Semver((int(match[1]), int(match[2]), int(match[3])), parts)
