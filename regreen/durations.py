"""Durations as people write them."""

from __future__ import annotations

import re

from regreen.errors import UsageError

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(h|m|s)?")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}


def seconds(text: str) -> float:
    """Return the seconds in ``90``, ``90s``, ``10m`` or ``1h30m``. Raises UsageError."""
    compact = text.strip().lower()
    parts = _PART.findall(compact)
    total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if not parts or _PART.sub("", compact).strip() or total <= 0:
        raise UsageError(f"{text!r} is no duration", "write it as 90s, 10m or 1h")
    return total
