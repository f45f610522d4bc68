"""What a diff may cost the host: judged by what it states, before git unpacks any of it.

A diff from a sandbox is data of a stranger. A binary patch is compressed, so that a few bytes can
stand for gigabytes. The format is git's: a line ``literal SIZE`` or ``delta SIZE``, then lines of
base 85 (the first letter is the line's length) that are one zlib stream, then an empty line. A
delta begins with two numbers, the sizes of what it is applied to and of what comes of it.
"""

from __future__ import annotations

import base64
import re
import zlib

from regreen.errors import UsageError

FILE_BYTES = 50 << 20
DIFF_BYTES = 200 << 20

_HUNK = re.compile(rb"^(?:literal|delta) .*$", re.MULTILINE)
_HEADER = re.compile(rb"(literal|delta) ([0-9]{1,18})")
_DELTA_HEAD = 20
"""Bytes: two numbers of up to 64 bits, seven bits to the byte."""
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def require_modest(diff: bytes) -> None:
    """Return when ``diff`` is within the bounds.

    Raises UsageError when it, or what one of its binary files states, is larger, or when a binary
    file is not written as git writes it.
    """
    total = len(diff)
    if total > DIFF_BYTES:
        raise _too_large("the diff", DIFF_BYTES)
    for line in _HUNK.finditer(diff):
        stated = _HEADER.fullmatch(line[0])
        if stated is None:
            raise _malformed()
        size = int(stated[2])
        if stated[1] == b"delta" and size <= FILE_BYTES:
            size = max(size, *_delta_sizes(diff, line.end() + 1))
        if size > FILE_BYTES:
            raise _too_large("a binary file in the diff", FILE_BYTES)
        total += size
        if total > DIFF_BYTES:
            raise _too_large("the diff", DIFF_BYTES)


def _delta_sizes(diff: bytes, start: int) -> tuple[int, int]:
    """Return the sizes before and after the delta whose data begin at ``start``."""
    unpack, head = zlib.decompressobj(), b""
    while len(head) < _DELTA_HEAD and not unpack.eof:
        end = diff.find(b"\n", start)
        line = diff[start : end if end >= 0 else len(diff)]
        if not line:
            break
        try:
            length = _LETTERS.index(line[:1]) + 1
            data = base64.b85decode(line[1:])[:length]
            head += unpack.decompress(unpack.unconsumed_tail + data, _DELTA_HEAD)
        except (ValueError, zlib.error):
            raise _malformed() from None
        start += len(line) + 1
    before, rest = _number(head)
    after, _ = _number(rest)
    return before, after


def _number(data: bytes) -> tuple[int, bytes]:
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, data[place + 1 :]
    raise _malformed()


def _too_large(what: str, limit: int) -> UsageError:
    return UsageError(
        f"{what} is larger than the {limit >> 20} MiB that regreen takes",
        "look at what the job and its tools write to the repository's files",
    )


def _malformed() -> UsageError:
    return UsageError(
        "a binary file in the diff is not written as git writes it",
        "look at what the job and its tools write to the repository's files",
    )
