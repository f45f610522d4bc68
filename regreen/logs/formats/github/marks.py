"""The runner's own marks in a raw log: where steps begin, where errors and post steps stand.

Only the bytes around a mark are looked at, so a log of any length costs one search. The format is
that of the hosted runner's logs (``##[group]Run …``, ``##[error]…``, ``Post job cleanup.``), with
or without time stamps and the columns of ``gh run view --log``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

import re2

from regreen.logs.expressions import expression
from regreen.logs.layout import Mark
from regreen.logs.raw import CHUNK, RawLog
from regreen.logs.text import COLUMNS_PREFIX, PREFIX, strip_terminal

_LONGEST_MARK = 8192
_LOUD = expression(rb"##\[(?:error\]|group\]Run )")
_HEAD = 1 << 18
_TAIL = 1 << 21
_NEAR = 1 << 16
"""How far from the ends of a log, and from its headings and errors, quiet words are looked for."""
_MOST_HEADINGS = 20_000
_MOST_ERRORS = 256
_MOST_QUIET = 1000
"""What is looked at from each end of a flood: of headings, of errors between two of them, of quiet
words in one window."""


class Kind(Enum):
    """What a mark says."""

    RUN = b"##[group]Run "
    ERROR = b"##[error]"
    POST = b"Post job cleanup."
    END = b"Cleaning up orphan processes"
    BEGIN = b"Current runner version: "
    NAME = b"Complete job name: "
    HIT = b"Cache hit occurred on the primary key"
    KEY = b"Cache saved with the key"
    SAVED = b"Cache saved successfully"


_QUIET = expression(b"|".join(re.escape(k.value) for k in Kind if not k.value.startswith(b"##")))


@dataclass(frozen=True, slots=True)
class RunnerMark(Mark):
    """A mark of the runner: its kind, and the job and step that the line's columns name."""

    kind: Kind
    job: str | None
    step: str | None


def scan(log: RawLog, *, columns: bool) -> tuple[RunnerMark, ...]:
    """Return the marks of a log in order. A mark in the middle of a line is text, not a mark.

    Headings and errors are found wherever they stand; the runner's quiet words, which nothing
    announces, near those and near both ends of the log.
    """
    loud = _thinned(log.survey(_LOUD, _quick().search))
    found: list[RunnerMark] = []
    counted, line = log.begin, 1
    for at in sorted({*loud, *_quiet(log, loud)}):
        mark = _read(log, at, columns)
        if mark is not None:
            near = mark.start - counted <= CHUNK
            line = (
                line + log.read(counted, mark.start).count(b"\n")
                if near
                else log.number(mark.start)
            )
            counted = mark.start
            found.append(replace(mark, line=line))
    return tuple(found)


@cache
def _quick() -> Any:
    """The same search by RE2, which finds a literal several times as fast as ``re`` does."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(_LOUD.pattern, options)


def _thinned(hits: Iterable[tuple[int, bytes]]) -> list[int]:
    """The offsets of ``hits``; of a flood those at its beginning and at its end."""
    first: list[list[int]] = [[]]
    last: deque[list[int]] = deque(maxlen=_MOST_HEADINGS)
    group = first[0]
    late: deque[int] = deque(maxlen=_MOST_ERRORS)
    for at, said in hits:
        if said != Kind.ERROR.value:
            group.extend(late)
            late.clear()
            group = [at]
            (first if len(first) < _MOST_HEADINGS else last).append(group)
        elif len(group) <= _MOST_ERRORS:
            group.append(at)
        else:
            late.append(at)
    group.extend(late)
    return [at for group in (*first, *last) for at in group]


def _quiet(log: RawLog, loud: list[int]) -> Iterator[int]:
    windows = [(log.begin, log.begin + _HEAD), *((at - _NEAR, at + _NEAR) for at in loud)]
    windows.append((log.size - _TAIL, log.size))
    for start, stop in _joined(windows):
        found = list(log.matches(_QUIET, start, stop))
        yield from found[:_MOST_QUIET]
        yield from found[max(len(found) - _MOST_QUIET, _MOST_QUIET) :]


def _joined(windows: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The windows without overlap, in order, none much longer than a chunk."""
    done = 0
    for start, stop in sorted(windows):
        begin = max(start, done)
        while begin < stop:
            end = min(stop, begin + CHUNK)
            yield begin, end
            begin = end
        done = max(done, stop)


def _read(log: RawLog, at: int, columns: bool) -> RunnerMark | None:
    """The mark at an offset, its line not counted yet."""
    bounds = log.line_at(at, _LONGEST_MARK)
    if bounds is None:
        return None
    start, end = bounds
    line = log.read(start, end)
    prefix = line[: at - start].decode("utf-8", "replace")
    match = (COLUMNS_PREFIX if columns else PREFIX).match(prefix)
    if match is None or strip_terminal(prefix[match.end() :]).strip():
        return None
    said = line[at - start :]
    kind = next(kind for kind in Kind if said.startswith(kind.value))
    rest = said[len(kind.value) :].decode("utf-8", "replace")
    return RunnerMark(
        0,
        start,
        end,
        strip_terminal(rest).rstrip(),
        kind,
        match["job"] if columns else None,
        match["step"] if columns else None,
    )


EXIT = expression(
    r"(?:Process completed with exit code|failed with exit code|exited with exit code)"
    r" (?P<code>-?\d+)"
)
