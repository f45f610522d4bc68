"""The parts of a Markdown page that may hold what strangers wrote: lists, blocks, spans."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.deliver.analyses.markdown import code, prose
from regreen.plain import visible

__all__ = ["code", "fenced", "items", "prose", "section"]

_BLOCK_LINES = 160
_LINE = 400
_LEAST_FENCE = 3


def section(title: str, lines: Iterable[str]) -> list[str]:
    """Return ``lines`` under a heading; nothing where there are none."""
    body = list(lines)
    while body and not body[-1]:
        body.pop()
    return [f"## {title}", "", *body, ""] if body else []


def items(rows: Iterable[str]) -> list[str]:
    """Return ``rows``, already Markdown of one line each, as a list."""
    return [f"- {row}" for row in rows]


def fenced(text: str, language: str = "") -> list[str]:
    """Return ``text`` in a block that nothing in it can end, shortened; nothing for no text.

    A block ends at a line of at least as many backticks as it began with (CommonMark, fenced code
    blocks), so it begins with one more than any run of them inside.
    """
    lines = text.rstrip("\n").split("\n")
    if lines == [""]:
        return []
    shown = [_cut(visible(line.rstrip("\r").expandtabs(4))) for line in lines[:_BLOCK_LINES]]
    if (left := len(lines) - len(shown)) > 0:
        shown.append(f"[… {left} more lines]")
    longest = max(len(run) for line in shown for run in re.findall("`+", line) or [""])
    fence = "`" * max(_LEAST_FENCE, longest + 1)
    return [f"{fence}{language}", *shown, fence, ""]


def _cut(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"
