"""Which parts of a step's output are classified when there is too much of it.

A tool says at its end that it failed, and a program's first words say what it was given; so the
beginning and the end are always kept, and of what lies between the latest parts in which a rule has
something to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from regreen.logs.raw import RawLog

WHOLE = 2 << 20
"""Bytes of a step up to which all of it is classified."""
_HEAD = 1 << 17
_TAIL = 1 << 20
_BLOCK = 1 << 16
_BLOCKS = 12
_REACH = 32 << 20
"""How far back from the kept end parts of interest are looked for."""


def ranges(
    log: RawLog, begin: int, stop: int, telling: Callable[[bytes], bool]
) -> list[tuple[int, int]]:
    """Return the parts of ``begin`` to ``stop`` to classify, in order, each beginning with a line.

    ``telling`` says whether a part of the output holds what a rule looks for.
    """
    if stop - begin <= WHOLE:
        return [(begin, stop)]
    head = log.start_of_line(begin + _HEAD)
    tail = log.start_of_line(stop - _TAIL)
    middle = list(_telling_blocks(log, head, tail, telling))
    return _joined([(begin, head), *reversed(middle), (tail, stop)])


def _telling_blocks(
    log: RawLog, head: int, tail: int, telling: Callable[[bytes], bool]
) -> Iterator[tuple[int, int]]:
    low = max(head, tail - _REACH)
    left, end = _BLOCKS, tail
    while left and end > low:
        start = max(log.start_of_line(max(end - _BLOCK, low)), low)
        if start >= end:
            start = max(end - _BLOCK, low)
        if telling(log.read(start, end)):
            yield start, end
            left -= 1
        end = start


def _joined(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined = parts[:1]
    for start, end in parts[1:]:
        if start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
