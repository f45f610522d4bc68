"""Files of requirements, of environments and of locks: what they install, and from where.

Sources: https://pip.pypa.io/en/stable/reference/requirements-file-format/, the lock formats of uv,
Poetry, PDM, Pipenv and npm, and conda's environment files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from regreen.verify.guard import parsing, plugins, requirements, sources
from regreen.verify.guard.standins import Ground

_LOCK = re.compile(r"(?:\.lock|-lock\.(?:json|ya?ml)|\.lock\.json|npm-shrinkwrap\.json)$")
_NPM = re.compile(r"(?:package-lock\.json|shrinkwrap\.json|yarn\.lock|-lock\.ya?ml)$")
_BROUGHT = frozenset(
    ["mccabe", "pycodestyle", "pyflakes", "isort", "coverage", "typeguard", "pluggy", "radon"]
)
"""Checkers that others bring along: a lock may do without them when those do."""
_OPTION = re.compile(
    r"(?:--?(?:extra-)?index-url|--find-links|--trusted-host|--no-index|--no-deps|--index"
    r"|-[if])(?:[\s=]|$)"
)
_LOCAL = re.compile(r"(?:-e\s+|--editable[\s=]+)?\.{1,2}(?:[/\[\s]|$)")
_PLACE = re.compile(r"(?:-e\s+|--editable[\s=]+)?(?P<place>[\w+]+://\S+|\.{0,2}/\S+|[\w./-]+\.whl)")


def objections(path: str, old: str, new: str, ground: Ground) -> list[str]:
    """Return what the file ``path`` no longer installs, or takes from elsewhere."""
    if _LOCK.search(path):
        return _locked(path, old, new)
    if path.endswith((".yml", ".yaml", "Pipfile")):
        return _data(path, old, new)
    rows = [[r for line in text.split("\n") if (r := line.strip())] for text in (old, new)]
    reasons = [
        f"it no longer installs {name}: {path}"
        for name in sorted(requirements.included(rows[0]) - requirements.included(rows[1]))
    ]
    reasons += [
        f"it takes packages from elsewhere, {row[:50]}: {path}"
        for row in sorted(_elsewhere(rows[1]) - _elsewhere(rows[0]))
    ]
    if any(map(_LOCAL.match, rows[0])) and not any(map(_LOCAL.match, rows[1])):
        reasons.append(f"it no longer installs the project from its own files: {path}")
    if "--hash=" in old and "--hash=" not in new:
        reasons.append(f"it no longer checks what is downloaded by its hash: {path}")
    before, after = (requirements.from_lines(r) for r in rows)
    reasons += requirements.fewer(before, after, path)
    return reasons + strange(before, after, path, ground)


def strange(
    before: requirements.Needs, after: requirements.Needs, where: str, ground: Ground
) -> list[str]:
    """Return which plug-ins of pytest are added of which neither people nor the tree speak."""
    return [
        f"it adds a plug-in of the test runner that nothing here uses, {name}: {where}"
        for name in sorted(after.names.keys() - before.names.keys())
        if plugins.is_strange(name) and ground.is_unknown(name)
    ]


def _elsewhere(rows: Iterable[str]) -> set[str]:
    found = set()
    for row in rows:
        match = _PLACE.match(row)
        if _OPTION.match(row):
            if not sources.is_usual(row):
                found.add(row)
        elif match and not _LOCAL.match(row):
            found.add(match["place"].partition("@")[0])
    return found


def _data(path: str, old: str, new: str) -> list[str]:
    before, after = parsing.data(path, old), parsing.data(path, new)
    if not isinstance(after, Mapping):
        return [f"it leaves the requirements unreadable: {path}"] if new.strip() else []
    first, second = (requirements.from_lines(_rows(data)) for data in (before, after))
    return sources.added(before, after, path) + requirements.fewer(first, second, path)


def _rows(data: Any) -> list[str]:
    if not isinstance(data, Mapping):
        return []
    found: list[str] = []
    for key in ("packages", "dev-packages"):
        found += requirements.from_table(data.get(key))
    rows = data.get("dependencies")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, str):
            found.append(
                re.sub(r"(?<![=<>!~])=(?!=)[^,]*", _exact, row.rpartition("::")[2], count=1)
            )
        elif isinstance(row, Mapping):
            found += [str(r) for r in row.get("pip") or () if isinstance(r, str)]
    return found


def _exact(match: re.Match[str]) -> str:
    """Return a pin as pip writes it; conda writes ``name=1.2=build``."""
    version = match[0].strip("=").split("=")[0]
    return f"=={version}.*" if re.fullmatch(r"[\d.]+", version) else f"=={version}"


def _locked(path: str, old: str, new: str) -> list[str]:
    reasons = [
        f"it takes packages from elsewhere, {host}: {path}"
        for host in sources.new_hosts(*(_downloads(path, text) for text in (old, new)))
    ]
    before, after = (_releases(path, text) for text in (old, new))
    if before is None:
        return reasons
    if after is None:
        return [*reasons, f"it leaves the lock unreadable: {path}"]
    kept = {n: r for n, r in before.names.items() if n in after.names or n not in _BROUGHT}
    return reasons + requirements.fewer(requirements.Needs(kept), after, path)


def _downloads(path: str, text: str) -> str:
    """Return the part of a lock that says where packages lie; npm's names sponsors, too."""
    if not _NPM.search(path):
        return text
    return "\n".join(re.findall(r"(?:resolved|tarball)\W+([a-z+]+://\S+)", text))


def _releases(path: str, text: str) -> requirements.Needs | None:
    """Return what a lock of Python's installers holds; ``None`` for what cannot be read."""
    if _NPM.search(path):
        return requirements.Needs({})
    data = parsing.data("x.json" if text.lstrip().startswith("{") else path, text)
    if not isinstance(data, Mapping):
        return None
    rows = []
    for table in data.get("package") or () if isinstance(data.get("package"), list) else ():
        if isinstance(table, Mapping) and "name" in table:
            version = table.get("version")
            rows.append(f"{table['name']}=={version}" if version else str(table["name"]))
    for group in ("default", "develop"):
        table = data.get(group)
        for name, value in table.items() if isinstance(table, Mapping) else ():
            pin = value.get("version", "") if isinstance(value, Mapping) else ""
            rows.append(f"{name}{pin}")
    return requirements.from_lines(rows)
