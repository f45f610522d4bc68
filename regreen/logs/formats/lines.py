"""Lines with which a provider speaks, found in one pass over a log, and steps cut at them.

Shared by all formats but GitHub's, whose marks are looked for faster and in fewer places.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from regreen.logs.layout import Block, Mark, Step
from regreen.logs.raw import CHUNK, RawLog
from regreen.logs.text import strip_terminal

HEAD = 1 << 16
TAIL = 1 << 14
"""Bytes at the ends of a log in which formats look for their marks to know it."""
_LONGEST = 8192
_MOST = 20_000
"""Lines of one kind kept at the beginning of a log, and as many at its end."""
_FACTS = 1 << 18


@dataclass(frozen=True, slots=True)
class Said(Mark):
    """A mark whose line begins with ``lead``: time stamps and colours as they stand there."""

    lead: str


def at_line(lead: bytes, words: bytes) -> re.Pattern[bytes]:
    """Return an expression for ``words`` at the beginning of a line, after ``lead``.

    It begins with the line feed before them: that is what makes the search quick.
    """
    return re.compile(rb"\n" + lead + rb"(?:" + words + rb")")


def scan(
    log: RawLog,
    words: re.Pattern[bytes],
    prefix: re.Pattern[str],
    inside: re.Pattern[bytes] | None = None,
) -> list[Said]:
    """Return the lines that begin with ``words``, after ``prefix`` and terminal codes, in order.

    ``words`` match at most 128 bytes, of whose last six there are few kinds. A word in the middle
    of a line is text, not a mark, unless ``inside`` matches it. Of a flood of one word only its
    beginning and its end are kept. The log is surveyed.
    """
    found: list[Said] = []
    counted, line = log.begin, 1
    opening = words.match(b"\n" + log.read(log.begin, log.begin + 256))
    for at in (*((log.begin,) if opening else ()), *_thinned(log.survey(words))):
        if found and at < found[-1].end:
            continue
        said = _said(log, at, prefix, inside)
        if said is None:
            continue
        near = said.start - counted <= CHUNK
        ahead = log.read(counted, said.start).count(b"\n") if near else 0
        line = line + ahead if near else log.number(said.start)
        counted = said.start
        found.append(replace(said, line=line))
    return found


def _thinned(hits: Iterable[tuple[int, bytes]]) -> list[int]:
    early: dict[bytes, list[int]] = {}
    late: dict[bytes, deque[int]] = {}
    for at, said in hits:
        kind, begin = said[-6:], at + said.startswith(b"\n")
        kept = early.setdefault(kind, [])
        if len(kept) < _MOST:
            kept.append(begin)
        else:
            late.setdefault(kind, deque(maxlen=_MOST)).append(begin)
    return sorted(at for group in (*early.values(), *late.values()) for at in group)


def _said(
    log: RawLog, at: int, prefix: re.Pattern[str], inside: re.Pattern[bytes] | None
) -> Said | None:
    bounds = log.line_at(at, _LONGEST)
    if bounds is None:
        return None
    start, end = bounds
    line = log.read(start, end)
    match = prefix.match(line.decode("utf-8", "replace"))
    lead = match[0] if match else ""
    begin = max(at - start, len(lead.encode()))
    before = line[len(lead.encode()) : begin].decode("utf-8", "replace")
    if strip_terminal(before).strip() and not (inside and inside.match(line, begin)):
        return None
    rest = strip_terminal(line[begin:].decode("utf-8", "replace"))
    return Said(0, start, end, rest.rstrip(), lead)


class Cutter:
    """Puts steps together: each ends where the next begins."""

    def __init__(self, log: RawLog) -> None:
        self._log = log
        self.steps: list[Step] = []

    def open(
        self,
        name: str,
        at: Mark | None,
        *,
        title: str | None = None,
        script: str | None = None,
        post: bool = False,
    ) -> Step:
        """Begin a step at the line ``at``; ``None`` is the first line of the log.

        The output begins behind that line.
        """
        start, line = (at.start, at.line) if at else (self._log.begin, 1)
        output = min(at.end + 1, self._log.size) if at else start
        self._close(start, line - 1)
        step = Step(name, title, None, start, line, Block(script, {}, output), post=post)
        self.steps.append(step)
        return step

    def finish(self) -> list[Step]:
        """Return all steps; the last one ends with the log."""
        self._close(self._log.size, max(self._log.lines, 1))
        return self.steps

    def _close(self, end: int, last: int) -> None:
        if not self.steps:
            return
        step = self.steps[-1]
        step.end, step.last = end, max(last, step.first)
        if end <= step.start:
            self.steps.pop()


def head_of(log: RawLog) -> bytes:
    """Return the part of a log in which its facts stand."""
    return log.read(log.begin, log.begin + _FACTS)


def first_group(patterns: Iterable[re.Pattern[bytes]], data: bytes) -> str | None:
    """Return the first group that matched of the first pattern that is found in ``data``."""
    for pattern in patterns:
        if match := pattern.search(data):
            return next((text_of(group) for group in match.groups() if group), None)
    return None


def text_of(value: bytes) -> str:
    """Return bytes of a log as text that no terminal acts upon."""
    return strip_terminal(value.decode("utf-8", "replace")).strip()


def moment(text: str | None) -> datetime | None:
    """Return a time stamp, ISO 8601 or seconds since 1970, as a time in UTC."""
    if text is None:
        return None
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        parsed = datetime.fromisoformat(text.replace(" ", "T")[:26].rstrip("Z"))
    except (ValueError, OverflowError, OSError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def lines_between(log: RawLog, start: int, stop: int) -> Iterator[tuple[int, str]]:
    """Yield offset and plain text of the lines of a window that fits into memory."""
    for raw in log.read(start, stop).split(b"\n"):
        yield start, strip_terminal(raw.decode("utf-8", "replace")).rstrip("\r")
        start += len(raw) + 1
