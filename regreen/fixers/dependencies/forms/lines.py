"""Requirements that have a line to themselves: requirements files, and options of INI files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regreen.fixers.dependencies.forms.slot import Slot, name_of, read

_LINE = re.compile(r"(?P<before>\s*)(?P<body>[^#\s].*?)(?P<comment>\s+#.*)?(?P<end>[\r\n]*)")
_FACTOR = re.compile(r"(?:[\w.{},!-]+:\s+)?")


def slots(text: str, rows: Iterable[int] | None = None, *, ini: bool = False) -> Iterator[Slot]:
    """Yield the requirements in lines of ``text``: all of them, or those of ``rows`` (from 0).

    With ``ini`` a line may begin with an option's name or with tox's factors, and comments get a
    line of their own, for INI files have no others.
    """
    lines = text.splitlines(keepends=True)
    for row in range(len(lines)) if rows is None else rows:
        slot = _slot(lines, row, ini)
        if slot is not None:
            yield slot


def _slot(lines: list[str], row: int, ini: bool) -> Slot | None:
    match = _LINE.fullmatch(lines[row])
    if match is None or match["body"].startswith("-") or match["body"].endswith("\\"):
        return None
    before, body = match["before"], match["body"]
    if ini:
        option = re.match(r"[\w-]+\s*=\s*(?![=<>])", body) if not before else None
        prefix = option[0] if option else (_FACTOR.match(body) or [""])[0]
        before, body = before + prefix, body[len(prefix) :]
    written = read(body)
    if written is None:
        return None

    def write(specifier: str, comment: str) -> str:
        new = f"{before}{written.having(specifier)}"
        known = match["comment"] or ""
        if comment and ini and not lines[row][:1].strip():
            head = f"{match['before']}# {comment}{match['end'] or chr(10)}"
            made = f"{head}{new}{known}{match['end']}"
        else:
            made = f"{new}{noted(known, comment if not ini else '')}{match['end']}"
        return "".join([*lines[:row], made, *lines[row + 1 :]])

    return Slot(written.name, written.specifier, write, written.marker)


def noted(known: str, comment: str) -> str:
    """Return a comment behind a line: what stood there, and what is added."""
    if not comment:
        return known
    return f"{known}; {comment}" if known.strip() else f"  # {comment}"


def append(text: str, requirement: str, comment: str) -> str | None:
    """Return a requirements file with a line added; ``None`` where the name is there already."""
    wanted = name_of(requirement)
    if any(slot.key == wanted for slot in slots(text)):
        return None
    ending = "\r\n" if "\r\n" in text else "\n"
    end = "" if not text or text.endswith("\n") else ending
    return f"{text}{end}{requirement}{noted('', comment)}{ending}"
