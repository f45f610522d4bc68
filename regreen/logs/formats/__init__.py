"""How the providers write their logs; the first format that knows a log reads it.

A format is a function from an open log to its ``Layout``, or to ``None`` when it is not its own.
"""

from __future__ import annotations

from collections.abc import Callable

from regreen.logs.formats import github, plain
from regreen.logs.layout import Layout
from regreen.logs.raw import RawLog

FORMATS: tuple[Callable[[RawLog], Layout | None], ...] = (github.read,)


def read(log: RawLog) -> Layout:
    """Return the steps of a log, read as its provider writes it."""
    for format_ in FORMATS:
        if (layout := format_(log)) is not None:
            return layout
    return plain.read(log)
