"""Secrets that stand on a line after the one that promises them.

Private keys, a prompt or a block of YAML (``password:`` and the value on the next line), an entry
of a list of variables (``- name: DB_PASSWORD``, then ``value: …``), and keys in PuTTY's format
(appendix C of its manual: ``Private-Lines: N``, then N lines of Base64).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from regreen.logs.expressions import expression
from regreen.logs.masking.keys import Keys
from regreen.logs.masking.literals import automaton
from regreen.logs.masking.names import KEYWORD, secret_value
from regreen.logs.masking.words import code, digest, entropy, random

_PREFIX = rb"(?:[^\n]*\t)?(?:\S*\d\d:\d\d:\d\d\S*[ ])?[^\S\n]*"
_COLON_END = rb":[ \t]{0,2}(?:[|>][+-]?)?[ \t]?\r?\n"
_BLOCK = expression(rb"([A-Za-z_-]{2,40})[\"']?" + _COLON_END + rb"\Z")
_ENTRY = expression(
    rb"name:[ \t]{1,3}[\"']?[A-Za-z0-9_.-]{0,60}?(?i:" + KEYWORD + rb")[\"']?[ \t]?\r?\n"
)
_PUTTY = expression(rb"Private-Lines:[ \t]?(\d{1,3})\r?\n")
_HEX = expression(rb"[0-9a-f]{32}(?:[0-9a-f]{8})?(?:[0-9a-f]{24})?")
_KEYWORD_END = expression(
    rb"(?:password|passwd|passphrase|pwd|token|secret|[_-]key|apikey)\Z", re.IGNORECASE
)
_WIDTH = 4096
_ALONE = expression(rb"(" + _PREFIX + rb"[\"']?)([^\s\"']{12,512})([\"']?\s*)$")
_VALUE = expression(rb"(" + _PREFIX + rb"value:[ \t]{1,3}[\"']?)([^\s\"']{1,4096})([\"']?\s*)$")
_BASE64 = expression(rb"(?:^|(?<=\s))[A-Za-z0-9+/]{1,80}={0,2}(?=\s*$)")
_ENTROPY = 3.5


class Beyond:
    """Hides secrets that more than their line shows, in a text that comes in pieces of lines."""

    def __init__(self) -> None:
        self._keys = Keys()
        self._left = 0
        self._keyword = b""
        self._entry = False

    @property
    def pending(self) -> bool:
        """Whether the next line may be a secret for what stands before it."""
        return self._left > 0 or self._keys.inside

    def mask(self, data: bytes) -> bytes:
        """Return ``data``, the lines that follow those given before, with secrets replaced."""
        return self._keys.mask(self._followed(data))

    def _followed(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        places = _places(data)
        at = number = 0
        while at < len(data):
            while not self._left and number < len(places) and places[number] < at:
                number += 1
            if not self._left:
                begin = places[number] if number < len(places) else len(data)
                pieces.append(data[at:begin])
                at = begin
            end = data.find(b"\n", at) + 1 or len(data)
            pieces.append(self._line(data[at:end]))
            at = end
        return b"".join(pieces)

    def _line(self, line: bytes) -> bytes:
        masked = line
        if self._left:
            self._left -= 1
            masked = self._hidden(line) if len(line) <= _WIDTH else line
        if not self._left and line.endswith(b"\n"):
            self._open(line[-_WIDTH:])
        return masked

    def _open(self, line: bytes) -> None:
        putty = _PUTTY.search(line)
        found = putty or _ENTRY.search(line) or _BLOCK.search(line)
        if found and not putty and not _KEYWORD_END.search(found[1]):
            found = None
        if found:
            self._keyword = b"" if putty else found[1]
            self._left = int(found[1]) if putty else 1
            self._entry = not putty and line[found.start() :].startswith(b"name")

    def _hidden(self, line: bytes) -> bytes:
        if not self._keyword:
            return _BASE64.sub(b"***", line, count=1)
        found = (_VALUE if self._entry else _ALONE).match(line)
        if not found:
            return line
        if self._entry:
            fits = secret_value(self._keyword, found[2], loud=self._keyword.isupper())
        else:
            fits = _drawn(found[2])
        return found[1] + b"***" + found[3] if fits else line


def _places(data: bytes) -> list[int]:
    """Where lines begin that may promise a secret on the next one."""
    return sorted({data.rfind(b"\n", 0, found.start()) + 1 for found in _hint().finditer(data)})


@cache
def _hint() -> Any:
    return automaton(
        rb"(?i:(?:word|passwd|phrase|pwd|token|secret|[_-]key|apikey)[\"']?" + _COLON_END + rb")"
        rb"|name:[ \t]{1,3}[\"']?[A-Za-z0-9_.-]{1,80}[\"']?[ \t]?\r?\n"
        rb"|Private-Lines:[ \t]?\d{1,3}\r?\n"
    )


def _drawn(value: bytes) -> bool:
    return (
        random(value)
        and not (digest(value) or code(value) or _HEX.fullmatch(value) or value.endswith(b":"))
        and entropy(value) >= _ENTROPY
    )
