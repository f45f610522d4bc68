"""Where things stand in a workflow's text: scalars by their place, keys and what they are keys of.

Edits are made in the text itself, so that comments and layout stay as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from regreen.errors import WorkflowError
from regreen.jobs.yamltree import Mapping, Node, Scalar, Sequence, key_of, read

_INDENT = re.compile(r"[ \t]*")
_ENTRY = re.compile(r"(?P<indent>[ \t]*)(?P<dash>(?:-[ \t]+)*)")


@dataclass(frozen=True, slots=True)
class Span:
    """A scalar's part of the text: from ``start`` to ``end`` (offsets), its value and style.

    ``style`` is empty for a plain one, else its first character.
    """

    start: int
    end: int
    value: str
    style: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of one mapping: the ``path`` of keys above it, the mapping, the key, its value."""

    path: tuple[str, ...]
    parent: Mapping
    key: Scalar
    value: Node


def lines_of(text: str) -> list[str]:
    """Return the lines of ``text`` with their endings; YAML knows no other ones."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def indent_of(line: str) -> int:
    """Return how far ``line`` is indented."""
    found = _INDENT.match(line)
    return found.end() if found else 0


def is_blank(line: str) -> bool:
    """Return whether ``line`` holds nothing, or a comment only."""
    plain = line.strip()
    return not plain or plain.startswith("#")


def key_column(line: str) -> int:
    """Return the column (from 0) at which the entry of ``line`` begins, behind its dashes."""
    found = _ENTRY.match(line)
    return found.end() if found else 0


def block_end(lines: list[str], at: int) -> int:
    """Return the index behind the last line that belongs to the entry in line ``at``."""
    least = key_column(lines[at])
    end, last = at + 1, at + 1
    while end < len(lines):
        line = lines[end]
        own = indent_of(line)
        if not is_blank(line):
            listed = line.lstrip().startswith("- ") and own == least
            if own <= least and not (listed and lines[at].rstrip().endswith(":")):
                break
            last = end + 1
        end += 1
    return last


def tree_of(text: str) -> Node | None:
    """Return the tree of ``text``, ``None`` where it is no YAML."""
    try:
        return read(text, "workflow")
    except WorkflowError:
        return None


def span_at(text: str, line: int, column: int) -> Span | None:
    """Return the scalar that begins at the 1-based ``line`` and ``column``."""
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            mark = event.start_mark
            if not isinstance(event, yaml.ScalarEvent) or mark is None:
                continue
            if (mark.line + 1, mark.column + 1) == (line, column):
                style = event.style or ""
                end = event.end_mark or mark
                return Span(mark.index, end.index, str(event.value), style.strip())
    except yaml.YAMLError:
        return None
    return None


def entries(node: Node | None, path: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Yield every entry of every mapping in ``node``, the outer ones first."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            yield Entry(path, node, key, value)
            yield from entries(value, (*path, key_of(key)))
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from entries(item, (*path, "-"))


def entry_at(root: Node | None, line: int, column: int) -> Entry | None:
    """Return the entry whose key stands at ``line`` and ``column``."""
    return next((e for e in entries(root) if (e.key.line, e.key.column) == (line, column)), None)


def entry_of_value(root: Node | None, line: int, column: int) -> Entry | None:
    """Return the entry whose value, or an item of it, stands at ``line`` and ``column``."""
    for entry in entries(root):
        inner = entry.value.items if isinstance(entry.value, Sequence) else ()
        if any((one.line, one.column) == (line, column) for one in (entry.value, *inner)):
            return entry
    return None


def quoted(value: str, style: str) -> str:
    """Return ``value`` as a YAML scalar in the quotes of ``style``."""
    if style == '"':
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return "'" + value.replace("'", "''") + "'"
