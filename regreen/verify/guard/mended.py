"""A test file that could not be parsed: the smallest statements whose repair lets it be parsed.

What a patch changed there is looked at word by word, for want of a tree; with these statements put
in, the old text can be parsed, and the rest of the change is judged as that of any other file.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regreen.verify.guard import parsing

_MOST_ROUNDS = 12
_MOST_TRIED = 60
_MOST_ROWS = 6000


@dataclass(frozen=True, slots=True)
class Mend:
    """The text that can be parsed, and what stood and stands in the places that were mended."""

    text: str
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Rows of the old and of the new text that stand for one another, from 0, the end apart."""

    first: int
    last: int
    begin: int
    end: int


def mend(old: str, new: str) -> Mend | None:
    """Return how ``new`` repairs ``old``; ``None`` where no few statements of it do."""
    if parsing.python(old) is not None or (tree := parsing.python(new)) is None:
        return None
    rows, after = old.split("\n"), new.split("\n")
    if max(len(rows), len(after)) > _MOST_ROWS:
        return None
    places: list[tuple[str, str]] = []
    for _ in range(_MOST_ROUNDS):
        found = _step(rows, after, tree)
        if found is None:
            return None
        place, rows_made = found
        places.append(
            (
                "\n".join(rows[place.first : place.last]),
                "\n".join(after[place.begin : place.end]),
            )
        )
        rows = rows_made
        if _fault(rows) is None:
            return Mend("\n".join(rows), tuple(places))
    return None


def _step(
    rows: list[str], after: Sequence[str], tree: ast.Module
) -> tuple[_Place, list[str]] | None:
    """Return the smallest place that moves the first fault behind it, with the rows it makes."""
    fault = _fault(rows) or 0
    for place in list(_places(rows, after, tree))[:_MOST_TRIED]:
        made = [*rows[: place.first], *after[place.begin : place.end], *rows[place.last :]]
        left = _fault(made)
        moved = fault + len(made) - len(rows)
        if left is None or left > max(moved, place.first + place.end - place.begin):
            return place, made
    return None


def _fault(rows: Sequence[str]) -> int | None:
    """Return the line of the first fault; ``None`` where there is none."""
    return parsing.fault_line("\n".join(rows))


def _places(rows: Sequence[str], after: Sequence[str], tree: ast.Module) -> Iterator[_Place]:
    """Yield the changed places, those of few rows first: parts of statements, then whole ones."""
    codes = difflib.SequenceMatcher(None, rows, after, False).get_opcodes()
    hunks = [_Place(a, b, c, d) for tag, a, b, c, d in codes if tag != "equal"]
    found = {
        place
        for begin, end in _spans(tree)
        if (touched := [h for h in hunks if h.begin < end and max(h.end, h.begin + 1) > begin])
        and (place := _around(begin, end, touched)) is not None
    }
    yield from sorted(
        found, key=lambda p: (p.last - p.first + p.end - p.begin, p.first, p.begin, p.last)
    )


def _around(begin: int, end: int, hunks: Sequence[_Place]) -> _Place | None:
    """Return the old rows of a statement of the new text, with the hunks that reach into it."""
    head, tail = hunks[0], hunks[-1]
    first = head.first - max(head.begin - begin, 0)
    last = tail.last + max(end - tail.end, 0)
    if first < 0 or last < first:
        return None
    return _Place(first, last, min(begin, head.begin), max(end, tail.end))


def _spans(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """Yield the rows of every statement; of one with a body, those of its head too."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt | ast.ExceptHandler):
            continue
        begin = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
        body = getattr(node, "body", None)
        if isinstance(body, list) and body:
            yield begin, max(body[0].lineno - 1, begin + 1)
        yield begin, node.end_lineno or node.lineno
