"""Secrets that a terminal escape or a NUL byte splits, as programs that colour or pad text print.

The text is read without its escapes, and what is found there is hidden in the text with them: the
escapes stay, behind the mask.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from regreen.logs.expressions import expression

Finder = Callable[[bytes], list[tuple[int, int]]]

_ESCAPES = expression(
    rb"(?:\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b\n]{0,512}(?:\x07|\x1b\\)?|[@-Z^_=>])|\x00)+"
)
_INSIDE = (
    expression(rb"\x1b(?<=[\w.-]\x1b)(?:\[[0-9;:?]{0,32}[@-~]\x1b?){1,8}[\w.-]"),
    expression(rb"\x00(?<=[\w.-]\x00)[\x00\w.-]"),
)
"""An escape between two characters of a token."""


def mask_split(data: bytes, find: Finder, *, words: bool = False) -> bytes:
    """Return ``data`` with what ``find`` finds in its escape-free lines hidden, if split there.

    With ``words`` only lines are read in which an escape stands inside a word.
    """
    if b"\x1b" not in data and b"\0" not in data:
        return data
    lines = _lines(data, words=words)
    if not find(_ESCAPES.sub(b"", b"\n".join(data[start:end] for start, end in lines))):
        return data
    pieces: list[bytes] = []
    at = 0
    for start, end in lines:
        pieces += (data[at:start], _line(data[start:end], find))
        at = end
    return b"".join((*pieces, data[at:])) if pieces else data


def _lines(data: bytes, *, words: bool) -> list[tuple[int, int]]:
    hints = _INSIDE if words else (_ESCAPES,)
    spans: set[tuple[int, int]] = set()
    for hint in hints:
        found = hint.search(data)
        while found:
            end = data.find(b"\n", found.start())
            end = len(data) if end < 0 else end
            spans.add((data.rfind(b"\n", 0, found.start()) + 1, end))
            found = hint.search(data, end)
    return sorted(spans)


def _line(line: bytes, find: Finder) -> bytes:
    plain: list[bytes] = []
    origins: list[int] = []
    places: list[int] = []
    at = size = 0
    for found in (*_ESCAPES.finditer(line), None):
        piece = line[at : found.start() if found else len(line)]
        if piece:
            plain.append(piece)
            origins.append(at)
            places.append(size)
            size += len(piece)
        at = found.end() if found else at
    pieces: list[bytes] = []
    at = 0
    for first, last in find(b"".join(plain)):
        number = bisect_right(places, first) - 1
        start = origins[number] + first - places[number]
        number = bisect_right(places, last - 1) - 1
        end = origins[number] + last - places[number]
        if end - start > last - first:
            pieces += (line[at:start], b"***", *_ESCAPES.findall(line[start:end]))
            at = end
    return b"".join((*pieces, line[at:]))
