"""Mends what a build back end refuses in ``pyproject.toml``: kinds of values, keys, licences.

setuptools and validate-pyproject (``configuration error: `project.x` must be ...``), hatchling,
Poetry and uv name the key; what stands there is written as the standard has it, with the same
meaning. A key of another name becomes the one that is meant. Nothing is dropped but what the
message asks to be removed, or what says a thing twice.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from regreen.fixers.configuration.metadata_shapes import (
    LISTS,
    holder_of,
    listed,
    parts_of,
    written,
)
from regreen.fixers.configuration.metadata_values import (
    OTHER_NAMES,
    PROJECT_KEYS,
    SETUPTOOLS_KEYS,
    is_specifier,
    specifier,
)
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "project metadata"
DOCS = "https://packaging.python.org/en/latest/specifications/pyproject-toml/"

_KEY = re.compile(r"(?<![\w.])(?:project|tool\.setuptools)(?:\.[\w-]+|\[\d+\])+")
_REFUSED = re.compile(r"\bmust\b|invalid|Invalid|\bis required\b|[Cc]annot|Unknown|Error parsing")
_UNKNOWN = re.compile(
    r"`?(?P<table>project(?:\.(?:authors|maintainers)\[\d+\])?|tool\.setuptools)`?"
    r" must not contain \{(?P<keys>[^}]*)\}"
)
_CLASSIFIERS = re.compile(
    r"License classifiers have been superseded by license expressions[^\n]*\n(?P<list>(?:\s*\n|\s*"
    r"License ::[^\n]*\n?)+)"
)
_BOTH = re.compile(
    r"cannot provide a value for `project\.(?P<key>[\w-]+)` and list it under `project\.dynamic`"
    r"|`(?P<other>[\w-]+)` (?:cannot be both|is both)|statically defined in `project` but"
)
_NO_VERSION = re.compile(
    r"`project\.version` can only be resolved dynamically|`project` must contain \['version'\]"
    r"|\[project\.version\] or \[tool\.poetry\.version\] is required"
)
_UV = re.compile(
    r"^\s*\d+ \| (?P<key>[\w-]+)\s*=.*\n\s*\|\s*\^+\s*\n\s*(?:invalid type|Failed to parse)", re.M
)
_ASKED = (_UNKNOWN, _CLASSIFIERS, _BOTH, _NO_VERSION, _UV)


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield an edit of ``pyproject.toml`` for everything that is named, and other ways."""
    said = "\n".join([*(d.message for d in failure.diagnostics), scene.output])
    path = posixpath.normpath(posixpath.join(scene.directory, "pyproject.toml"))
    path = path if scene.files.text(path) is not None else "pyproject.toml"
    text = scene.files.text(path)
    if text is None or not (refused(said) or any(one.search(said) for one in _ASKED)):
        return
    made_before: set[str] = set()
    for way in (0, 1):
        made, reasons = mended(text, said, way)
        if reasons and made != text and made not in made_before:
            made_before.add(made)
            yield Edit(
                ID,
                "; ".join(dict.fromkeys(reasons)),
                {path: made},
                from_start=True,
                severity=Severity.MEDIUM,
                review="see that the metadata says what was meant",
            )


def mended(text: str, said: str, way: int = 0) -> tuple[str, list[str]]:
    """Return ``pyproject.toml`` with what ``said`` refuses mended, and what was done in words.

    ``way`` 1 takes the second choice where there are two.
    """
    try:
        document = tomlkit.parse(text)
        text, renamed = _respelt(document, text, said)
        document = tomlkit.parse(text)
    except (TOMLKitError, RecursionError):
        return text, []
    reasons = [
        *renamed,
        *_without_classifiers(document, said),
        *_renamed(document, said),
        *_values(document, said, way),
        *_dynamic(document, said, way),
    ]
    return tomlkit.dumps(document), reasons


def refused(said: str) -> list[str]:
    """Return the keys that messages say are not as they must be."""
    keys = [key for row in said.splitlines() if _REFUSED.search(row) for key in _KEY.findall(row)]
    keys += [f"project.{found['key']}" for found in _UV.finditer(said)]
    if "InvalidSpecifier" in said:
        keys.append("project.requires-python")
    return keys


def _values(document: Any, said: str, way: int) -> Iterator[str]:
    """Write the values that are named as their keys ask for."""
    for key in dict.fromkeys(refused(said)):
        holder, _ = holder_of(document, ["project", "requires-python"])
        if key == "project.requires-python" and (
            holder is None or is_specifier(str(holder["requires-python"]))
        ):
            continue
        if written(document, key, way):
            yield f"{key} is written as the standard has it"


