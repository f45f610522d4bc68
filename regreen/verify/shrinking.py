"""Find a smallest part of something that still does what all of it does.

Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
Transactions on Software Engineering 28(2), 2002), with a bound on how often is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def smallest(
    items: Sequence[T], works: Callable[[Sequence[T]], bool], *, most: int
) -> tuple[T, ...]:
    """Return items, in their order, that still work, of which (if ``most`` allows) none can go.

    ``items`` as a whole are known to work; ``works`` is asked ``most`` times at most, and never
    about all of them. Deterministic.
    """
    left = tuple(items)
    pieces = 2
    asked = 0
    while len(left) >= 2:
        reduced = None
        for rest in _candidates(left, pieces):
            if asked >= most:
                return left
            asked += 1
            if works(rest):
                reduced = rest
                break
        if reduced is not None:
            pieces = 2 if len(reduced) <= len(left) // 2 else max(pieces - 1, 2)
            left = reduced
        elif pieces >= len(left):
            return left
        else:
            pieces = min(2 * pieces, len(left))
    return left


def _candidates(items: Sequence[T], pieces: int) -> list[tuple[T, ...]]:
    """Return each piece alone, then all but each piece; for two pieces these are the same."""
    size = -(-len(items) // pieces)
    chunks = [tuple(items[at : at + size]) for at in range(0, len(items), size)]
    without = [
        tuple(one for other, chunk in enumerate(chunks) if other != number for one in chunk)
        for number in range(len(chunks))
    ]
    return chunks + (without if len(chunks) > 2 else [])
