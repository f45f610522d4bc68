"""A positional argument behind a keyword argument: it goes before the keywords."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.syntax.brackets import CLOSING
from regreen.fixers.syntax.edits import Mended
from regreen.fixers.syntax.faults import Fault

_KEYWORD = re.compile(r"\s*(?:\w+\s*=(?!=)|\*\*)")


def reordered(text: str, fault: Fault) -> Iterator[Mended]:
    """Yield ``text`` with the arguments of the call around ``fault`` in an order that parses."""
    if "positional argument follows keyword" not in fault.message:
        return
    lines = text.splitlines(keepends=True)
    place = sum(len(line) for line in lines[: fault.line - 1]) + fault.column - 1
    for start in _openings(text, place):
        spans = _arguments(text, start)
        if spans is None:
            continue
        pieces = [text[low:high] for low, high in spans]
        late = _late(pieces)
        if not late:
            continue
        plain = [piece for n, piece in enumerate(pieces) if n in late]
        first = next(n for n, piece in enumerate(pieces) if _KEYWORD.match(piece))
        rest = [piece for n, piece in enumerate(pieces[first:], first) if n not in late]
        order = [*pieces[:first], *plain, *rest]
        end = spans[-1][1]
        words = f"line {fault.line}: the positional argument goes before the keywords"
        yield Mended(f"{text[: spans[0][0]]}{','.join(order)}{text[end:]}", words)
        return


def _late(pieces: list[str]) -> set[int]:
    """Return which pieces are positional arguments behind a keyword argument."""
    seen = False
    late: set[int] = set()
    for number, piece in enumerate(pieces):
        if _KEYWORD.match(piece):
            seen = True
        elif seen and piece.strip():
            late.add(number)
    return late


def _openings(text: str, place: int) -> Iterator[int]:
    """Yield where the brackets open that are around ``place``, or end there, the nearest first."""
    at, depth = min(place, len(text) - 1), 0
    if at >= 0 and text[at] == ")":
        at -= 1
    while at >= 0:
        if text[at] in ")]}":
            depth += 1
        elif text[at] in CLOSING:
            if depth == 0 and text[at] == "(":
                yield at
            depth = max(depth - 1, 0)
        at -= 1


def _arguments(text: str, start: int) -> list[tuple[int, int]] | None:
    """Return where the arguments stand of the call whose bracket opens at ``start``."""
    depth, at, begin = 0, start + 1, start + 1
    spans: list[tuple[int, int]] = []
    while at < len(text):
        sign = text[at]
        if sign in "\"'#":
            return None if sign == "#" else _skipping(text, start, spans)
        if sign in CLOSING:
            depth += 1
        elif sign in ")]}":
            if depth == 0:
                if text[begin:at].strip():
                    spans.append((begin, at))
                return spans
            depth -= 1
        elif sign == "," and depth == 0:
            spans.append((begin, at))
            begin = at + 1
        at += 1
    return None


def _skipping(text: str, start: int, _: list[tuple[int, int]]) -> list[tuple[int, int]] | None:
    """Return the same for a call that holds strings: they are made blank first."""
    blank = re.sub(
        r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
        lambda match: "_" * len(match[0]),
        text[start:],
        flags=re.DOTALL,
    )
    spans = _arguments(f"{blank}", 0)
    return None if spans is None else [(low + start, high + start) for low, high in spans]
