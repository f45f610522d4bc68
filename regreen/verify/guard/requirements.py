"""Declared dependencies: versions may change, but nothing that checks may go or be pinned away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from regreen.verify.guard import checkers
from regreen.verify.guard.splits import is_split_by_python

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Needs:
    """The distributions that some files declare, each with its specifiers as written."""

    names: Mapping[str, tuple[str, ...]]


def from_lines(lines: Iterable[str]) -> Needs:
    """Return what lines of a requirements file, or strings of a list, declare."""
    found: dict[str, list[str]] = {}
    for line in lines:
        text = re.sub(r"(?:^|\s)#.*$", "", line).strip().rstrip("\\").split(" --hash")[0].strip()
        match = _NAME.match(text)
        if match:
            found.setdefault(canonicalize_name(match[0]), []).append(text)
    return Needs({name: tuple(rows) for name, rows in found.items()})


def included(lines: Iterable[str]) -> set[str]:
    """Return the files that a requirements file includes."""
    return {
        " ".join(x.split()[1:])
        for x in map(str.strip, lines)
        if x.startswith(("-r ", "--requirement "))
    }


def from_table(table: Any) -> list[str]:
    """Return a table ``name = "specifier"`` (Poetry, Pipfile, pixi) as requirement lines."""
    rows = []
    for name, value in table.items() if isinstance(table, dict) else ():
        spec = (
            value
            if isinstance(value, str)
            else value.get("version", "")
            if isinstance(value, dict)
            else ""
        )
        rest = {k: v for k, v in value.items() if k != "version"} if isinstance(value, dict) else {}
        marker = rest.get("python") or rest.get("markers") or ""
        rows.append(f"{name}{_poetry(str(spec))}" + (f" ; {marker}" if marker else ""))
    return rows


def _poetry(spec: str) -> str:
    if re.match(r"\d", spec):
        return f"=={spec}"
    return re.sub(r"\^", ">=", spec) if spec != "*" else ""


def fewer(before: Needs, after: Needs, where: str) -> list[str]:
    """Return which checkers and plug-ins of tests are gone, never installed, or older by decree."""
    reasons = [
        f"it takes {name} from an address: {where}"
        for name, rows in after.names.items()
        if any("://" in row for row in rows)
        and not any("://" in row for row in before.names.get(name, ()))
    ]
    for name, rows in before.names.items():
        if not checkers.is_checker(name):
            continue
        new = after.names.get(name)
        if new is None:
            reasons.append(f"it no longer requires {name}, which checks: {where}")
        elif new != rows:
            reasons += _pinned(name, rows, new, where)
    return reasons


def _pinned(name: str, old: tuple[str, ...], new: tuple[str, ...], where: str) -> list[str]:
    before, after = (_requirements(rows) for rows in (old, new))
    if not after:
        return [f"it requires {name} in a way that cannot be read: {where}"]
    if is_split_by_python(before, after):
        return []
    if all(r.marker for r in after) and not any(r.marker for r in before):
        return [f"it requires {name} only under a condition: {where}"]
    if any(_empty(r) for r in after):
        return [f"it requires a release of {name} that does not exist: {where}"]
    lowest = [v for r in before if (v := _floor(r))]
    highest = [v for r in after if (v := _ceiling(r))]
    if lowest and highest and min(highest) < min(lowest):
        return [f"it takes an older release of {name}, which checks: {where}"]
    return []


def _requirements(rows: Iterable[str]) -> list[Requirement]:
    found = []
    for row in rows:
        try:
            found.append(Requirement(row))
        except InvalidRequirement:
            continue
    return found


def _versions(requirement: Requirement, operators: set[str]) -> list[Version]:
    found = []
    for spec in requirement.specifier:
        if spec.operator in operators:
            try:
                found.append(Version(spec.version.removesuffix(".*")))
            except InvalidVersion:
                continue
    return found


def _floor(requirement: Requirement) -> Version | None:
    return max(_versions(requirement, {"==", ">=", "~=", ">"}), default=None)


def _ceiling(requirement: Requirement) -> Version | None:
    return min(_versions(requirement, {"==", "<=", "<", "~="}), default=None)


def _empty(requirement: Requirement) -> bool:
    """Whether nobody can have such a release: below zero, or below its own minimum."""
    upper = _versions(requirement, {"<", "<="})
    lower = _versions(requirement, {">=", ">"})
    if any(v <= Version("0.0.1") for v in upper):
        return True
    return bool(upper and lower and min(upper) < max(lower))
