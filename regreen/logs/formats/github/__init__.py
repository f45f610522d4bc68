"""The logs of GitHub Actions: hosted and self-hosted runners, with or without columns."""

from __future__ import annotations

from regreen.logs.formats.github import ending, facts, marks, steps
from regreen.logs.layout import Layout
from regreen.logs.raw import RawLog
from regreen.logs.text import COLUMNS_PREFIX, PREFIX, has_columns

_SNIFF = 1 << 16
_LAST = (marks.Kind.POST, marks.Kind.END)
"""What the runner says once a job's own steps are over."""


def read(log: RawLog) -> Layout | None:
    """Return the log's steps, or ``None`` when it holds none of the runner's marks."""
    columns = has_columns(log.read(0, _SNIFF).decode("utf-8", "replace"))
    found = marks.scan(log, columns=columns)
    if not found:
        return None
    parts = steps.split(log, found, columns=columns)
    ended = any(mark.kind in _LAST for mark in found)
    return Layout(
        "github",
        parts,
        lambda parts: ending.find(parts, found),
        ending.of_step,
        lambda parts, failing: facts.read(log, parts, found, failing),
        COLUMNS_PREFIX if columns else PREFIX,
        open_end=None if ended else parts[-1],
    )
