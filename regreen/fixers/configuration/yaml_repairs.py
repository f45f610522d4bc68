"""Repairs of what is no YAML: signs that are missing or too many, quotes, tabs, indentation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from regreen.fixers.configuration.marks import (
    block_end,
    indent_of,
    is_blank,
    key_column,
    lines_of,
    quoted,
)
from regreen.fixers.configuration.mending import Change
from regreen.jobs.schema import Fault

_NO_DOLLAR = re.compile(r"(?<![$\w{])\{\{(?P<code>[^{}]*)\}\}")
_SPACES = {"\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u3000": " ", "\u200b": "", "\ufeff": ""}
_QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
_STRANGE = re.compile("[" + "".join((*_SPACES, *_QUOTES)) + "\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_VALUE = re.compile(
    r"(?P<head>\s*(?:-\s+)*(?:[\w./-]+:\s+)?)(?P<value>\S.*?)[ \t]*(?P<end>\r?\n?)\Z"
)
_BARE = re.compile(r"(?P<head>\s*(?:-\s+)*)(?P<key>[A-Za-z_][\w-]*)(?P<end>\s*\n?)\Z")
_NO_COLON = re.compile(r"(?P<head>\s*(?:-\s+)*)(?P<key>[A-Za-z_][\w-]*)(?P<value>\s+\S.*\n?)\Z")
_NO_SPACE = re.compile(r"(?P<head>\s*(?:-\s+)*)(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s:/].*\n?)\Z")
_NO_DASH_SPACE = re.compile(r"(?P<head>\s*)-(?P<rest>[A-Za-z_].*\n?)\Z")
_SEMICOLON = re.compile(
    r"(?P<head>\s*(?:-\s+)*)(?P<key>[A-Za-z_][\w-]*)\s*[;=](?P<rest>\s.*)\Z", re.S
)
_SCRIPT = re.compile(r"\s*(?:-\s+)*run:\s+")
_SHAPE = re.compile(
    r"Unexpected value|Required property|was not expected|already defined|not enough info"
)
_NEAR = (0, -1, -2, -3, 1)
_LOOK_BACK = 25
_CLOSING = {"[": "]", "{": "}", '"': '"', "'": "'"}


def missing_dollar(text: str, fault: Fault) -> Iterator[Change]:
    """Write ``${{ x }}`` where ``{{ x }}`` stands: here first, then all values that begin so."""
    lines = lines_of(text)
    at = fault.line - 1
    if at >= len(lines) or not _NO_DOLLAR.search(lines[at]):
        return
    begins = re.compile(r"^(\s*(?:-\s+)*(?:[\w.-]+:\s+)?)\{\{[^{}]*\}\}")
    everywhere = [
        _NO_DOLLAR.sub(r"${{\g<code>}}", line) if begins.match(line) else line for line in lines
    ]
    everywhere[at] = _NO_DOLLAR.sub(r"${{\g<code>}}", lines[at])
    why = "an expression begins with ${{"
    yield Change("".join(everywhere), why)
    lines[at] = everywhere[at]
    yield Change("".join(lines), why)


def strange_characters(text: str, fault: Fault) -> Iterator[Change]:
    """Write plain spaces and quotes, and drop signs that YAML does not allow."""
    del fault
    if _STRANGE.search(text):
        table = {**_SPACES, **_QUOTES}
        plain = _STRANGE.sub(lambda found: table.get(found[0], ""), text)
        yield Change(plain, "only plain spaces, quotes and printable signs")


def tabs(text: str, fault: Fault) -> Iterator[Change]:
    """Indent with spaces: as many for a tab as the file's own steps are wide."""
    del fault
    lines = lines_of(text)
    if not any("\t" in line[: indent_of(line)] for line in lines):
        return
    for width in dict.fromkeys((_step(lines), *_widths(lines), 2, 4, 8)):
        made = [
            line[: indent_of(line)].expandtabs(width) + line[indent_of(line) :] for line in lines
        ]
        yield Change("".join(made), "indented with spaces, not with tabs")


def open_quotes(text: str, fault: Fault) -> Iterator[Change]:
    """Close a quote that a value opens and that runs on over the lines behind it."""
    lines = lines_of(text)
    for at, line in enumerate(lines[: fault.line]):
        found = _VALUE.match(line)
        if found is None or found["value"][0] not in "'\"" or is_blank(line):
            continue
        sign = found["value"][0]
        if found["value"].count(sign) % 2:
            closed = f"{found['head']}{found['value']}{sign}{found['end']}"
            yield Change("".join([*lines[:at], closed, *lines[at + 1 :]]), "the quote is closed")


def line_signs(text: str, fault: Fault) -> Iterator[Change]:
    """Repair one line near the fault: a colon, a space, a dash, a quote that is not as it must."""
    lines = lines_of(text)
    for repair in _LINE_REPAIRS:
        for distance in _NEAR:
            at = fault.line - 1 + distance
            if not 0 <= at < len(lines) or is_blank(lines[at]):
                continue
            for line, why in repair(lines[at]):
                yield Change("".join([*lines[:at], line, *lines[at + 1 :]]), why)


def indentation(text: str, fault: Fault) -> Iterator[Change]:
    """Move a line, its block, or it and what follows, to where its neighbours stand."""
    lines = lines_of(text)
    why = "indented as its neighbours are"
    for distance in _NEAR:
        at = fault.line - 1 + distance
        if not 0 <= at < len(lines) or is_blank(lines[at]):
            continue
        own = indent_of(lines[at])
        for wanted in _indents(lines, at):
            for end in _ends(lines, at):
                moved = [_moved(line, wanted - own) for line in lines[at:end]]
                if None not in moved:
                    kept = [line for line in moved if line is not None]
                    yield Change("".join([*lines[:at], *kept, *lines[end:]]), why)


