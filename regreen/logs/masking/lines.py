"""The lines that may hold a secret, and everything that is hidden inside one line.

Most lines of a log hold nothing. A few quick searches for what every secret needs (the name before
it, ``://``, a long run of token characters) choose the lines that the thorough rules then read.
No rule looks beyond its line, so a text may be cut at any line end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.logs.expressions import expression
from regreen.logs.masking.forms import mask_forms, suspects
from regreen.logs.masking.headers import mask_headers
from regreen.logs.masking.names import mask_names
from regreen.logs.masking.urls import mask_urls

_ROUNDS = 4
_NAMES = tuple(
    expression(hint)
    for hint in (
        rb"k(?:en|ie|ey[^a-z\n]|::|\]|s\.slack|s/\d)",
        rb"w(?:ord|d)",
        rb"cre[td]",
        rb"pass(?:phr|[\"'=]|:(?<=[_-]pass:))",
        rb"uthori[sz]",
        rb"sig(?:nature)?=",
        rb" -[up]",
    )
)
"""Parts of what promises a secret: token, cookie, key, ``add-mask::``, web hooks, password, pwd,
secret, credential, passphrase, authorization, signature, ``-u``, ``-p``.

Each begins with literals, and most with a rare letter: that is what makes the search quick."""
_HOSTS = expression(rb"://[^\s/@]{1,700}@")


def mask_lines(data: bytes) -> bytes:
    """Return ``data`` with the secrets inside its lines replaced."""
    spans = sorted(_candidates(data))
    if not spans:
        return data
    block = b"\n".join(data[start:end] for start, end in spans)
    masked = _thorough(block)
    if masked == block:
        return data
    pieces: list[bytes] = []
    at = 0
    for (start, end), line in zip(spans, masked.split(b"\n"), strict=True):
        pieces += (data[at:start], line)
        at = end
    return b"".join((*pieces, data[at:]))


def _thorough(block: bytes) -> bytes:
    """Apply the rules until they change nothing more: masking masked text is to change nothing."""
    masked = _once(block)
    if masked == block:
        return block
    before, after = block.split(b"\n"), masked.split(b"\n")
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        for _ in range(_ROUNDS):
            if old == new:
                break
            old, new = new, _once(new)
        after[number] = new
    return b"\n".join(after)


def _once(block: bytes) -> bytes:
    return mask_names(mask_headers(mask_urls(mask_forms(block))))


def _candidates(data: bytes) -> set[tuple[int, int]]:
    spans: set[tuple[int, int]] = set()
    low = data.lower()
    for hint in _NAMES:
        spans.update(_hits(data, low, hint))
    spans.update(_hits(data, data, _HOSTS))
    end = -1
    for place in sorted(suspects(data)):
        if place > end:
            start, end = _line(data, place)
            spans.add((start, end))
    return spans


def _hits(data: bytes, low: bytes, hint: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    found = hint.search(low)
    while found:
        span = _line(data, found.start())
        yield span
        found = hint.search(low, span[1])


def _line(data: bytes, place: int) -> tuple[int, int]:
    end = data.find(b"\n", place)
    return data.rfind(b"\n", 0, place) + 1, len(data) if end < 0 else end
