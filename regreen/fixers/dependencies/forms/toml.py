"""Requirements in TOML: lists of strings (PEP 621, PEP 735, PDM, Hatch), tables (Poetry, Pipenv).

A place is named by the keys that lead to it, such as ``("dependency-groups", "dev")``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import tomlkit
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable, Array, Item

from regreen.fixers.dependencies.forms.slot import Slot, name_of, read

_PYTHON = "python"
"""Poetry's tables name the Python they are for among the dependencies."""


def document(text: str) -> tomlkit.TOMLDocument | None:
    """Return a file taken apart; ``None`` when it is no TOML."""
    try:
        return tomlkit.parse(text)
    except (TOMLKitError, RecursionError):
        return None


def at(data: Any, keys: Sequence[str]) -> Any:
    """Return what the keys lead to; ``None``: nothing."""
    for key in keys:
        data = data.get(key) if hasattr(data, "get") else None
    return data


def slots(text: str, keys: Sequence[str]) -> Iterator[Slot]:
    """Yield the requirements of a list or a table."""
    place = at(document(text), keys)
    if isinstance(place, Array):
        for number, item in enumerate(place):
            written = read(str(item)) if isinstance(item, str) else None
            if written is not None:
                yield Slot(
                    written.name,
                    written.specifier,
                    _in_list(text, keys, number),
                    written.marker,
                )
    elif isinstance(place, AbstractTable):
        for name, value in place.items():
            versions = value.get("version") if hasattr(value, "get") else value
            if isinstance(versions, str) and name != _PYTHON:
                yield Slot(str(name), str(versions), _in_table(text, keys, str(name)))


def append(text: str, keys: Sequence[str], requirement: str, comment: str) -> str | None:
    """Return the file with a requirement added; ``None`` without the place, or when it has it."""
    made = document(text)
    place = at(made, keys)
    wanted = name_of(requirement)
    if made is None or any(slot.key == wanted for slot in slots(text, keys)):
        return None
    if place is None and tuple(keys) == ("project", "dependencies"):
        place = _first_list(made)
    if isinstance(place, Array):
        place.append(requirement)
        literal = tomlkit.item(requirement).as_string()
        return _commented(tomlkit.dumps(made), literal, comment)
    if isinstance(place, AbstractTable):
        written = read(requirement)
        if written is None or written.marker:
            return None
        place.append(written.name, written.specifier or "*")
        if comment:
            cast(Item, place[written.name]).comment(comment)
        return tomlkit.dumps(made)
    return None


def _first_list(made: tomlkit.TOMLDocument) -> Array | None:
    """Give a project without dependencies an empty list of them."""
    project = made.get("project")
    if not isinstance(project, AbstractTable) or "dependencies" in project.get("dynamic", []):
        return None
    project["dependencies"] = tomlkit.array()
    return cast(Array, project["dependencies"])


def _in_list(text: str, keys: Sequence[str], number: int) -> Any:
    def write(specifier: str, comment: str) -> str | None:
        made = document(text)
        place = at(made, keys)
        written = read(str(place[number]))
        if made is None or written is None:
            return None
        new = written.having(specifier)
        quote = '"' if '"' not in new else "'"
        place[number] = tomlkit.string(new, literal=quote == "'")
        return _commented(tomlkit.dumps(made), f"{quote}{new}{quote}", comment)

    return write


def _in_table(text: str, keys: Sequence[str], name: str) -> Any:
    def write(specifier: str, comment: str) -> str | None:
        made = document(text)
        place = at(made, keys)
        if made is None:
            return None
        if hasattr(place[name], "get"):
            place[name]["version"] = specifier
        else:
            place[name] = specifier
            if comment:
                place[name].comment(comment)
        return tomlkit.dumps(made)

    return write


def _commented(text: str, literal: str, comment: str) -> str:
    """Put a comment behind a list's item that has a line to itself, and no comment yet."""
    if not comment:
        return text
    line = re.compile(rf"^([ \t]*{re.escape(literal)}),?[ \t]*$", re.MULTILINE)
    return line.sub(lambda m: f"{m[1]},  # {comment}", text, count=1)


def sections(text: str, *keys: str) -> list[tuple[str, ...]]:
    """Return the places below ``keys``, one for each key there."""
    place = at(document(text), keys)
    return [(*keys, str(key)) for key in place] if isinstance(place, AbstractTable) else []


def section_named(text: str, keys: Sequence[str], name: str) -> tuple[str, ...] | None:
    """Return the place below ``keys`` whose name is ``name`` as names are compared (PEP 685)."""
    wanted = canonicalize_name(name)
    found = (p for p in sections(text, *keys) if canonicalize_name(p[-1]) == wanted)
    return next(found, None)
