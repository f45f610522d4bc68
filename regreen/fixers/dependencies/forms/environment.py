"""Requirements in a conda environment's file: its own list, and pip's list inside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.dependencies.forms.slot import Slot, name_of, read

_ITEM = re.compile(
    r"(?P<before>\s*-\s+)(?P<quote>[\"']?)(?P<body>[^#\"']+?)(?P=quote)(?P<comment>\s+#.*)?[\r\n]*"
)
_PIP = re.compile(r"\s*-\s+pip:\s*(?:#.*)?[\r\n]*")
_KEY = re.compile(r"[\w-]+:.*[\r\n]*")


def slots(text: str) -> Iterator[Slot]:
    """Yield the requirements of both lists."""
    rows = text.splitlines(keepends=True)
    for row, _ in _items(rows):
        match = _ITEM.fullmatch(rows[row])
        assert match is not None
        written = read(match["body"])
        single = re.fullmatch(r"(?P<name>[\w.-]+)\s*=\s*(?P<version>[\w.*+]+)", match["body"])
        if written is None and single is None:
            continue

        def write(specifier: str, comment: str, row: int = row) -> str | None:
            return _replaced(rows, row, specifier, comment)

        if written is not None:
            yield Slot(written.name, written.specifier, write, written.marker)
        elif single is not None:
            yield Slot(single["name"], f"=={single['version']}.*", write)


def append(text: str, requirement: str, comment: str) -> str | None:
    """Return the file with a requirement added to pip's list; ``None`` where there is none."""
    if any(slot.key == name_of(requirement) for slot in slots(text)):
        return None
    rows = text.splitlines(keepends=True)
    inside = [row for row, in_pip in _items(rows) if in_pip]
    if not inside:
        return None
    match = _ITEM.fullmatch(rows[inside[-1]])
    assert match is not None
    known = rows[inside[-1]]
    ending = "\r\n" if known.endswith("\r\n") else "\n"
    rows[inside[-1]] = known if known.endswith("\n") else f"{known}{ending}"
    note = f"  # {comment}" if comment else ""
    rows.insert(inside[-1] + 1, f'{match["before"]}"{requirement}"{note}{ending}')
    return "".join(rows)


def _items(rows: list[str]) -> Iterator[tuple[int, bool]]:
    """Yield the rows of the lists' items, and whether each is in pip's."""
    inside, depth = False, -1
    for row, line in enumerate(rows):
        if _KEY.fullmatch(line):
            inside, depth = line.startswith("dependencies:"), -1
        elif inside and _PIP.fullmatch(line):
            depth = len(line) - len(line.lstrip())
        elif inside and _ITEM.fullmatch(line):
            indent = len(line) - len(line.lstrip())
            if depth >= 0 and indent <= depth:
                depth = -1
            yield row, depth >= 0


def _replaced(rows: list[str], row: int, specifier: str, comment: str) -> str | None:
    match = _ITEM.fullmatch(rows[row])
    assert match is not None
    written = read(match["body"])
    name = match["body"].split("=")[0].strip()
    new = written.having(specifier) if written else f"{name}{specifier}"
    known = match["comment"] or ""
    note = f"{known}; {comment}" if known and comment else known or (comment and f"  # {comment}")
    ending = rows[row][len(rows[row].rstrip("\r\n")) :]
    made = f'{match["before"]}"{new}"{note}{ending}'
    return "".join([*rows[:row], made, *rows[row + 1 :]])
