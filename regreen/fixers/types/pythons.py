"""The oldest Python that a file must run on, as the project says."""

from __future__ import annotations

import ast
import posixpath
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from regreen.fixers.source import parse
from regreen.scene import Files, Scene

Version = tuple[int, int]
_NEWEST_MINOR = 20
_ANY: Version = (3, 8)
"""What is taken where nothing says otherwise."""
_WRITTEN = re.compile(r"(?<![\d.])3\.(\d{1,2})(?![\d])")
_CFG = re.compile(r"^\s*python_requires\s*=\s*(?P<value>\S.*)$", re.MULTILINE)


def oldest(scene: Scene, path: str) -> Version:
    """Return the oldest Python that the project around ``path`` supports, or the job tests."""
    found = list(_tested(scene))
    folder = posixpath.dirname(path)
    while True:
        said = _declared(scene.files, folder)
        if said is not None:
            return min([said, *found])
        if not folder:
            return min(found, default=_ANY)
        folder = posixpath.dirname(folder)


def _tested(scene: Scene) -> Iterator[Version]:
    for text in (scene.python, *scene.pythons):
        if match := _WRITTEN.search(text):
            yield 3, int(match[1])


def _declared(files: Files, folder: str) -> Version | None:
    for name, read in (("pyproject.toml", _toml), ("setup.cfg", _cfg), ("setup.py", _setup)):
        text = files.text(posixpath.join(folder, name))
        wanted = read(text) if text is not None else None
        lowest = _lowest(wanted) if wanted else None
        if lowest is not None:
            return lowest
    return None


def _toml(text: str) -> str | None:
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    said = _at(document, "project", "requires-python")
    wanted = said or _at(document, "tool", "poetry", "dependencies", "python")
    return wanted if isinstance(wanted, str) else None


def _at(found: Any, *keys: str) -> Any:
    """Return what stands below ``keys``; ``None`` where one of them is no table."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _cfg(text: str) -> str | None:
    match = _CFG.search(text)
    return match["value"] if match else None


def _setup(text: str) -> str | None:
    source = parse(text)
    for node in ast.walk(source.tree) if source else ():
        if (
            isinstance(node, ast.keyword)
            and node.arg == "python_requires"
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            return node.value.value
    return None


def _lowest(wanted: str) -> Version | None:
    """Read a specifier, or poetry's ``^3.8`` and ``~3.8``."""
    match = re.match(r"\s*[\^~]\s*3\.(\d+)", wanted)
    if match and not wanted.lstrip().startswith("~="):
        return 3, int(match[1])
    try:
        allowed = SpecifierSet(wanted.split("||")[0].strip())
    except InvalidSpecifier:
        return None
    for minor in range(3, _NEWEST_MINOR):
        if allowed.contains(f"3.{minor}.99") or allowed.contains(f"3.{minor}"):
            return 3, minor
    return None
