"""A matrix, unfolded: every leg of before must still be there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from regreen.verify.guard.scalars import family, is_repaired

_MOST = 2000


def missing_legs(before: Any, after: Any, where: str) -> list[str]:
    """Return which legs of the old ``strategy`` the new one no longer has."""
    old, new = (side if isinstance(side, dict) else {} for side in (before, after))
    first, second = old.get("matrix"), new.get("matrix")
    if first == second:
        return []
    if isinstance(first, str) and isinstance(second, str) and is_repaired(first, second):
        return []
    if first is None:
        return []
    legs = [_legs(side) for side in (first, second)]
    if legs[0] is None or legs[1] is None:
        return [f"it changes a matrix that only a run can unfold: {where}"]
    left = legs[1]
    gone = [leg for leg in legs[0] if not any(_covers(other, leg) for other in left)]
    if not gone:
        return []
    shown = ", ".join(f"{key} {value}" for key, value in sorted(gone[0].items()))[:80]
    return [f"it removes {len(gone)} of {len(legs[0])} legs of the matrix ({shown}): {where}"]


def more_keys(before: Any, after: Any, words: str, where: str) -> list[str]:
    """Return which values that the job already asks its matrix for are new."""
    old, new = (side if isinstance(side, dict) else {} for side in (before, after))
    legs = [_legs(side.get("matrix")) or [] for side in (old, new)]
    keys = [{key for leg in side for key in leg} for side in legs]
    return [
        f"it gives the matrix a value for {key!r}: {where}"
        for key in sorted(keys[1] - keys[0])
        if legs[0] and re.search(rf"matrix\.{re.escape(key)}\b", words)
    ]


def _covers(new: Mapping[str, str], old: Mapping[str, str]) -> bool:
    return all(key in new and _alike(old[key], new[key]) for key in old)


def _alike(old: str, new: str) -> bool:
    """The same value, a living runner of the same family, or ``3.1`` that was meant as ``3.10``."""
    return family(old) == family(new) or is_repaired(old, new)


def _legs(matrix: Any) -> list[dict[str, str]] | None:
    if not isinstance(matrix, dict):
        return None
    axes = {k: v for k, v in matrix.items() if k not in {"include", "exclude"}}
    if not all(isinstance(v, list) for v in axes.values()):
        return None
    size = 1
    for values in axes.values():
        size *= max(len(values), 1)
    if size > _MOST:
        return None
    include, exclude = matrix.get("include", []), matrix.get("exclude", [])
    if not (isinstance(include, list) and isinstance(exclude, list)):
        return None
    legs = [dict(zip(axes, row, strict=True)) for row in _product(axes)] if axes else []
    legs = [leg for leg in legs if not any(_matches(leg, x) for x in exclude)]
    for extra in include:
        if not isinstance(extra, dict):
            return None
        fitting = [
            leg for leg in legs if all(leg.get(k) == v for k, v in extra.items() if k in axes)
        ]
        for leg in fitting:
            leg.update({k: v for k, v in extra.items() if k not in axes})
        if not fitting or not any(k not in axes for k in extra):
            legs.append(dict(extra))
    return [{k: _text(v) for k, v in leg.items()} for leg in legs]


def _product(axes: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*axes.values())


def _matches(leg: Mapping[str, Any], pattern: Any) -> bool:
    return isinstance(pattern, dict) and all(leg.get(k) == v for k, v in pattern.items())


def _text(value: Any) -> str:
    return re.sub(r"\s+", " ", str(value))
