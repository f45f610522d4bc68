"""The output of one step, as the rules see it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate


class Excerpt:
    """Plain lines of one step's output with their raw line numbers; never changed once made.

    ``script`` is the step's command where it is known, ``exit_code`` its result, ``cancelled``
    whether the runner broke it off.
    """

    __slots__ = ("cancelled", "exit_code", "lines", "numbers", "script", "starts", "text")

    def __init__(
        self,
        lines: Sequence[str],
        numbers: Sequence[int] | None = None,
        *,
        script: str | None = None,
        exit_code: int | None = None,
        cancelled: bool = False,
    ) -> None:
        self.lines = tuple(lines)
        self.numbers = tuple(numbers) if numbers is not None else tuple(range(1, len(lines) + 1))
        self.script = script
        self.exit_code = exit_code
        self.cancelled = cancelled
        self.text = "\n".join(self.lines)
        self.starts = tuple(accumulate((len(line) + 1 for line in self.lines), initial=0))

    def __contains__(self, literal: str) -> bool:
        return literal in self.text

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
        begin = self.starts[min(first, len(self.lines))]
        found: set[int] = set()
        for hint in hints:
            found.update(self._holding(hint, begin))
        for index in sorted(found):
            match = pattern.search(self.lines[index])
            if match is not None:
                yield index, match

    def _holding(self, hint: str | re.Pattern[str], begin: int) -> Iterator[int]:
        """Indices of the lines that hold ``hint``, each once."""
        at = self._seek(hint, begin)
        while at >= 0:
            index = self.at(at)
            yield index
            at = self._seek(hint, self.starts[index + 1])

    def _seek(self, hint: str | re.Pattern[str], begin: int) -> int:
        if isinstance(hint, str):
            return self.text.find(hint, begin)
        match = hint.search(self.text, begin)
        return match.start() if match else -1

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
        )

    def mentions(self, word: str) -> bool:
        """Whether the script names the program ``word``; unknown scripts are not asked."""
        if self.script is None:
            return False
        return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.script) is not None
