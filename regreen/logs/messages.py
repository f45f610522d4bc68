"""A step's output as CircleCI's API gives it: a JSON array of messages, to the text in them.

``[{"message": "…", "time": "…", "type": "out"}, …]``; the array is mostly one line, so the lines of
the text are what a log's line numbers count.
https://circleci.com/docs/api/v1/#single-job (``output_url`` of a step's action)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from regreen.logs.expressions import expression

_ARRAY = expression(rb"\s*\[\s*\{\s*\"(?:message|time|type|truncated)\"\s*:")
_TYPE = expression(rb"\"type\"\s*:\s*\"(?:out|err)\"")
_MESSAGE = expression(rb"\"message\"\s*:\s*\"")
_OPENING = 64
"""Bytes in which ``"message": "`` fits, as it is written."""
_STRING = expression(
    rb"(?:[^\"\\]++|\\(?:[^u]|u[0-9a-fA-F]{4}|u(?![0-9a-fA-F]{0,3}\Z)))*+", re.DOTALL
)
"""A string up to its quote, or to an escape that the end cuts."""
_HALF = expression(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")
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
        at = 0
        while True:
            if not inside:
                match = _MESSAGE.search(rest, at)
                if match is None:
                    at = max(at, len(rest) - _OPENING)
                    break
                at, inside = match.end(), True
            end = _complete(rest, at)
            yield _text(rest[at:end])
            at = end
            closed = rest[at : at + 1] == b'"'
            if not closed and len(rest) - at <= 2 * _ESCAPE:
                break
            inside = not closed
            yield b"" if closed else rest[at : at + 1]
            at += 1
        rest = rest[at:]
    if inside:
        yield _text(rest)


def _complete(data: bytes, begin: int) -> int:
    """Where the string ends, or where it may be cut: not in an escape, nor in a character."""
    match = _STRING.match(data, begin)
    end = match.end() if match else begin
    if data[end : end + 1] == b'"' or len(data) - end > _ESCAPE:
        return end
    half = _HALF.search(data, max(end - _ESCAPE, begin), end)
    if half is not None:
        return half.start()
    for cut in range(end - 1, max(end - 4, begin) - 1, -1):
        if data[cut] < 0x80:
            break
        if data[cut] >= 0xC0:
            return cut
    return end


def _text(escaped: bytes) -> bytes:
    try:
        said = json.loads(b'"' + escaped + b'"', strict=False)
    except ValueError:
        return escaped
    return str(said).encode("utf-8", "replace")
