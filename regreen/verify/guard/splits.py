"""Requirements told apart by markers: what each Python gets before and after.

A pin that a Python cannot have is moved for that Python alone; those above it keep what they had.
Source of the markers: https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName, default_environment
from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

_MINORS = range(20)
_SYSTEMS = (("linux", "Linux", "posix"), ("win32", "Windows", "nt"), ("darwin", "Darwin", "posix"))
_MOST = 12
"""Rows of one distribution; people write fewer."""


def is_split_by_python(before: Sequence[Requirement], after: Sequence[Requirement]) -> bool:
    """Whether some Pythons get an older release of the same major, and those above what they had.

    Nobody loses the requirement, and at least one Python that had it keeps it as it was.
    """
    if not before or max(len(before), len(after)) > _MOST:
        return False
    for system in _SYSTEMS:
        kept = False
        for environment in reversed(list(_pythons(*system))):
            was, now = (_applying(rows, environment) for rows in (before, after))
            if was is None or now is None:
                return False
            if _texts(was) == _texts(now):
                kept = kept or bool(was)
            elif not (kept and _is_older(was, now)):
                return False
    return True


def _pythons(platform: str, system: str, name: str) -> Iterator[dict[str, str]]:
    for minor in _MINORS:
        yield {
            **_usual(),
            "python_version": f"3.{minor}",
            "python_full_version": f"3.{minor}.0",
            "sys_platform": platform,
            "platform_system": system,
            "os_name": name,
            "extra": "",
        }


@cache
def _usual() -> dict[str, str]:
    return {key: str(value) for key, value in default_environment().items()}


def _applying(rows: Sequence[Requirement], environment: dict[str, str]) -> list[Requirement] | None:
    try:
        return [r for r in rows if r.marker is None or r.marker.evaluate(environment)]
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
        return None


def _texts(rows: Sequence[Requirement]) -> set[tuple[str, str, str]]:
    return {(",".join(sorted(r.extras)), str(r.specifier), r.url or "") for r in rows}


def _is_older(was: Sequence[Requirement], now: Sequence[Requirement]) -> bool:
    if len(was) != 1 or len(now) != 1:
        return False
    first, second = _pinned(was[0]), _pinned(now[0])
    if first is None or second is None or was[0].extras != now[0].extras:
        return False
    return second < first and second.major == first.major and first.major > 0


def _pinned(requirement: Requirement) -> Version | None:
    specifiers = list(requirement.specifier)
    if requirement.url or len(specifiers) != 1 or specifiers[0].operator not in {"==", ">=", "~="}:
        return None
    try:
        return Version(specifiers[0].version.removesuffix(".*"))
    except InvalidVersion:
        return None
