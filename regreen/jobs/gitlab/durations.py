"""How long ``timeout`` and ``start_in`` mean: ``1h 30m``, ``90 minutes``, ``3600``.

Source: https://docs.gitlab.com/ci/yaml/#timeout.
"""

from __future__ import annotations

import re

_UNITS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hr": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "w": 604800,
    "week": 604800,
    "mo": 2592000,
    "month": 2592000,
    "y": 31557600,
    "year": 31557600,
}
_PART = re.compile(r"\s*(\d{1,9}(?:\.\d+)?)\s*([a-z]*)[\s,]*(?:and\s+)?")
_CLOCK = re.compile(r"(\d{1,5}):(\d\d)(?::(\d\d))?")


def seconds_of(text: str) -> float | None:
    """Return the seconds of a duration, ``None`` for what is none."""
    text = text.strip().lower()
    if clock := _CLOCK.fullmatch(text):
        parts = [int(part) for part in clock.groups() if part is not None]
        total = 0
        for part in parts:
            total = total * 60 + part
        return float(total)
    found, at = 0.0, 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            return None
        unit = match[2].removesuffix("s") or "s"
        if unit not in _UNITS:
            return None
        found += float(match[1]) * _UNITS[unit]
        at = match.end()
    return found if text else None
