"""The lines that may hold a secret, and everything that is hidden inside one line.

Most lines of a log hold nothing. A few quick searches for what every secret needs (the name before
it, ``://``, a long run of token characters) choose the lines that the thorough rules then read.
No rule looks beyond its line, so a text may be cut at any line end.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from regreen.logs.expressions import expression
from regreen.logs.masking.encoded import encoded, mask_encoded
from regreen.logs.masking.escapes import mask_split
from regreen.logs.masking.forms import mask_forms, suspects, tokens
from regreen.logs.masking.headers import mask_headers
from regreen.logs.masking.literals import automaton
from regreen.logs.masking.names import mask_names
from regreen.logs.masking.structured import mask_structured
from regreen.logs.masking.urls import mask_urls

_ROUNDS = 4
_LONG = 64 << 10
"""A line this long is read thoroughly without asking what it may hold."""
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
_RARE = rb"auth ?= ?\(|_auth[ \"'=:]|[\"']auth\\?[\"']:|vault login|dd-mask|%2f%2f|##vso\[task\.set"
_HOSTS = (
    expression(rb"://[^\s/@]{1,700}@"),
    expression(rb"://[^\s/@:]{1,256}:[^\s/@]*+/(?<!\d/)[^\s@]{1,512}@"),
)


def mask_lines(data: bytes) -> bytes:
    """Return ``data`` with the secrets inside its lines replaced."""
    data = mask_split(data, tokens, words=True)
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


def promising(line: bytes) -> bool:
    """Whether something in ``line`` promises a secret, which may be still to come."""
    return bool(_candidates(line))


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
    return mask_encoded(mask_structured(mask_headers(_plain(block))), _plain)


def _plain(block: bytes) -> bytes:
    return mask_names(mask_urls(mask_forms(block)))


def _candidates(data: bytes) -> set[tuple[int, int]]:
    if len(data) > _LONG and data.find(b"\n", 0, -1) < 0:
        return {(0, len(data) - data.endswith(b"\n"))}
    spans: set[tuple[int, int]] = set()
    low = data.lower()
    for hint in _NAMES:
        spans.update(_hits(data, low, hint))
    for hint in _HOSTS:
        spans.update(_hits(data, data, hint))
    spans.update(_hits(data, low, _rare()))
    place = encoded(data)
    while place >= 0:
        span = _line(data, place)
        spans.add(span)
        place = encoded(data, span[1])
    end = -1
    for place in sorted(suspects(data)):
        if place > end:
            start, end = _line(data, place)
            spans.add((start, end))
    return spans


@cache
def _rare() -> Any:
    """What promises a secret seldom enough that one automaton for all of it is quicker."""
    return automaton(_RARE)


def _hits(data: bytes, low: bytes, hint: Any) -> Iterator[tuple[int, int]]:
    found = hint.search(low)
    while found:
        span = _line(data, found.start())
        yield span
        found = hint.search(low, span[1])


def _line(data: bytes, place: int) -> tuple[int, int]:
    end = data.find(b"\n", place)
    return data.rfind(b"\n", 0, place) + 1, len(data) if end < 0 else end
