"""Kinds of values in ``pyproject.toml``: each as its key asks for, with the same meaning."""

from __future__ import annotations

import posixpath
import re
from typing import Any

import tomlkit

from regreen.fixers.configuration.metadata_values import (
    is_requirement,
    is_spdx,
    licence,
    person,
    requirement,
    specifier,
)

LISTS = frozenset(
    {
        *("dependencies", "keywords", "classifiers", "license-files", "authors", "maintainers"),
        "dynamic",
    }
)
"""Keys of ``[project]`` that hold lists."""
_TYPES = {".md": "text/markdown", ".rst": "text/x-rst", ".txt": "text/plain"}


def written(document: Any, key: str, way: int) -> bool:
    """Write what stands at ``key`` (``project.authors[0]``) as it has to be; whether it changed.

    ``way`` 1 takes the second choice where there are two.
    """
    parts = parts_of(key)
    if parts[:2] == ["project", "dependencies"]:
        parts = parts[:2]
    if parts[:2] == ["project", "optional-dependencies"]:
        parts = parts[:3]
    holder, last = holder_of(document, parts)
    if holder is None:
        return False
    if parts == ["project", "license"]:
        return _licence(holder, way)
    if parts == ["project", "optional-dependencies"] and isinstance(holder[last], dict):
        return sum(_value(holder[last], one, [*parts, one]) for one in list(holder[last])) > 0
    return _value(holder, last, parts)


def parts_of(key: str) -> list[str]:
    """Return the steps of a key as messages write them."""
    return [part for part in re.split(r"[.\[\]]+", key) if part]


def holder_of(document: Any, parts: list[str]) -> tuple[Any, Any]:
    """Return what holds the last of ``parts``, and that one as it is looked up there."""
    holder = document
    for part in parts[:-1]:
        key: Any = int(part) if part.isdigit() and isinstance(holder, list) else part
        try:
            holder = holder[key]
        except (KeyError, IndexError, TypeError):
            return None, ""
    last: Any = int(parts[-1]) if parts[-1].isdigit() and isinstance(holder, list) else parts[-1]
    try:
        holder[last]
    except (KeyError, IndexError, TypeError):
        return None, ""
    return holder, last


def _value(holder: Any, last: Any, parts: list[str]) -> bool:
    """Change one value to the kind that its key has; whether it did."""
    value = holder[last]
    new: Any = None
    name = parts[1] if len(parts) > 1 else ""
    dependencies = name in {"dependencies", "optional-dependencies"}
    if dependencies and isinstance(value, list):
        return _requirements(value)
    if name in {"authors", "maintainers"} and isinstance(value, list):
        return _people(value)
    if len(parts) == 2 and name in LISTS and not isinstance(value, list):
        new = listed(name, value)
    elif name in {"authors", "maintainers"} and isinstance(value, str):
        new = inline(person(value))
    elif parts[:2] == ["project", "optional-dependencies"] and len(parts) == 3:
        new = [str(value)] if isinstance(value, str) else None
    elif name == "requires-python":
        new = specifier(value if isinstance(value, str) else value.as_string())
    elif name in {"version", "description", "name"} and not isinstance(value, str):
        new = " ".join(map(str, value)) if isinstance(value, list) else value.as_string()
    elif name == "readme":
        new = _readme(value)
    elif name == "urls" and isinstance(value, str):
        new = inline({"Homepage": value})
    elif parts[:3] == ["tool", "setuptools", "packages"] and isinstance(value, str):
        new = inline({"find": tomlkit.inline_table()}) if "find" in value else [value]
    if new is None or new == value:
        return False
    holder[last] = new
    return True


def _people(items: Any) -> bool:
    """Write people that are texts as tables; whether one was."""
    changed = False
    for place, one in enumerate(items):
        if isinstance(one, str) and (new := person(one)):
            items[place] = inline(new)
            changed = True
    return changed


def _requirements(items: Any) -> bool:
    """Write the requirements that are none as they have to be; whether one was."""
    changed = False
    for place, one in enumerate(items):
        if isinstance(one, str) and not is_requirement(one) and (new := requirement(one)):
            items[place] = new
            changed = True
    return changed


def listed(name: str, value: Any) -> Any:
    """Return a list for what stands alone; ``None`` where it makes none."""
    if isinstance(value, dict):
        if name == "license-files":
            return next((list(one) for one in value.values() if isinstance(one, list)), None)
        made = tomlkit.array()
        made.append(inline(dict(value)))
        return made
    if not isinstance(value, str):
        return None
    if name in {"authors", "maintainers"}:
        made = tomlkit.array()
        made.append(inline(person(value)))
        return made if person(value) else None
    split = r"\s*\n\s*" if name in {"dependencies", "classifiers"} else r"\s*[,\n]\s*"
    return [one for one in re.split(split, value.strip()) if one]


def _readme(value: Any) -> Any:
    if isinstance(value, dict) and "file" in value and "content-type" not in value:
        kind = _TYPES.get(posixpath.splitext(str(value["file"]))[1].lower())
        return inline({"file": str(value["file"]), "content-type": kind}) if kind else None
    return None


def _licence(holder: Any, way: int) -> bool:
    """Write the licence by its SPDX name, or as text where it has none or the tool is older."""
    value = holder["license"]
    if isinstance(value, dict):
        if len(value) == 1 and "text" in value and not isinstance(value["text"], str):
            value["text"] = str(value["text"])
            return True
        if "file" in value and "text" in value:
            del value["text" if way == 0 else "file"]
            return True
        return False
    name = licence(str(value))
    if name is not None and not is_spdx(str(value)) and way == 0:
        holder["license"] = name
        return True
    holder["license"] = inline({"text": str(value)})
    return True


def inline(entries: dict[str, Any]) -> Any:
    """Return an inline table; ``None`` without entries."""
    made = tomlkit.inline_table()
    made.update(entries)
    return made if entries else None
