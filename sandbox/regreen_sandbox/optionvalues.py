"""The values of ``docker create``'s options: sizes, durations, switches, as Docker reads them."""

from __future__ import annotations

import re


class WrongValue(ValueError):
    """An option's value that Docker refuses."""


def switch(value: str) -> bool:
    """Read a switch as Go's ``strconv.ParseBool`` does. Raises `WrongValue`."""
    if value in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if value in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise WrongValue(f"{value!r} is neither true nor false")


_MOST_DIGITS = 18
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def size(value: str) -> int:
    """Return the bytes that ``512m`` or ``1.5gb`` means. Raises `WrongValue`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([bkmgt]?)(?:i?b)?", value.lower())
    if not found:
        raise WrongValue(f"{value!r} is no size")
    if len(found[1]) > _MOST_DIGITS:
        raise WrongValue(f"{value[:40]!r} is too large")
    return int(float(found[1]) * _UNITS[found[2]])


_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|h|m|s)")


def duration(value: str) -> float:
    """Return the seconds that a duration as Go writes it (``1m30s``) means. Raises `WrongValue`."""
    if value == "0":
        return 0.0
    if not value or len(value) > _MOST_DIGITS or _DURATION.sub("", value):
        raise WrongValue(f"{value!r} is no duration (one is 10s or 1m30s)")
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(value))


def number(value: str) -> float:
    """Return a number. Raises `WrongValue`."""
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e6:  # not-a-number neither
        raise WrongValue(f"{value!r} is no number of processors")
    return found


def count(value: str) -> int:
    """Return a whole number. Raises `WrongValue`."""
    if not value.isdecimal() or len(value) > _MOST_DIGITS:
        raise WrongValue(f"{value!r} is no whole number")
    return int(value)