def moved_keys(text: str, fault: Fault) -> Iterator[Change]:
    """Move a key that is refused where it stands."""
    if _SHAPE.search(fault.reason):
        yield from indentation(text, fault)


def _moved(line: str, by: int) -> str | None:
    if not line.strip():
        return line
    if by >= 0:
        return " " * by + line
    return line[-by:] if indent_of(line) >= -by else None


def _ends(lines: list[str], at: int) -> list[int]:
    """Return where what is moved may end: the entry, the line, its siblings."""
    own, siblings = indent_of(lines[at]), at + 1
    while siblings < len(lines) and (
        is_blank(lines[siblings]) or indent_of(lines[siblings]) >= own
    ):
        siblings += 1
    while siblings > at + 1 and is_blank(lines[siblings - 1]):
        siblings -= 1
    return list(dict.fromkeys((block_end(lines, at), at + 1, siblings)))


def _indents(lines: list[str], at: int) -> list[int]:
    """Return the indents that a line may have by its neighbours, the nearest to its own first."""
    own = indent_of(lines[at])
    near = [line for line in lines[max(at - _LOOK_BACK, 0) : at + 3] if not is_blank(line)]
    found = {indent_of(line) for line in near} | {key_column(line) for line in near}
    found |= {indent + 2 for indent in found}
    return sorted(found - {own}, key=lambda indent: (abs(indent - own), indent))


def _widths(lines: list[str]) -> Iterator[int]:
    """Yield how wide a tab is by the lines around the first one that begins with tabs."""
    full = [line for line in lines if not is_blank(line)]
    at = next((n for n, line in enumerate(full) if line.startswith("\t")), None)
    if at is None:
        return
    count = len(full[at]) - len(full[at].lstrip("\t"))
    for line in (*full[max(at - 1, 0) : at], *full[at + 1 : at + 2]):
        for indent in (indent_of(line), indent_of(line) - 2, indent_of(line) + 2):
            if indent > 0 and indent % count == 0:
                yield indent // count


def _step(lines: list[str]) -> int:
    return min((indent_of(line) for line in lines if line.startswith("  ")), default=2)


def _spaced(line: str) -> Iterator[tuple[str, str]]:
    if found := _NO_SPACE.match(line):
        yield f"{found['head']}{found['key']}: {found['value']}", "a space behind the colon"
    if found := _NO_DASH_SPACE.match(line):
        yield f"{found['head']}- {found['rest']}", "a space behind the dash"


def _colon(line: str) -> Iterator[tuple[str, str]]:
    if found := _BARE.match(line):
        yield f"{found['head']}{found['key']}:{found['end']}", f"a colon behind {found['key']!r}"
    if found := _SEMICOLON.match(line):
        yield f"{found['head']}{found['key']}:{found['rest']}", f"a colon behind {found['key']!r}"
    elif found := _NO_COLON.match(line):
        yield f"{found['head']}{found['key']}:{found['value']}", f"a colon behind {found['key']!r}"


def _in_quotes(line: str) -> Iterator[tuple[str, str]]:
    found = _VALUE.match(line)
    if found is None or found["value"].startswith(("|", ">", "#")):
        return
    head, value, end = found["head"], found["value"], found["end"]
    why = "quotes around a value with signs of YAML's own"
    if _SCRIPT.match(line):
        pad = " " * (key_column(line) + 2)
        yield f"{head.rstrip()} |\n{pad}{value}{end}", "the script as a block"
    if value.startswith("[") and value.endswith("]"):
        items = [one.strip() for one in value[1:-1].split(",")]
        made = ", ".join(one if one[:1] in "'\"" else quoted(one, "'") for one in items if one)
        yield f"{head}[{made}]{end}", why
    yield f"{head}{quoted(value, chr(39))}{end}", why


def _closed(line: str) -> Iterator[tuple[str, str]]:
    body, end = line.rstrip(), "\n" if line.endswith("\n") else ""
    for opening, closing in _CLOSING.items():
        count = body.count(opening)
        if opening == closing:
            if count % 2:
                yield f"{body}{closing}{end}", f"the {opening} is closed"
                at = body.rfind(closing)
                yield f"{body[:at]}{body[at + 1 :]}{end}", f"no {opening} too many"
        elif count > body.count(closing):
            yield f"{body}{closing}{end}", f"the {opening} is closed"
        elif count < body.count(closing):
            at = body.rfind(closing)
            yield f"{body[:at]}{body[at + 1 :]}{end}", f"no {closing} too many"


def _undashed(line: str) -> Iterator[tuple[str, str]]:
    own = indent_of(line)
    if line[own : own + 2] == "- ":
        yield f"{line[:own]}  {line[own + 2 :]}", "no new item begins here"
    else:
        yield f"{line[:own]}- {line[own:]}", "a dash begins the item"
        if own >= 2:
            yield f"{line[: own - 2]}- {line[own:]}", "a dash begins the item"


_LINE_REPAIRS: tuple[Callable[[str], Iterator[tuple[str, str]]], ...] = (
    _spaced,
    _colon,
    _closed,
    _in_quotes,
    _undashed,
)
YAML_REPAIRS = (missing_dollar, strange_characters, tabs, open_quotes, line_signs, indentation)
