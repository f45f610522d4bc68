"""What an unquoted scalar means to GitLab, and how it is written where text is wanted.

The forms are those of Ruby's Psych (``ScalarScanner``), which reads YAML 1.1 with a few habits of
its own: commas in numbers, minutes and seconds as ``1:30``, no dates.
"""

from __future__ import annotations

import re

Plain = None | bool | int | float | str

_TRUE = frozenset({"yes", "true", "on"})
_FALSE = frozenset({"no", "false", "off"})
_NULL = frozenset({"", "~", "null"})
_BINARY = re.compile(r"[-+]?0b[01_]+")
_OCTAL = re.compile(r"[-+]?0[0-7_,]+")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)")
_HEX = re.compile(r"[-+]?0x[0-9a-fA-F_,]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?")
_SIXTY = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}(?:\.[0-9_]*)?")
_DATE = re.compile(r"\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)")
_TIME = re.compile(
    r"-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?"
)
_LONGEST = 400
"""Characters beyond which nothing is a number."""


def plain(text: str) -> Plain:
    """Return what the unquoted ``text`` means. Raises ValueError for a date: GitLab refuses it."""
    low = text.lower()
    if low in _NULL:
        return None
    if low in _TRUE or low in _FALSE:
        return low in _TRUE
    if len(text) > _LONGEST or not (text[0].isdigit() or text[0] in "+-."):
        return text
    if _DATE.fullmatch(text) or _TIME.fullmatch(text):
        kind = "Date" if _DATE.fullmatch(text) else "Time"
        raise ValueError(f"Invalid YAML: Tried to load unspecified class: {kind}")
    number = _integer(text)
    return _real(text) if number is None else number


def _integer(text: str) -> int | None:
    digits = text.replace(",", "").replace("_", "")
    for form, base in ((_BINARY, 2), (_OCTAL, 8), (_HEX, 16), (_DECIMAL, 10)):
        if form.fullmatch(text):
            return int(digits, base)
    if _SIXTY.fullmatch(text) and "." not in text:
        total = 0
        for part in digits.lstrip("+-").split(":"):
            total = total * 60 + int(part)
        return -total if text.startswith("-") else total
    return None


def _real(text: str) -> float | str:
    digits = text.replace(",", "").replace("_", "")
    if _FLOAT.fullmatch(text) and digits.strip("+-") != ".":
        return float(digits)
    if text.lstrip("+-").lower() == ".inf":
        return float("-inf") if text.startswith("-") else float("inf")
    return text


def said(value: Plain) -> str:
    """Return ``value`` as Ruby's ``to_s`` writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
