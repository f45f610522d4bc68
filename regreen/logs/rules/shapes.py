"""What many tools' outputs share: a verdict line, and rows of diagnostics under a file's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique, without_folder
from regreen.model import AutoFixable, Category, Diagnostic

Fix = AutoFixable | Callable[[Excerpt], AutoFixable]


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """``expression`` compiled when it is first needed, so that importing the rules stays cheap."""
    return re.compile(expression, re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shape:
    """One format of a tool's rows: the groups ``file line column code message`` are read.

    ``hints`` are literals of which one is in every such line. With ``heading`` the file's name is
    the group ``file`` (and ``line``) of the nearest line above that matches it. ``spans`` is for an
    expression that reaches over lines, ``says`` the message of rows that have none of their own.
    """

    expression: str
    hints: tuple[str, ...]
    heading: str | None = None
    spans: bool = False
    says: str = ""

    def read(self, excerpt: Excerpt) -> Iterable[tuple[int, Diagnostic]]:
        """Yield every row with the index of its line."""
        if not any(hint in excerpt for hint in self.hints):
            return
        row = compiled(self.expression)
        named = {"file", "line", "column", "code", "message"} & row.groupindex.keys()
        hits = excerpt.near(row, *self.hints) if self.spans else excerpt.grep(row, *self.hints)
        above, known = -1, None
        line: str | None = None
        for index, match in hits:
            got = {name: match[name] for name in named}
            file = got.get("file")
            if self.heading is not None:
                if head := _heading(excerpt, compiled(self.heading), index, above):
                    known, line = head["file"], head.groupdict().get("line")
                above, file = index, known
            yield (
                index,
                diagnostic(
                    file,
                    got.get("code"),
                    got.get("message")
                    or self.says
                    or got.get("code")
                    or without_folder(match[0].strip(), file),
                    got.get("line") or line,
                    got.get("column"),
                ),
            )


def _heading(
    excerpt: Excerpt, heading: re.Pattern[str], index: int, stop: int
) -> re.Match[str] | None:
    for at in range(index - 1, stop, -1):
        if match := heading.match(excerpt.lines[at]):
            return match
    return None


def checker(
    rule_id: str,
    tool: str,
    verdict: str | None,
    shapes: tuple[Shape, ...],
    *,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    category: Category = Category.LINTING_ERROR,
    fixable: Fix = AutoFixable.NO,
    weight: Weight = Weight.VERDICT,
    alone: Weight | None = None,
    needs_rows: bool = False,
    beats: frozenset[str] = frozenset(),
    confidence: float = 0.95,
) -> Rule:
    """A rule for a tool that prints rows and then says that it failed.

    ``verdict`` is the expression of that last word; rows without it count as ``alone`` (``None``:
    not at all), and it counts nothing without rows under ``needs_rows``.
    """

    def find(excerpt: Excerpt) -> Iterable[Finding]:
        said: list[int] = []
        if verdict is not None:
            said = [index for index, _ in excerpt.grep(compiled(verdict), *triggers)]
        if not said and alone is None:
            return
        rows = [row for shape in shapes for row in shape.read(excerpt)]
        if (not rows and needs_rows) or not (rows or said):
            return
        yield Finding(
            tool,
            category,
            weight if said else alone or weight,
            (*(index for index, _ in rows), *said),
            unique(one for _, one in rows),
            fixable if isinstance(fixable, AutoFixable) else fixable(excerpt),
            confidence=confidence,
        )

    words = tuple(hint for shape in shapes for hint in shape.hints)
    return Rule(rule_id, triggers, find, matches, ignores, beats, words)
