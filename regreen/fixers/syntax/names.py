"""Names of the standard library that an older Python does not have yet: take their backports.

Which came when, and what has the same meaning, is data (``data/newer.toml``).
"""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from regreen.fixers.source import Source, parse, replace_lines

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Backported:
    """A text with backports, and the requirements that it then has."""

    text: str
    requirements: tuple[str, ...]


def backported(source: Source, python: Version) -> Backported | None:
    """Return the text with names that ``python`` lacks imported from where it can have them.

    Which Python runs decides: newer ones keep the standard library's own. ``None`` where nothing
    is missing, or no backport is known.
    """
    changes: list[tuple[int, int, str]] = []
    requirements: dict[str, None] = {}
    sys_needed = False
    for node in source.tree.body:
        made = _of_import(node, source, python)
        if made is None:
            continue
        text, requirement = made
        changes.append((node.lineno, node.end_lineno or node.lineno, text))
        requirements |= dict.fromkeys([requirement] if requirement else [])
        sys_needed |= "sys.version_info" in text
    if not changes:
        return None
    text = replace_lines(source, changes)
    new = parse(text)
    if new is None:
        return None
    if sys_needed and not _imports_sys(new.tree):
        at = min(first for first, _, _ in changes) - 1
        lines = list(new.lines)
        text = "".join([*lines[:at], "import sys\n", *lines[at:]])
    return Backported(text, tuple(requirements)) if parse(text) is not None else None


def _of_import(node: ast.stmt, source: Source, python: Version) -> tuple[str, str] | None:
    """Return what takes the place of an import, and the requirement that it has."""
    if isinstance(node, ast.Import) and len(node.names) == 1:
        name = node.names[0].name
        since = _table()["modules"].get(name)
        if since is None or python >= _version(since) or name not in _table()["instead"]:
            return None
        bound = node.names[0].asname or name
        instead = _table()["instead"][name]
        new = f"import {instead['module']} as {bound}"
        return _either(since, source.lines[node.lineno - 1].strip(), new), _required(name, since)
    if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
        return None
    return _of_names(node, python)


def _of_names(node: ast.ImportFrom, python: Version) -> tuple[str, str] | None:
    module = node.module or ""
    table = _table()
    if module in table["modules"] and python < _version(table["modules"][module]):
        known = dict.fromkeys((a.name for a in node.names), table["modules"][module])
    else:
        known = {n: s for n, s in table["names"].get(module, {}).items() if python < _version(s)}
    late = [alias for alias in node.names if alias.name in known]
    if not late:
        return None
    spelled = _spelled(module, late)
    if spelled is None and module not in table["instead"]:
        return None
    kept = [alias for alias in node.names if alias.name not in known]
    lines = [f"from {module} import {_listed(kept)}\n"] if kept else []
    if spelled is not None:
        return "".join([*lines, *spelled]), ""
    since = max((known[alias.name] for alias in late), key=_version)
    instead = table["instead"][module]["module"]
    own = f"from {module} import {_listed(late)}"
    other = f"from {instead} import {_listed(late)}"
    return "".join([*lines, _either(since, own, other)]), _required(module, since)


def _spelled(module: str, late: list[ast.alias]) -> list[str] | None:
    """Return the same in words that every Python has, where there are such words for all."""
    words = {
        (
            "functools",
            "cache",
        ): "from functools import lru_cache\n\n{0} = lru_cache(maxsize=None)\n",
        ("datetime", "UTC"): "from datetime import timezone\n\n{0} = timezone.utc\n",
    }
    found = [words.get((module, alias.name)) for alias in late]
    if None in found:
        return None
    return [
        text.format(alias.asname or alias.name)
        for alias, text in zip(late, found, strict=True)
        if text
    ]


def _either(since: str, own: str, other: str) -> str:
    version = ", ".join(since.split("."))
    return f"if sys.version_info >= ({version}):\n    {own}\nelse:\n    {other}\n"


def _required(module: str, since: str) -> str:
    return f'{_table()["instead"][module]["distribution"]}; python_version < "{since}"'


def _listed(aliases: list[ast.alias]) -> str:
    return ", ".join(f"{a.name} as {a.asname}" if a.asname else a.name for a in aliases)


def _imports_sys(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Import) and any(a.name == "sys" and not a.asname for a in node.names)
        for node in tree.body
    )


def _version(text: str) -> Version:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


@cache
def _table() -> dict[str, Any]:
    data = resources.files("regreen.fixers.syntax").joinpath("data/newer.toml")
    return tomllib.loads(data.read_text("utf-8"))
