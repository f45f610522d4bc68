"""A step's output as CircleCI's API gives it: a JSON array of messages, to the text in them.

``[{"message": "…", "time": "…", "type": "out"}, …]``; the array is mostly one line, so the lines of
the text are what a log's line numbers count.
https://circleci.com/docs/api/v1/#single-job (``output_url`` of a step's action)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

_ARRAY = re.compile(rb"\s*\[\s*\{\s*\"(?:message|time|type|truncated)\"\s*:")
_TYPE = re.compile(rb"\"type\"\s*:\s*\"(?:out|err)\"")
_MESSAGE = re.compile(rb"\"message\"\s*:\s*\"")
_OPENING = 64
"""Bytes in which ``"message": "`` fits, as it is written."""
_STRING = re.compile(
    rb"(?:[^\"\\]++|\\(?:[^u]|u[0-9a-fA-F]{4}))*+", re.DOTALL
)  # fmt: skip
_HALF = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")
"""The first half of a surrogate pair, which is one character."""
_ESCAPE = 6
"""Bytes of the longest single escape."""


def packed(head: bytes, *, whole: bool) -> bool:
    """Return whether a text that begins with ``head`` is such an array.

    Of one that is longer than ``head``, whose first message may be too, less is asked.
    """
    if not _ARRAY.match(head):
        return False
    return _TYPE.search(head) is not None or (not whole and _MESSAGE.search(head) is not None)


def unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the messages of an array that comes in ``chunks``, as UTF-8 text.

    Nothing but the messages' strings is looked at, so an array that was cut off gives what it has.
    """
    rest, inside = b"", False
    for chunk in chunks:
        rest += chunk
        while True:
            if not inside:
                match = _MESSAGE.search(rest)
                if match is None:
                    rest = rest[-_OPENING:]
                    break
                rest, inside = rest[match.end() :], True
            end = _complete(rest)
            closed = rest[end : end + 1] == b'"'
            yield _text(rest[:end])
            if not closed and len(rest) - end <= 2 * _ESCAPE:
                rest = rest[end:]
                break
            inside = not closed
            yield b"" if closed else rest[end : end + 1]
            rest = rest[end + 1 :]
    if inside:
        yield _text(rest)


def _complete(data: bytes) -> int:
    """Where the string ends, or where it may be cut: not in an escape, nor in a character."""
    match = _STRING.match(data)
    end = match.end() if match else 0
    if end < len(data):
        return end
    low = end
    while end > 0 and low - end < 4 and data[end - 1] >= 0x80:
        end -= 1
    half = _HALF.search(data, max(low - _ESCAPE, 0), low)
    return half.start() if half else end


def _text(escaped: bytes) -> bytes:
    try:
        said = json.loads(b'"' + escaped + b'"', strict=False)
    except ValueError:
        return escaped
    return str(said).encode("utf-8", "replace")
