"""Quotes in one line of settings: closed, begun, dropped or made of one kind, in any form."""

from __future__ import annotations

import re
from collections.abc import Iterator

PARTS = re.compile(r"^(?P<body>.*?)(?P<comment>[ \t]+#[^\n]*)?(?P<end>[ \t]*\r?\n?)\Z", re.S)
"""The code of a line, the comment behind it, and the line's end."""
_ENDS = re.compile(r",(?=\s*[\"'\w]|\s*\Z)|\s*[\]}]|\s+#|\s*=")
_BAD_ESCAPE = re.compile(r"\\(?![btnfr\"\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
_STRING = re.compile(r"\"(?P<value>(?:[^\"\\\n]|\\.)*)\"")


def quotes(line: str) -> Iterator[tuple[str, str]]:
    """Close, open, drop or change a quote."""
    for comment in parted(line):
        body = line[: len(line) - len(comment)]
        for sign in "\"'":
            if body.count(sign) % 2 == 0:
                continue
            for at in _closings(body, sign):
                yield body[:at] + sign + body[at:] + comment, f"the {sign} is closed"
            for at in (
                m.end()
                for m in re.finditer(
                    r"(?:[=:]\s+|=|[\[,{]\s*|^\s*(?:-\s+)*)(?=[^\s\"\'\[\]{},=#])", body
                )
            ):
                yield body[:at] + sign + body[at:] + comment, f"a {sign} begins the text"
            at = body.rfind(sign)
            yield body[:at] + body[at + 1 :] + comment, f"no {sign} too many"
        if body.count('"') % 2 and body.count("'") % 2:
            first = min(body.find('"'), body.find("'"))
            sign, other = (body[first], "'" if body[first] == '"' else '"')
            at = body.rfind(other)
            yield body[:at] + sign + body[at + 1 :] + comment, "one kind of quotes around a text"


def _closings(body: str, sign: str) -> Iterator[int]:
    """Yield the places at which a text that some ``sign`` begins may end."""
    signs = [found.start() for found in re.finditer(re.escape(sign), body)][:12]
    stripped = len(body.rstrip())
    for opened, following in reversed(list(zip(signs, [*signs[1:], stripped], strict=True))):
        inside = body[opened + 1 : following]
        ends = {opened + 1 + m.start() for m in _ENDS.finditer(inside)}
        if following == stripped:
            code = body[:stripped]
            ends |= {stripped, len(code.rstrip(",")), len(code.rstrip(",]} "))}
            ends |= {len(code.rstrip(",").removesuffix(one)) for one in ("]", "}", " ]", " }")}
        yield from sorted(at for at in ends if at > opened)


def parted(line: str) -> Iterator[str]:
    """Yield what may be the comment (with the line's end) behind the code of ``line``."""
    found = PARTS.match(line)
    if found is not None:
        if found["comment"]:
            yield line[found.start("comment") :]
        yield found["end"]


def escapes(line: str) -> Iterator[tuple[str, str]]:
    """Write a text with backslashes literally, or the backslashes twice."""

    def literal(found: re.Match[str]) -> str:
        value = found["value"]
        return f"'{value}'" if _BAD_ESCAPE.search(value) and "'" not in value else found[0]

    def doubled(found: re.Match[str]) -> str:
        return '"' + _BAD_ESCAPE.sub(r"\\\\", found["value"]) + '"'

    for made, why in (
        (_STRING.sub(literal, line), "a text with backslashes stands in single quotes"),
        (_STRING.sub(doubled, line), "a backslash is written twice"),
        (_BAD_ESCAPE.sub(r"\\\\", line), "a backslash is written twice"),
    ):
        if made != line:
            yield made, why
    inner = re.match(r"^([^\"]*)\"(.*)\"(,?\s*(?:#.*)?\s*)\Z", line, re.S)
    if inner and '"' in inner[2]:
        escaped = re.sub(r"(?<!\\)\"", r"\\\"", inner[2])
        if "'" not in inner[2]:
            yield f"{inner[1]}'{inner[2]}'{inner[3]}", "a text with quotes in the other ones"
        yield f'{inner[1]}"{escaped}"{inner[3]}', "quotes within a text are escaped"
