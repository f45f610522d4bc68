"""Groups and extras by name: what CI installs must still bring the checkers that it brought.

Source: https://packaging.python.org/en/latest/specifications/dependency-groups/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regreen.verify.guard import checkers, requirements
from regreen.verify.guard.standins import Ground

_ALWAYS = frozenset(["dev", ""])
"""What is installed without being named: uv's group ``dev``, the project's own dependencies."""


def moved_away(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str, ground: Ground
) -> list[str]:
    """Return which checkers are no longer in any group that CI's definition names."""
    old, new = _groups(before), _groups(after)
    reasons = []
    for name in sorted({n for members in old.values() for n in members}):
        if not checkers.is_checker(name):
            continue
        homes, later = ({g for g, m in side.items() if name in m} for side in (old, new))
        kept = later & homes or any(_includes(after, g) for g in later | (homes & new.keys()))
        told = any(g in _ALWAYS or ground.names(g) for g in later)
        if later and not (kept or told) and any(map(ground.names, homes)):
            reasons.append(f"it moves {name} to where nothing installs it: {path}")
    return reasons


def _includes(data: Mapping[str, Any], group: str) -> bool:
    """Whether a group has others in it, or is in another one."""
    text = repr([data.get("dependency-groups"), _project(data).get("optional-dependencies")])
    rows = _tables(data).get(group)
    inside = any(not isinstance(r, str) or "[" in r for r in rows if r) if rows else False
    return inside or f"'include-group': '{group}'" in text or f"[{group}]" in text


def _groups(data: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {
        name: {*requirements.from_lines(map(str, rows)).names}
        for name, rows in _tables(data).items()
    }
    own = _project(data).get("dependencies")
    found[""] = {*requirements.from_lines(map(str, own)).names} if isinstance(own, list) else set()
    return found


def _tables(data: Mapping[str, Any]) -> dict[str, list[Any]]:
    places = (data.get("dependency-groups"), _project(data).get("optional-dependencies"))
    return {
        str(name): rows
        for table in places
        if isinstance(table, Mapping)
        for name, rows in table.items()
        if isinstance(rows, list)
    }


def _project(data: Mapping[str, Any]) -> Mapping[str, Any]:
    found = data.get("project")
    return found if isinstance(found, Mapping) else {}
