"""A command's plain output: one step, and its last words."""

from __future__ import annotations

from regreen.logs.layout import Block, Layout, Step
from regreen.logs.raw import RawLog
from regreen.model import LogFacts


def read(log: RawLog) -> Layout:
    """Return the whole log as one step."""
    block = Block(None, {}, log.begin)
    whole = Step("log", None, None, log.begin, 1, block, end=log.size, last=log.lines)
    return Layout(
        None,
        [whole],
        lambda _: None,
        lambda _: None,
        lambda _steps, _failing: LogFacts(),
        open_end=whole,
    )
