"""JSON from outside, read only when it is neither too long nor nested too deeply."""

from __future__ import annotations

import json
import re
from typing import Any

MOST_BYTES = 8 << 20
"""A page of 100 jobs with their steps has some hundred kB."""

MOST_DEPTH = 64
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def from_text(data: bytes | bytearray) -> Any:
    """Return the value of a JSON text. Raises ValueError for what is none, or out of bounds."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES >> 20} MiB")
    text = data.decode("utf-8", "surrogatepass")
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MOST_DEPTH:
            raise ValueError("it is nested too deeply")
    return json.loads(text)
