"""What a search has tried so far, in words: one line a try, and a small live area on a terminal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from regreen.model import Budget, Ending, Try

_MARKS = {
    Ending.GREEN: ("✓", "green"),
    Ending.PROGRESS: ("↗", "cyan"),
    Ending.REFUSED: ("⊘", "yellow"),
    Ending.HELD_BACK: ("⊘", "yellow"),
}
_NOT_KEPT = ("·", "dim")
_WORDS = {
    Ending.GREEN: "the job passes",
    Ending.PROGRESS: "kept",
    Ending.NO_PROGRESS: "no progress",
    Ending.CHANGES_NOTHING: "changes nothing",
    Ending.REFUSED: "refused",
    Ending.HELD_BACK: "held back",
    Ending.FAILED: "failed",
}
_REASON = 100
_KEPT_SHOWN = 4
_REJECTED_SHOWN = 3


def told_try(attempt: Try) -> str:
    """Return a try as one line: its number and parent, the fixer, how it ended and why."""
    after = f" after {attempt.parent}" if attempt.parent is not None else ""
    reason = f": {_cut(attempt.reason)}" if attempt.reason else ""
    left = f", {attempt.left} left" if attempt.left is not None and attempt.left > 0 else ""
    seconds = f" ({attempt.seconds:.1f} s)" if attempt.seconds >= 0.1 else ""
    ending = f"{_WORDS[attempt.ending]}{left}{reason}"
    return f"try {attempt.number}{after}: {attempt.fixer}: {ending}{seconds}"


def mark_of(attempt: Try) -> tuple[str, str]:
    """Return the sign that stands before a try, and its style."""
    return _MARKS.get(attempt.ending, _NOT_KEPT)


class Tries:
    """The state of one search, as far as it was told."""

    def __init__(self, budget: Budget) -> None:
        """Nothing was tried yet."""
        self.budget = budget
        self._last = 0
        self._kept: dict[int, Try] = {}
        self._rejected: deque[Try] = deque(maxlen=_REJECTED_SHOWN)

    def add(self, attempt: Try) -> None:
        """Take the next try."""
        self._last = max(self._last, attempt.number)
        if attempt.ending in (Ending.GREEN, Ending.PROGRESS):
            self._kept[attempt.number] = attempt
        else:
            self._rejected.append(attempt)

    def lines(self, seconds: float, doing: str) -> Iterator[str]:
        """Yield the live area: the budget, where the search stands, what was rejected last.

        ``seconds`` have passed; ``doing`` says what runs now.
        """
        spent = f"try {self._last + 1} of {self.budget.tries}"
        yield f"  … {spent}, {seconds:.0f} s of {self.budget.seconds:.0f} s  {doing}"
        path = self._path()
        if len(path) > _KEPT_SHOWN:
            yield f"    … {len(path) - _KEPT_SHOWN} kept before"
        for depth, one in enumerate(path[-_KEPT_SHOWN:]):
            left = f", {one.left} left" if one.left is not None and one.left > 0 else ""
            yield f"    {'  ' * depth}↗ {one.fixer}: {_cut(one.step)}{left}"
        for one in self._rejected:
            reason = f": {_cut(one.reason)}" if one.reason else ""
            yield f"    · {one.fixer}: {_WORDS[one.ending]}{reason}"

    def _path(self) -> list[Try]:
        """Return the kept tries from the red commit to the newest one."""
        path: list[Try] = []
        number = max(self._kept, default=None)
        while number is not None and number in self._kept and len(path) <= len(self._kept):
            path.append(self._kept[number])
            number = self._kept[number].parent
        return path[::-1]


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _REASON else text[: _REASON - 1] + "…"
