"""The configuration of tools, compared as data, table by table and option by option."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regreen.verify.guard import (
    declared,
    foreign,
    groups,
    manifests,
    packaging_tables,
    parsing,
    requirements,
    shell,
    sources,
    unread,
)
from regreen.verify.guard.free_options import (
    COMMANDS,
    Path,
    in_scripts,
    is_free,
    is_uninstalling,
)
from regreen.verify.guard.jobkeys import environment
from regreen.verify.guard.loosening import loosened, plain, rows
from regreen.verify.guard.standins import NOWHERE, Ground

_MOVED = {
    ("tool", "ruff", "lint"): ("tool", "ruff"),
    ("lint",): (),
    ("tool:pytest",): ("pytest",),
    ("tool", "pytest", "ini_options"): ("tool", "pytest"),
    ("tool", "poetry", "dev-dependencies"): ("tool", "poetry", "group", "dev", "dependencies"),
}
"""Tables that were renamed: ruff 0.2, pytest 4, Poetry 1.2."""


_MORE = frozenset(["extradependencies", "features"])
"""Hatch's names for what an environment installs."""


def objections(path: str, old: str, new: str, ground: Ground = NOWHERE) -> list[str]:
    """Return which options are looser in the new text of a tool's configuration."""
    after = foreign.data(path, new)
    if after is None:
        return (
            []
            if not new.strip() and not old.strip()
            else [f"it leaves the configuration unreadable or empty: {path}"]
        )
    before = foreign.data(path, old)
    if before is None and old.strip():
        before = parsing.data(path, _repaired(path, old))
        if before is None:
            return unread.objections(
                path, old, new, lambda at, one, other: objections(at, one, other, ground)
            )
    before = before or {}
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return [] if before == after else [f"it changes the configuration: {path}"]
    old_needs, new_needs = declared.needs(before), declared.needs(after)
    reasons = requirements.fewer(old_needs, new_needs, path)
    reasons += manifests.strange(old_needs, new_needs, path, ground)
    reasons += sources.added(before, after, path) + packaging_tables.objections(
        path, before, after, ground
    )
    reasons += groups.moved_away(before, after, path, ground)
    reasons += foreign.fewer(path, before, after)
    first, second = dict(_options(before)), dict(_options(after))
    for place in sorted(first.keys() | second.keys()):
        was, now = first.get(place), second.get(place)
        if was == now or foreign.is_stricter(path, place, now):
            continue
        if is_uninstalling(path, place, was, now):
            reasons.append(f"it no longer installs the project: {path}, {'.'.join(place)[:80]}")
        elif not is_free(path, place):
            reasons += _judged(path, place, was, now, ground)
    return list(dict.fromkeys(reasons))


def _judged(path: str, place: Path, was: Any, now: Any, ground: Ground) -> list[str]:
    key = plain(place[-1])
    where = f"{path}, {'.'.join(place)[:80]}"
    if key in COMMANDS or key.startswith("commands") or in_scripts(place):
        return _commands(was, now, where, ground)
    tests = "pytest" in "".join(place)
    if key in {"setenv", "env", "environment", "environmentpass", "envvars"} and not tests:
        return environment(_variables(was), _variables(now), where)
    if key in {"deps", "dependencies", "additionaldependencies", "extras", *_MORE}:
        first, second = (requirements.from_lines(rows(side)) for side in (was, now))
        found = requirements.fewer(first, second, where)
        found += manifests.strange(first, second, where, ground)
        gone = [r for r in rows(was) if r.startswith("-r") or key in {"extras", "features"}]
        lost = [
            r for r in gone if r.replace(" ", "") not in {n.replace(" ", "") for n in rows(now)}
        ]
        return found + [f"it no longer installs {row!r}: {where}" for row in lost]
    if tests and key == "timeout":
        limits = [
            float(v) if re.fullmatch(r"[\d.]+", v := str(x).strip()) else 0 for x in (was, now)
        ]
        if not limits[1] or limits[1] > limits[0] > 0:
            return [f"it takes the time limit from tests: {where}"]
    if not loosened(place[-1], was, now):
        return []
    return [f"it loosens {'.'.join(place)[:80]} from {_shown(was)} to {_shown(now)}: {path}"]


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)[:40]


def _commands(was: Any, now: Any, where: str, ground: Ground) -> list[str]:
    first, second = _script(was), _script(now)
    if ".json" in where:
        first, second = shell.strict(first), shell.strict(second)
    reasons = shell.weaker(first, second, where, ground)
    ignored = [
        sum(bool(re.match(r"\s*-\s?\w", x)) for x in text.split("\n")) for text in (first, second)
    ]
    if ignored[1] > ignored[0]:
        reasons.append(f"it lets a command fail without notice: {where}")
    return reasons


def _script(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(_script(v) for v in value.values())
    if isinstance(value, list):
        words = all(isinstance(v, str) for v in value)
        return "\n".join(
            str(v)
            if words
            else " ".join(v)
            if isinstance(v, list) and all(isinstance(x, str) for x in v)
            else str(v)
            for v in value
        )
    return re.sub(r"\{([^{}\n]*)\}", r"$\1", str(value or "")).strip()


def _variables(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(k): str(v) for k, v in value.items()}
    found = {}
    for row in str(value or "").split("\n"):
        name, mark, text = row.partition("=")
        if mark:
            found[name.strip()] = text.strip()
    return found


def _options(data: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every option with its place; lists of tables are told apart by what they are for."""
    for key, value in data.items():
        place = (*above, str(key))
        if isinstance(value, dict) and not _is_value(place):
            yield from _options(value, _successor(place))
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            for at, table in enumerate(value):
                name = table.get("module") or table.get("name") or table.get("files") or at
                for each in name if isinstance(name, list) else [name]:
                    yield from _options(table, (*place, str(each)))
        else:
            yield (*_successor(place[:-1]), place[-1].replace("-", "_")), value


def _successor(place: Path) -> Path:
    return _MOVED.get(place, place)


def _is_value(place: Path) -> bool:
    return plain(place[-1]) in {
        "perfileignores",
        "extendperfileignores",
        "setenv",
        "env",
        "envvars",
    }


def _repaired(path: str, text: str) -> str:
    """Undo the commonest fault of an INI file, an indented section."""
    return re.sub(r"(?m)^[ \t]+(?=\[)", "", text) if path.endswith((".ini", ".cfg")) else text
