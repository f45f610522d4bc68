"""Values that are known to be secret: given by the caller, or declared by the log itself.

A value hides in every form that programs print it in: as it is, in Base64 (also as a part of a
longer text such as ``user:SECRET``), URL-encoded, escaped for JSON, for a shell or for XML.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from regreen.logs.expressions import expression

_ADD_MASK = expression(rb"(?:^|(?<=[\s\xbf]))(?:::add-mask::|##\[add-mask\])([^\n]*)", re.MULTILINE)
_SHORT_LINE = 4
_SHORT_CODE = 6
"""Shorter pieces of Base64 occur in ordinary words."""
_MANY = 200
"""Values beyond this number hide as they are, not in their other forms: a log that declares
thousands of values must not take minutes to read."""
_MOST = 2000
_LONGEST = 64 << 10
"""Bytes of a declared value; GitHub keeps secrets of up to 48 KB."""


def declared(data: bytes) -> tuple[bytes, ...]:
    """The values that a raw output asks to be masked, their escapes (``%25 %0D %0A``) undone."""
    values: dict[bytes, None] = {}
    for found in _ADD_MASK.finditer(data):
        value = found[1].strip()
        if len(value) > _LONGEST:
            continue
        for code, sign in ((b"%0D", b"\r"), (b"%0A", b"\n"), (b"%25", b"%")):
            value = value.replace(code, sign).replace(code.lower(), sign)
        if len(value) > 2 and not value.startswith(b"$") and value.strip(b"* "):
            values[value] = None
    return tuple(values)


def pattern(secrets: Iterable[bytes]) -> re.Pattern[bytes] | None:
    """Return what finds every form of ``secrets``, the longest first; None for no secrets."""
    forms: set[bytes] = set()
    for number, secret in enumerate(secrets):
        if number >= _MOST:
            break
        for line in _lines(secret):
            forms |= {line} if number >= _MANY else _forms(line)
    if not forms:
        return None
    groups: dict[bytes, list[bytes]] = {}
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        groups.setdefault(form[:1], []).append(re.escape(form))
    return re.compile(b"|".join(b"|".join(group) for group in groups.values()))


def _lines(secret: bytes) -> list[bytes]:
    """The parts of a value that may stand on a line; only one-line values may be very short."""
    lines = [line.strip() for line in re.split(rb"[\r\n]+", secret)]
    least = 1 if sum(map(bool, lines)) == 1 else _SHORT_LINE
    return [line for line in lines if len(line) >= least and line.strip(b"*")]


def _forms(plain: bytes) -> set[bytes]:
    forms = {plain} | _encoded(plain)
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
