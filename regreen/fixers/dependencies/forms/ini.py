"""Requirements in options of INI files: ``setup.cfg``, ``tox.ini``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.dependencies.forms import lines
from regreen.fixers.dependencies.forms.slot import Slot, name_of

_HEADER = re.compile(r"\[(?P<name>[^\]\n]+)\]\s*(?:[#;].*)?")
_OPTION = re.compile(r"(?P<name>[^\s=:#;\[][^=:\n]*?)\s*[=:](?P<value>.*)")


def sections(text: str) -> list[str]:
    """Return the names of all sections, in order."""
    return [m["name"] for line in text.splitlines() if (m := _HEADER.fullmatch(line))]


def rows(text: str, section: str, option: str) -> range:
    """Return the rows (from 0) of an option, its first line included; empty: it is not there."""
    inside = False
    begin: int | None = None
    all_lines = text.splitlines()
    for row, line in enumerate(all_lines):
        if begin is not None:
            if line[:1].isspace() or not line.strip() or line.startswith(("#", ";")):
                continue
            return range(begin, row)
        if match := _HEADER.fullmatch(line):
            inside = match["name"].strip() == section
        elif inside and (found := _OPTION.match(line)) and _same(found["name"], option):
            begin = row
    return range(begin, len(all_lines)) if begin is not None else range(0)


def _same(name: str, option: str) -> bool:
    return name.strip().replace("_", "-") == option.replace("_", "-")


def value(text: str, section: str, option: str) -> list[str]:
    """Return the lines of an option's value, without comments and empty ones."""
    found = rows(text, section, option)
    if not found:
        return []
    all_lines = text.splitlines()
    first = _OPTION.match(all_lines[found[0]])
    body = [first["value"] if first else "", *(all_lines[row] for row in found[1:])]
    stripped = (re.sub(r"(?:^|\s)#.*$", "", line).strip() for line in body)
    return [line for line in stripped if line]


def slots(text: str, section: str, option: str) -> Iterator[Slot]:
    """Yield the requirements of an option."""
    yield from lines.slots(text, rows(text, section, option), ini=True)


def append(text: str, section: str, option: str, requirement: str, comment: str) -> str | None:
    """Return the file with a requirement added; ``None`` without the option, or when it has it."""
    found = rows(text, section, option)
    wanted = name_of(requirement)
    if not found or any(slot.key == wanted for slot in slots(text, section, option)):
        return None
    all_lines = text.splitlines(keepends=True)
    first = _OPTION.match(all_lines[found[0]].rstrip("\r\n"))
    ending = "\r\n" if all_lines[found[0]].endswith("\r\n") else "\n"
    filled = [row for row in found[1:] if all_lines[row].strip() and all_lines[row][:1].isspace()]
    indent = re.match(r"\s+", all_lines[filled[-1]]) if filled else None
    margin = indent[0] if indent else "    "
    new = [f"{margin}# {comment}{ending}"] if comment else []
    new.append(f"{margin}{requirement}{ending}")
    if first is not None and first["value"].strip() and not filled:
        head = all_lines[found[0]][: first.start("value")].rstrip()
        new = [f"{head}{ending}", f"{margin}{first['value'].strip()}{ending}", *new]
        return "".join([*all_lines[: found[0]], *new, *all_lines[found[0] + 1 :]])
    last = filled[-1] if filled else found[0]
    if not all_lines[last].endswith("\n"):
        all_lines[last] += ending
    return "".join([*all_lines[: last + 1], *new, *all_lines[last + 1 :]])
