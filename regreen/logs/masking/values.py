"""Values that are known to be secret: given by the caller, or declared by the log itself.

A value hides in every form that programs print it in: as it is, in Base64 (also as a part of a
longer text such as ``user:SECRET``), URL-encoded, escaped for JSON, for a shell or for XML.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from regreen.logs.expressions import expression
from regreen.logs.masking.caseless import Caseless
from regreen.logs.masking.escapes import mask_split
from regreen.logs.masking.literals import Literals

_COMMAND = (
    rb"(?:::add-mask::|##\[add-mask\]|##vso\[task\.setsecret\]"
    rb"|##vso\[task\.setvariable [^\]\n]{0,400}?issecret=true[^\]\n]{0,400}\])"
)
"""The hosted runner reads its commands in any case; the last two are those of Azure Pipelines."""
DECLARATION = Caseless(rb"(" + _COMMAND + rb"[^\S\n]*+)(\S[^\n\r]*+)")
_OPENING = expression(rb"(?:^|(?<=[\s\xbf]))" + _COMMAND + rb"([^\n]*)", re.IGNORECASE)
_MARKS = (b"add-mask", b"ADD-MASK", b"Add-Mask", b"task.set")
_MARK = expression(rb"dd-mask|task\.set", re.IGNORECASE)
_SHORT_LINE = 4
_SHORT_CODE = 6
"""Shorter pieces of Base64 occur in ordinary words."""
_DEPTH = 3
"""A log's JSON may hold a request whose body is JSON again, quoted once more for a shell."""
_MANY = 200
"""Values beyond this number hide as they are, not in their other forms: a log that declares
thousands of values must not take minutes to read."""
_LONGEST = 64 << 10
"""Bytes of a declared value; GitHub keeps secrets of up to 48 KB."""


def declared(data: bytes) -> tuple[bytes, ...]:
    """The values that a raw output asks to be masked, their escapes (``%25 %0D %0A``) undone."""
    return tuple(dict.fromkeys(value for _, value in declarations(data)))


def declarations(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where the line that declares a value begins, and the value."""
    if not any(mark in data for mark in _MARKS):
        return
    end = -1
    for place in [found.start() for found in _MARK.finditer(data)]:
        if place < end:
            continue
        start = data.rfind(b"\n", 0, place) + 1
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        for found in _OPENING.finditer(data[start:end]):
            value = _unescaped(found[1].strip())
            if 2 < len(value) <= _LONGEST and not value.startswith(b"$") and value.strip(b"* "):
                yield start, value


def _unescaped(value: bytes) -> bytes:
    for code, sign in ((b"%0D", b"\r"), (b"%0A", b"\n"), (b"%25", b"%")):
        value = value.replace(code, sign).replace(code.lower(), sign)
    return value


class Values:
    """Secret values, of which more may be learnt; hides each in every form."""

    def __init__(self, secrets: Iterable[bytes] = ()) -> None:
        self._number = 0
        self._literals = Literals()
        self.add(secrets)

    def add(self, secrets: Iterable[bytes]) -> None:
        """Hide ``secrets`` from now on too."""
        for secret in secrets:
            for line in _lines(secret):
                self._literals.add(_forms(line) if self._number < _MANY else {line})
            self._number += 1

    def mask(self, data: bytes) -> bytes:
        """Return ``data`` with the values in all their forms replaced, also where escapes split."""
        if not self._literals:
            return data
        return mask_split(self._literals.mask(data), self._literals.spans)


def _lines(secret: bytes) -> list[bytes]:
    """The parts of a value that may stand on a line; only one-line values may be very short."""
    lines = [line.strip() for line in re.split(rb"[\r\n]+", secret)]
    least = 1 if sum(map(bool, lines)) == 1 else _SHORT_LINE
    return [line for line in lines if len(line) >= least and line.strip(b"*")]


def _forms(plain: bytes) -> set[bytes]:
    forms = {plain} | _encoded(plain)
    if len(plain) >= _SHORT_CODE:
        digits = plain.hex().encode()
        forms |= {digits, digits.upper(), plain.upper(), plain.lower()}
    text = plain.decode("utf-8", "surrogateescape")
    if plain.isalnum():
        return forms
    bare = repr(text)[1:-1]
    written = {
        bare,
        bare.replace("\\'", "'"),
        escape(text),
        escape(text, {'"': "&quot;", "'": "&#39;"}),
    }
    written |= {json.dumps(text, ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    written |= {shlex.quote(text), re.sub(r"([^\w\n])", r"\\\1", text, flags=re.ASCII)}
    written |= {re.sub(r"([\"$`\\])", r"\\\1", text), text.replace("'", "'\\''")}
    written |= {text.replace("/", "\\/")}
    again = text
    for _ in range(_DEPTH):
        again = json.dumps(again)[1:-1]
        written.add(again)
    for safe in ("", "/", "/:@", "/:?#[]@!$&'()*+,;=", "!*'()"):
        for code in (
            quote(text, safe, errors="surrogateescape"),
            quote_plus(text, safe, errors="surrogateescape"),
        ):
            lower = re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), code)
            written |= {code, lower, code.replace("%", "%25")}
    forms |= {
        form.encode("utf-8", "surrogatepass" if _odd(form) else "surrogateescape")
        for form in written
        if form.strip("*'\" ")
    }
    return {form for form in forms if b"\n" not in form}


def _odd(text: str) -> bool:
    return any(0xD800 <= ord(c) < 0xDC80 or 0xDCFF < ord(c) < 0xE000 for c in text)


def _encoded(plain: bytes) -> set[bytes]:
    """Base64 of ``plain``, whole and inside a longer text at each place in a group of three."""
    whole = base64.b64encode(plain)
    forms = {whole, whole.rstrip(b"=")} if len(plain) > 2 else set()
    for offset in range(3):
        code = base64.b64encode(bytes(offset) + plain)
        first = -(-offset * 8 // 6)
        last = (offset + len(plain)) * 8 // 6
        if last - first >= _SHORT_CODE:
            forms.add(code[first:last])
    return forms | {form.translate(bytes.maketrans(b"+/", b"-_")) for form in forms}
