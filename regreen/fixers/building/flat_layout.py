"""setuptools finds several top-level packages and refuses to guess: name the ones that are meant.

The package is the one that is called like the project, or those that the project's own entry
points, version attribute or imports name; the others are what tests, docs and pictures lie in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import tomlkit
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable

from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "flat layout"
DOCS = "https://setuptools.pypa.io/en/latest/userguide/package_discovery.html"

_SAID = re.compile(
    r"Multiple top-level (?P<what>packages|modules) discovered in a flat-layout: "
    r"\[(?P<names>[^\]]+)\]"
)
_WHY = "setuptools is told which of several top-level packages are meant"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield an edit of ``pyproject.toml`` that names the packages, and one that finds them."""
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    match = _SAID.search(said)
    path = "pyproject.toml" if scene.directory == "." else f"{scene.directory}/pyproject.toml"
    text = scene.files.text(path)
    if match is None or text is None:
        return
    names = re.findall(r"'([^']+)'", match["names"])
    chosen = _chosen(text, names)
    if not chosen:
        return
    nested = any(
        re.match(rf"(?:{'|'.join(map(re.escape, chosen))})/\w+/__init__\.py", p)
        for p in scene.files.paths()
    )
    for find in (nested, not nested):
        if match["what"] == "modules" and find:
            return
        made = _told(text, match["what"], chosen, find=find)
        if made is not None:
            yield Edit(ID, _WHY, {path: made}, from_start=True, severity=Severity.MEDIUM)


def _chosen(text: str, names: list[str]) -> list[str]:
    try:
        document = tomlkit.parse(text).unwrap()
    except (TOMLKitError, RecursionError):
        return []
    project = _tables(document, "project")
    wanted = canonicalize_name(str(project.get("name", "")))
    own = [name for name in names if canonicalize_name(name) in {wanted, wanted.replace("-", "")}]
    if own:
        return own
    told = str({k: project.get(k) for k in ("scripts", "gui-scripts", "entry-points")})
    told += str(_tables(document, "tool", "setuptools"))
    named = [name for name in names if re.search(rf"\b{re.escape(name)}\b", told)]
    return named or [n for n in names if wanted and canonicalize_name(n).startswith(wanted)]


def _tables(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table below ``keys``; an empty one where something else stands there."""
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _told(text: str, what: str, chosen: list[str], *, find: bool) -> str | None:
    document = tomlkit.parse(text)
    tool = document.setdefault("tool", tomlkit.table(is_super_table=True))
    if not isinstance(tool, dict):
        return None
    table = tool.get("setuptools")
    if not isinstance(table, AbstractTable):
        table = tomlkit.table()
        tool["setuptools"] = table
    key = "packages" if what == "packages" else "py-modules"
    if key in table:
        return None
    if find:
        inner = tomlkit.table(is_super_table=True)
        found = tomlkit.table()
        found["include"] = [f"{name}*" for name in chosen]
        inner["find"] = found
        table[key] = inner
    else:
        table[key] = chosen
    return tomlkit.dumps(document)
