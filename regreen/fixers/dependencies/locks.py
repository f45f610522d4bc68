"""What lock files say is to be installed: distributions by canonical name, with their releases.

Forms: https://packaging.python.org/en/latest/specifications/pylock-toml/ (and uv.lock, poetry.lock
and pdm.lock, which have ``[[package]]`` tables too), Pipfile.lock's ``default`` and ``develop``,
and requirements that name one release with ``==``.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from regreen.scene import Files

_TOML = re.compile(r"^(?:uv\.lock|poetry\.lock|pdm\.lock|pylock(?:\.[^.]+)?\.toml)$")
_PINNED = re.compile(r"(?:requirements|constraints)[^/]*\.txt$|(?:^|/)requirements/[^/]+\.txt$")
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]\n]*\])?==(?P<version>[\w.!+-]+)(?=[\s;\\]|$)",
    re.MULTILINE,
)
_LEAST = 3
"""Pins that make a file of requirements a lock: one or two may be there for other reasons."""


def lock_files(files: Files) -> list[str]:
    """Return the paths of a repository's locks, those nearest to its root first."""
    found = [path for path in files.paths() if _is_lock(path)]
    return sorted(found, key=lambda path: (path.count("/"), path))


def locked(path: str, text: str) -> Mapping[str, tuple[str, ...]]:
    """Return the releases in a lock by name, the lowest first; none for a text that is no lock."""
    name = posixpath.basename(path)
    if _TOML.match(name):
        pairs = list(_of_toml(text))
    elif name == "Pipfile.lock":
        pairs = list(_of_pipfile(text))
    else:
        pairs = [(match["name"], match["version"]) for match in _PIN.finditer(text)]
        pairs = pairs if len(pairs) >= _LEAST else []
    found: dict[str, dict[Version, str]] = {}
    for one, version in pairs:
        try:
            found.setdefault(canonicalize_name(one), {})[Version(version)] = version
        except InvalidVersion:
            continue
    return {key: tuple(all_of[v] for v in sorted(all_of)) for key, all_of in found.items()}


def _is_lock(path: str) -> bool:
    name = posixpath.basename(path)
    return bool(_TOML.match(name) or name == "Pipfile.lock" or _PINNED.search(path))


def _of_toml(text: str) -> Iterator[tuple[str, str]]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    for key in ("package", "packages"):
        rows = data.get(key)
        for row in rows if isinstance(rows, list) else ():
            if not isinstance(row, dict):
                continue
            name, version, source = row.get("name"), row.get("version"), row.get("source")
            local = isinstance(source, dict) and bool({"editable", "virtual"} & set(source))
            if isinstance(name, str) and isinstance(version, str) and not local:
                yield name, version


def _of_pipfile(text: str) -> Iterator[tuple[str, str]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    for key in ("default", "develop"):
        rows = data.get(key) if isinstance(data, dict) else None
        for name, row in rows.items() if isinstance(rows, dict) else ():
            version = row.get("version") if isinstance(row, dict) else None
            if isinstance(version, str) and version.startswith("=="):
                yield name, version.removeprefix("==")