def _unknown(document: Any, said: str) -> Iterator[tuple[str, Any, str, str]]:
    """Yield table, what it holds, a key that it may not have, and the one that is meant."""
    for found in _UNKNOWN.finditer(said):
        parts = parts_of(found["table"])
        holder, last = holder_of(document, parts)
        table = holder[last] if holder is not None else None
        if table is None:
            continue
        known: tuple[str, ...] = ("name", "email")
        if parts == ["project"]:
            known = PROJECT_KEYS
        elif parts[0] == "tool":
            known = SETUPTOOLS_KEYS
        for key in re.findall(r"'([^']+)'", found["keys"]):
            plain = key.replace("_", "-").lower()
            near = [OTHER_NAMES[plain]] if parts == ["project"] and plain in OTHER_NAMES else []
            near = near or difflib.get_close_matches(plain, known, n=1, cutoff=0.7)
            if not near and known == ("name", "email"):
                near = ["email"] if "mail" in plain else []
            if near and key in table:
                yield found["table"], table, key, near[0]


def _respelt(document: Any, text: str, said: str) -> tuple[str, list[str]]:
    """Write keys by their name where they stand, where their values are of the right kind."""
    reasons = []
    for table, holder, key, name in list(_unknown(document, said)):
        kind = name in LISTS and not isinstance(holder[key], list)
        if name in holder or kind or name in {"urls", "requires-python"}:
            continue
        start = text.find(f"[{table}]") if "[" not in table else 0
        pattern = re.compile(rf"(?<![\w.-]){re.escape(key)}(?=\s*(?:=|\]))")
        made = text[: max(start, 0)] + pattern.sub(name, text[max(start, 0) :], count=1)
        if made != text:
            text = made
            reasons.append(f"{table} calls {key} {name}")
    return text, reasons


def _renamed(document: Any, said: str) -> Iterator[str]:
    """Give what keys hold that do not exist to the one that is meant, in its form."""
    for table, holder, key, name in list(_unknown(document, said)):
        if _moved(holder, key, name):
            yield f"{table} calls {key} {name}"


def _moved(table: Any, key: str, name: str) -> bool:
    """Give what ``key`` holds to ``name``, in its form; whether there is room for it."""
    value = table[key]
    if name == "urls" and isinstance(value, str):
        holder = table.setdefault("urls", tomlkit.inline_table())
        holder[key.replace("_", "-").removesuffix("url").strip("-").capitalize() or "Homepage"] = (
            value
        )
        del table[key]
        return True
    if name in table:
        return False
    new = listed(name, value) if name in LISTS and not isinstance(value, list) else value
    if new is None:
        return False
    if new is value and name == "requires-python" and isinstance(value, str):
        new = specifier(value) or value
    del table[key]
    table[name] = new
    return True


def _without_classifiers(document: Any, said: str) -> Iterator[str]:
    """Take licence classifiers away that a licence expression has superseded."""
    found = _CLASSIFIERS.search(said)
    holder, _ = holder_of(document, ["project", "classifiers"])
    if found is None or holder is None:
        return
    named = {line.strip() for line in found["list"].splitlines() if line.strip()}
    kept = holder["classifiers"]
    for place in reversed(range(len(kept))):
        if str(kept[place]) in named:
            del kept[place]
            yield "licence classifiers make way for the licence expression"


def _dynamic(document: Any, said: str, way: int) -> Iterator[str]:
    """Say of a value either that it is dynamic or what it is."""
    project = document.get("project")
    if project is None:
        return
    found = _BOTH.search(said)
    key = (found["key"] or found["other"] or "") if found else ""
    dynamic = project.get("dynamic")
    if key and dynamic is not None and key in dynamic and key in project:
        if way:
            del project[key]
        elif len(dynamic) == 1:
            del project["dynamic"]
        else:
            del dynamic[[str(one) for one in dynamic].index(key)]
        yield f"project.{key} is dynamic or has a value, not both"
    sources = [document.get("tool", {}).get(tool, {}) for tool in ("hatch", "setuptools", "pdm")]
    told = any("version" in one or "version" in one.get("dynamic", {}) for one in sources)
    told = told or "setuptools_scm" in document.get("tool", {})
    if _NO_VERSION.search(said) and told and "version" not in project:
        if dynamic is None:
            project["dynamic"] = ["version"]
        elif "version" not in dynamic:
            dynamic.append("version")
        else:
            return
        yield "the version is dynamic: a table of the build back end says where it is from"
