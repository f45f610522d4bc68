"""Repairs of YAML that are for settings: `=` for a colon, signs that begin a value, open lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.configuration.marks import indent_of, is_blank, lines_of, quoted
from regreen.fixers.configuration.mending import Change
from regreen.fixers.configuration.settings_quotes import quotes
from regreen.fixers.configuration.yaml_repairs import indentation, line_signs, open_quotes, tabs
from regreen.jobs.schema import Fault

_KEY = r"[A-Za-z_][\w./-]*"
_EQUALS = re.compile(rf"^(?P<head>\s*(?:-\s+)*)(?P<key>{_KEY})\s*=\s*(?P<value>\S.*\n?)\Z", re.S)
_TIGHT = re.compile(rf"^(?P<head>\s*(?:-\s+)*)(?P<key>{_KEY}):(?P<value>[^\s:/].*\n?)\Z", re.S)
_SIGN = re.compile(
    rf"^(?P<head>\s*(?:-\s+)*(?:{_KEY}:\s+)?)(?P<value>[*&!%@`|>{{\[?:,\]}}-][^\n]*?)(?P<end>\s*)\Z"
)
_VALUE = re.compile(rf"^(?P<head>\s*(?:-\s+)*{_KEY}:\s+)(?P<value>[^\s\"'|>][^\n]*?)(?P<end>\s*)\Z")
_ITEM = re.compile(r"^(?P<head>\s*(?:-\s+)+)(?P<value>[^\s\"'|>][^\n]*?)(?P<end>\s*)\Z")
_BARE = re.compile(r"^\s*(?:-\s+)*[A-Za-z_][\w-]*\s*\Z")
_REACH = 6
_FAR = 400
_MOST_OPEN = 8


def plain_lines(text: str, fault: Fault) -> Iterator[Change]:
    """Repair one line near the fault: ``=`` for a colon, a value that needs quotes."""
    lines = lines_of(text)
    for at in _near(lines, fault):
        for line, why in _changed(lines[at]):
            yield Change("".join([*lines[:at], line, *lines[at + 1 :]]), why)


def open_lists(text: str, fault: Fault) -> Iterator[Change]:
    """Close a list or mapping in brackets that is left open, or put in a comma."""
    lines = lines_of(text)
    here = min(fault.line, len(lines)) - 1
    for at in range(here, max(here - 25, -1), -1):
        body, end = lines[at].rstrip(), "\n"
        if not body or body.lstrip().startswith("#"):
            continue
        code, comment = _parted(body)
        for opening, closing in ("[]", "{}"):
            if code.count(opening) > code.count(closing):
                for new in (f"{code.rstrip(',')}{closing}", f"{code}{closing}"):
                    made = "".join([*lines[:at], f"{new}{comment}{end}", *lines[at + 1 :]])
                    yield Change(made, f"the {opening} is closed")
                pad = " " * indent_of(lines[at])
                for last in range(at + 1, min(here + 2, len(lines)) + 1):
                    made = "".join([*lines[:last], f"{pad}{closing}{end}", *lines[last:]])
                    yield Change(made, f"the {opening} is closed")
        if here - at < _REACH and not code.rstrip().endswith((",", "[", "{", ":")):
            made = "".join([*lines[:at], f"{code},{comment}{end}", *lines[at + 1 :]])
            yield Change(made, "a comma between the items")
        for between in _with_commas(code) if "[" in code else ():
            made = "".join([*lines[:at], f"{between}{comment}{end}", *lines[at + 1 :]])
            yield Change(made, "a comma between the items")


def _with_commas(code: str) -> Iterator[str]:
    """Yield a list with commas between its items: between quotes, at one place, everywhere."""
    yield re.sub(r"([\"'\]])(\s+)(?=[\"'\[])", r"\1,\2", code)
    for found in re.finditer(r"(?<=[\w\"'])\s+(?=[\w\"'])", code):
        yield f"{code[: found.start()]},{code[found.start() :]}"
    yield re.sub(r"([\w\"'])(\s+)(?=[\w\"'])", r"\1,\2", code)


def _parted(body: str) -> tuple[str, str]:
    found = re.match(r"^(.*?)(\s+#.*)?$", body)
    return (found[1], found[2] or "") if found else (body, "")


def _near(lines: list[str], fault: Fault) -> Iterator[int]:
    """Yield the lines to repair: around the fault, and above it those that look left open."""
    here = min(fault.line, len(lines)) - 1
    around = [here + distance for distance in (0, -1, -2, 1, -3, -4)]
    above = range(here - 5, max(here - _FAR, -1), -1)
    open_ = [at for at in above if _BARE.match(lines[at]) or _odd(lines[at])][:_MOST_OPEN]
    for at in (*around, *open_):
        if 0 <= at < len(lines) and not is_blank(lines[at]):
            yield at


def _odd(line: str) -> bool:
    return any(_parted(line.rstrip())[0].count(sign) % 2 for sign in "\"'")


def _changed(line: str) -> Iterator[tuple[str, str]]:
    yield from quotes(line)
    if _BARE.match(line):
        yield f"{line.rstrip()}:\n", "a colon behind the key"
    if found := _EQUALS.match(line):
        yield f"{found['head']}{found['key']}: {found['value']}", "a colon between key and value"
    if found := _TIGHT.match(line):
        yield f"{found['head']}{found['key']}: {found['value']}", "a space behind the colon"
    for pattern in (_SIGN, _VALUE, _ITEM):
        if found := pattern.match(line):
            value, comment = _parted(found["value"])
            if not value:
                continue
            new = f"{found['head']}{quoted(value, chr(39))}{comment}{found['end']}"
            yield new, "quotes around a value with signs of YAML's own"
    unended = re.match(r"^(\s*(?:-\s+)*(?:[\w./-]+:\s+)?)([^\"'\n]*?)([\"'])(,?\s*)\Z", line)
    if unended and unended[2]:
        made = f"{unended[1]}{unended[3]}{unended[2]}{unended[3]}{unended[4]}"
        yield made, "the quote that was missing"
    doubled = re.sub(
        r"(?<=\")([^\"\n]*)(?=\")",
        lambda m: re.sub(r"\\(?![\\\"nrtabefv0xuUNLP_ /])", r"\\\\", m[1]),
        line,
    )
    if doubled != line:
        single = re.sub(r"\"([^\"'\n]*)\"", r"'\1'", line)
        yield single, "a text with backslashes stands in single quotes"
        yield doubled, "a backslash is written twice"


SETTINGS_YAML_REPAIRS = (tabs, plain_lines, open_quotes, open_lists, line_signs, indentation)
