"""The output of one step, as the rules see it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain


class Excerpt:
    """Plain lines of one step's output with their raw line numbers; never changed once made.

    Many rules look for the same words, so the lines that hold one are remembered.

    ``script`` is the step's command where it is known, ``exit_code`` its result, ``cancelled``
    whether the runner broke it off; ``step`` is the step's title or name (``None``: unknown).
    """

    __slots__ = (
        "_held",
        "cancelled",
        "exit_code",
        "lines",
        "numbers",
        "script",
        "starts",
        "step",
        "text",
    )

    def __init__(
        self,
        lines: Sequence[str],
        numbers: Sequence[int] | None = None,
        *,
        script: str | None = None,
        exit_code: int | None = None,
        cancelled: bool = False,
        step: str | None = None,
    ) -> None:
        self.lines = tuple(lines)
        self.numbers = tuple(numbers) if numbers is not None else tuple(range(1, len(lines) + 1))
        self.script = script
        self.exit_code = exit_code
        self.cancelled = cancelled
        self.step = step
        self.text = "\n".join(self.lines)
        self.starts = tuple(accumulate((len(line) + 1 for line in self.lines), initial=0))
        self._held: dict[str | re.Pattern[str], Sequence[int]] = {}

    def __contains__(self, literal: str) -> bool:
        held = self._held.get(literal)
        return literal in self.text if held is None else bool(held)

    def lacks(self, literals: Iterable[str]) -> None:
        """Note that none of ``literals`` is in the text, so that they are not looked for again."""
        self._held.update(dict.fromkeys(literals, ()))

    def __len__(self) -> int:
        return len(self.lines)

    def at(self, offset: int) -> int:
        """The index of the line that holds the character at ``offset`` of ``text``."""
        return bisect_right(self.starts, offset) - 1

    def finditer(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
        """Every match with the index of the line that it begins in."""
        for match in pattern.finditer(self.text):
            yield self.at(match.start()), match

    def grep(
        self, pattern: re.Pattern[str], *hints: str | re.Pattern[str], first: int = 0
    ) -> Iterator[tuple[int, re.Match[str]]]:
        """Lines from ``first`` on in which ``pattern`` matches, of those that hold a hint.

        A hint is a literal or an expression that begins with one: both are searched for much
        faster than ``pattern``. At most one match a line.
        """
        held = [lines for hint in hints if (lines := self._holding(hint))]
        found = held[0] if len(held) == 1 else sorted({*chain.from_iterable(held)})
        for index in found[bisect_left(found, first) :] if first else found:
            match = pattern.search(self.lines[index])
            if match is not None:
                yield index, match

    def near(
        self, pattern: re.Pattern[str], *hints: str | re.Pattern[str], reach: int = 20
    ) -> Iterator[tuple[int, re.Match[str]]]:
        """Every match of an expression that spans lines, at most ``reach`` lines from a hint.

        The hints are those of ``grep``; as with ``finditer`` the index is that of the line in
        which the match begins.
        """
        stop = 0
        windows: list[tuple[int, int]] = []
        for index in sorted({*chain.from_iterable(self._holding(hint) for hint in hints)}):
            begin = max(index - reach, 0)
            if windows and begin <= stop:
                begin = windows.pop()[0]
            stop = min(index + reach + 1, len(self.lines))
            windows.append((begin, stop))
        for begin, stop in windows:
            end = min(self.starts[stop], len(self.text))
            for match in pattern.finditer(self.text, self.starts[begin], end):
                yield self.at(match.start()), match

    def _holding(self, hint: str | re.Pattern[str]) -> Sequence[int]:
        """Indices of the lines that hold ``hint``, in order, each once."""
        held = self._held.get(hint)
        if held is None:
            lines = self._lines_with(hint) if isinstance(hint, str) else self._lines_of(hint)
            held = self._held[hint] = tuple(lines)
        return held

    def _lines_with(self, literal: str) -> Iterator[int]:
        at = self.text.find(literal)
        while 0 <= at < len(self.text):
            index = self.at(at)
            yield index
            at = self.text.find(literal, self.starts[index + 1])

    def _lines_of(self, hint: re.Pattern[str]) -> Iterator[int]:
        match = hint.search(self.text)
        while match is not None:
            index = self.at(match.start())
            yield index
            match = hint.search(self.text, self.starts[index + 1])

    def tail(self, count: int) -> int:
        """The index of the line that begins the last ``count`` lines, stack frames not counted."""
        left = count
        for index in range(len(self.lines) - 1, -1, -1):
            line = self.lines[index]
            if line.strip() and not line.lstrip().startswith(("at ", "... ")):
                left -= 1
                if left <= 0:
                    return index
        return 0

    def part(self, first: int, last: int, *, script: str | None = None) -> Excerpt:
        """The lines ``first`` (included) to ``last`` (excluded) as an excerpt of their own."""
        return Excerpt(
            self.lines[first:last],
            self.numbers[first:last],
            script=script if script is not None else self.script,
            exit_code=self.exit_code,
            cancelled=self.cancelled,
            step=self.step,
        )

    def mentions(self, word: str) -> bool:
        """Whether the script names the program ``word``; unknown scripts are not asked."""
        if self.script is None:
            return False
        return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.script) is not None
