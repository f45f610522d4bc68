"""Finds many fixed texts at once, in time that is linear in the text whatever their number.

A few thousand short texts become one RE2 automaton. Long ones, and all beyond that number, stand in
a table by their first bytes: an automaton of a hundred thousand texts takes seconds for each of
them that it meets for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import re2

_HEAD = 4
_LONG = 256
_MANY = 3000
_RECENT = 256
_MEMORY = 64 << 20


class Literals:
    """A growing set of texts, each of which ``mask`` replaces where it stands."""

    def __init__(self, texts: Iterable[bytes] = ()) -> None:
        self._short: dict[bytes, None] = {}
        self._recent: dict[bytes, None] = {}
        self._old: Any = None
        self._new: Any = None
        self._long: dict[bytes, set[int]] = {}
        self._all: set[bytes] = set()
        self.add(texts)

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, texts: Iterable[bytes]) -> None:
        """Add ``texts``, none of them empty."""
        for text in texts:
            if text in self._all:
                continue
            self._all.add(text)
            if len(text) < _HEAD or (len(text) <= _LONG and len(self._short) < _MANY):
                self._short[text] = self._recent[text] = None
                self._new = None
            else:
                self._long.setdefault(text[:_HEAD], set()).add(len(text))

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where the texts stand in ``data``, in order; those that overlap become one."""
        found = [match.span() for one in self._compiled() for match in one.finditer(data)]
        if self._long:
            found += self._tabled(data)
        found.sort(key=lambda span: (span[0], -span[1]))
        kept: list[tuple[int, int]] = []
        for start, end in found:
            if not kept or start >= kept[-1][1]:
                kept.append((start, end))
            elif end > kept[-1][1]:
                kept[-1] = (kept[-1][0], end)
        return kept

    def mask(self, data: bytes) -> bytes:
        """Return ``data`` with each of the texts replaced by ``***``."""
        pieces: list[bytes] = []
        at = 0
        for start, end in self.spans(data):
            pieces += (data[at:start], b"***")
            at = end
        return b"".join((*pieces, data[at:])) if pieces else data

    def _compiled(self) -> list[Any]:
        """One automaton for what has been known for long, one for the latest: quick to renew."""
        if self._recent and self._new is None:
            if len(self._recent) > _RECENT:
                self._recent.clear()
                self._old = _automaton(self._short)
            else:
                self._new = _automaton(self._recent)
        return [one for one in (self._old, self._new) if one is not None]

    def _tabled(self, data: bytes) -> list[tuple[int, int]]:
        heads, texts = self._long, self._all
        places = [at for at in range(len(data) - 3) if data[at : at + _HEAD] in heads]
        spans: list[tuple[int, int]] = []
        for at in places:
            for size in sorted(heads[data[at : at + _HEAD]], reverse=True):
                if data[at : at + size] in texts:
                    spans.append((at, at + size))
                    break
        return spans


def _automaton(texts: Iterable[bytes]) -> Any:
    return automaton(b"|".join(map(re2.escape, sorted(texts))))


def automaton(expression: bytes) -> Any:
    """Return what searches bytes for the longest match of ``expression``, without groups."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.longest_match = True
    options.never_capture = True
    options.max_mem = _MEMORY
    options.log_errors = False
    return re2.compile(expression, options)
