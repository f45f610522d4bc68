"""The runner's own marks in a raw log: where steps begin, where errors and post steps stand.

Only the bytes around a mark are looked at, so a log of any length costs a few searches for literal
bytes. The format is that of the hosted runner's logs (``##[group]Run …``, ``##[error]…``,
``Post job cleanup.``), with or without time stamps and the columns of ``gh run view --log``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from regreen.logs.text import COLUMNS_PREFIX, PREFIX, strip_terminal

_LONGEST_MARK = 8192


class Kind(Enum):
    """What a mark says."""

    RUN = b"##[group]Run "
    ERROR = b"##[error]"
    POST = b"Post job cleanup."
    END = b"Cleaning up orphan processes"
    BEGIN = b"Current runner version: "
    NAME = b"Complete job name: "


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: its kind, the line (from 1) and offset it stands at, and what follows it."""

    kind: Kind
    line: int
    start: int
    end: int
    rest: str
    job: str | None
    step: str | None


def scan(data: bytes, *, columns: bool) -> tuple[Mark, ...]:
    """Return the marks of a log in order. A mark in the middle of a line is text, not a mark."""
    found = sorted((at, kind) for kind in Kind for at in _offsets(data, kind.value))
    marks: list[Mark] = []
    line, counted = 1, 0
    for at, kind in found:
        start = data.rfind(b"\n", 0, at) + 1
        if at - start > _LONGEST_MARK:
            continue
        prefix = data[start:at].decode("utf-8", "replace")
        match = (COLUMNS_PREFIX if columns else PREFIX).match(prefix)
        if match is None or strip_terminal(prefix[match.end() :]).strip():
            continue
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        rest = data[at + len(kind.value) : min(end, at + _LONGEST_MARK)]
        line += data.count(b"\n", counted, start)
        counted = start
        marks.append(
            Mark(
                kind,
                line,
                start,
                end,
                strip_terminal(rest.decode("utf-8", "replace")).rstrip(),
                match["job"] if columns else None,
                match["step"] if columns else None,
            )
        )
    return tuple(marks)


def _offsets(data: bytes, literal: bytes) -> Iterator[int]:
    at = data.find(literal)
    while at >= 0:
        yield at
        at = data.find(literal, at + len(literal))


EXIT = re.compile(
    r"(?:Process completed with exit code|failed with exit code|exited with exit code)"
    r" (?P<code>-?\d+)"
)
