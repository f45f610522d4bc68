"""What a built package lacks: files that lie in the repository, a readme, the packages themselves.

A file that is missing below ``site-packages`` and lies in the repository's package is package data
that nobody declared; a build back end that finds no package is told where it is.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "package contents"
DOCS = "https://packaging.python.org/en/latest/guides/writing-pyproject-toml/"

_MISSING = re.compile(r"(?:site|dist)-packages/(?P<path>[\w./-]+\.(?!py\b)\w+)")
_README = re.compile(
    r"(?:Readme file does not exist|Readme path .* not found|File .* cannot be found"
    r"|No such file or directory:? ['\"]?(?:[\w./-]*/)?README)[^\n]*",
    re.IGNORECASE,
)
_NO_FILES = "Unable to determine which files to ship inside the wheel"
_READMES = re.compile(r"^readme(?:\.(?:md|rst|txt))?$", re.IGNORECASE)
PYPROJECT = "pyproject.toml"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits of ``pyproject.toml`` (or ``MANIFEST.in``) that bring in what is missing."""
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    text = scene.files.text(PYPROJECT)
    if text is None:
        return
    try:
        document = tomlkit.parse(text)
    except (TOMLKitError, RecursionError):
        return
    for why, made in (
        ("files of the package that are no Python are declared", _data(said, document, scene)),
        ("the readme is the one that there is", _readme(said, document, scene)),
        ("the wheel is told which package it holds", _packages(said, document, scene)),
    ):
        if made is not None and made != text:
            files = {PYPROJECT: made}
            yield Edit(ID, why, files, from_start=True, severity=Severity.MEDIUM)


def _data(said: str, document: tomlkit.TOMLDocument, scene: Scene) -> str | None:
    """Declare files that are missing where the package is installed, by their kind."""
    if "setuptools" not in _backend(document) or "No such file" not in said:
        return None
    wanted: dict[str, dict[str, None]] = {}
    known = set(scene.files.paths())
    for match in _MISSING.finditer(said):
        path = posixpath.normpath(match["path"])
        if not any(f"{root}{path}" in known for root in ("", "src/")):
            continue
        package = path.split("/")[0]
        inner = posixpath.dirname(path.removeprefix(f"{package}/"))
        suffix = posixpath.splitext(path)[1]
        wanted.setdefault(package, {})[posixpath.join(inner, f"*{suffix}")] = None
    if not wanted:
        return None
    table = _table(document, "tool", "setuptools", "package-data")
    if table is None:
        return None
    for package, globs in wanted.items():
        found = table.get(package, [])
        have = list(found) if isinstance(found, list) else []
        table[package] = [*have, *(glob for glob in globs if glob not in have)]
    return tomlkit.dumps(document)


def _readme(said: str, document: tomlkit.TOMLDocument, scene: Scene) -> str | None:
    project = document.get("project")
    if _README.search(said) is None or not isinstance(project, dict):
        return None
    named = project.get("readme")
    name = named.get("file") if isinstance(named, dict) else named
    if name is None or scene.files.text(str(name)) is not None:
        return None
    found = next((p for p in scene.files.paths() if _READMES.match(p)), None)
    if found is None:
        return None
    if isinstance(named, dict):
        named["file"] = found
    else:
        project["readme"] = found
    return tomlkit.dumps(document)


def _packages(said: str, document: tomlkit.TOMLDocument, scene: Scene) -> str | None:
    if _NO_FILES not in said:
        return None
    found = sorted(_top_level(scene))
    if len(found) != 1:
        return None
    table = _table(document, "tool", "hatch", "build", "targets", "wheel")
    if table is None or "packages" in table:
        return None
    table["packages"] = found
    return tomlkit.dumps(document)


def _top_level(scene: Scene) -> Iterator[str]:
    for path in scene.files.paths():
        match = re.fullmatch(r"((?:src/)?(?!tests?/|docs?/|examples?/)[\w]+)/__init__\.py", path)
        if match is not None:
            yield match[1]


def _backend(document: tomlkit.TOMLDocument) -> str:
    found = document.get("build-system")
    said = found.get("build-backend") if isinstance(found, dict) else None
    return str(said or "setuptools.build_meta")


def _table(document: tomlkit.TOMLDocument, *keys: str) -> Any:
    """Return the table below ``keys``, made where there is none; ``None`` where it cannot be."""
    here: Any = document
    for number, key in enumerate(keys):
        if key not in here:
            last = number == len(keys) - 1
            here[key] = tomlkit.table(is_super_table=not last)
        here = here[key]
        if not isinstance(here, dict):
            return None
    return here
