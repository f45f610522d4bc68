"""Which releases may have broken a job: those that came lately, the likeliest first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from regreen.model import Failure
from regreen.scene import Index, Release
from regreen.verify.installed import Installed

_IN_PACKAGES = re.compile(r"site-packages/(?P<module>\w+)")
_FRAME = re.compile(
    r'File "(?P<quoted>[^"\n]+)", line \d+, in |^(?P<bare>\S+\.py):\d+: ?(?:in |$)', re.MULTILINE
)
_RAISED = re.compile(
    r"^(?:E\s+)?[\w.]*(?:Error|Exception|Warning|Exit)\b.*$"
    r"|site-packages/(?P<module>\w+)[^\s:]*:\d+: \w+(?:Error|Exception|Warning)\s*$",
    re.MULTILINE,
)
_NAMED = re.compile(
    r"(?:from (?:partially initialized module )?|No module named |module )'(?P<module>\w+)"
    r"|(?P<built>\w+)\.[\w.]+ size changed"
)
_AT_ONCE = 8
"""Projects that the index is asked about side by side."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A distribution whose installed release may be to blame.

    ``releases`` are those that the job's Python can have, up to the installed one, the lowest
    first, pre-releases and yanked ones left out; the installed one is the last.
    """

    name: str
    installed: Version
    releases: tuple[Release, ...]
    places: tuple[Installed, ...]
    rank: tuple[int, ...]

    def before(self, moment: datetime) -> Release | None:
        """Return the newest release that was there at ``moment`` and is not the installed one."""
        older = [r for r in self.releases[:-1] if r.uploaded and r.uploaded <= moment]
        return older[-1] if older else None

    def uploaded(self) -> datetime | None:
        """Return when the installed release came."""
        return self.releases[-1].uploaded


@dataclass(frozen=True, slots=True)
class Put:
    """A suspect put back to a release with which the step may pass."""

    suspect: Suspect
    good: Release


def suspects(
    found: Sequence[Installed], index: Index, failures: Sequence[Failure], output: str
) -> list[Suspect]:
    """Return the distributions that have an older release, the likeliest culprit first."""
    places: dict[str, list[Installed]] = {}
    for one in found:
        if not one.local:
            places.setdefault(one.key, []).append(one)
    named = _mentions(output)
    tools: set[str] = {canonicalize_name(f.tool) for f in failures if f.tool}
    raising = {o.key for o in found if any(named.get(m) == 2 for m in (*o.modules, o.key))}
    wanted = _required(found, tools | raising)
    made = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = dict(zip(places, pool.map(index.releases, places), strict=True))
    for key, all_of in places.items():
        newest = max(all_of, key=lambda one: one.version)
        releases = tuple(_usable(asked[key], newest))
        if len(releases) > 1 and Version(releases[-1].version) == newest.version:
            at = max((named.get(m, 0) for m in (*newest.modules, key)), default=0)
            role = 2 if key in tools else int(key in wanted)
            rank = (-at, -role, -_bump(releases), key)
            made.append((rank, newest.name, newest.version, releases, tuple(all_of)))
    made.sort(key=lambda one: one[0])
    return [Suspect(n, v, r, p, tuple(rank[:3])) for rank, n, v, r, p in made]


def lately(found: Iterable[Suspect], since: datetime) -> list[Suspect]:
    """Return the suspects whose installed release came after ``since``, and that had one before."""
    return [s for s in found if (at := s.uploaded()) and at > since and s.before(since)]


def _usable(releases: Iterable[Release], newest: Installed) -> Iterable[Release]:
    for release in releases:
        try:
            version = Version(release.version)
        except InvalidVersion:
            continue
        if version > newest.version or (version.is_prerelease and not newest.version.is_prerelease):
            continue
        if version == newest.version or (not release.yanked and _serves(release, newest.python)):
            yield release


def _serves(release: Release, python: str) -> bool:
    try:
        return SpecifierSet(release.requires_python).contains(f"{python}.99", prereleases=True)
    except InvalidSpecifier:
        return True


def _mentions(output: str) -> dict[str, int]:
    """Return modules that tracebacks go through (1), and that raise or are named in errors (2)."""
    found = {match["module"]: 1 for match in _IN_PACKAGES.finditer(output)}
    frames = list(_FRAME.finditer(output))
    inside = [_IN_PACKAGES.search(frame["quoted"] or frame["bare"]) for frame in frames]
    ends = [frame.start() for frame in frames]
    for match in _RAISED.finditer(output):
        last = bisect_left(ends, match.start()) - 1
        frame = inside[last] if last >= 0 else None
        raising = match["module"] or (frame["module"] if frame else None)
        named = (one["module"] or one["built"] for one in _NAMED.finditer(match[0]))
        found |= {module: 2 for module in (raising, *named) if module}
    return found


def _required(found: Sequence[Installed], tools: set[str]) -> set[str]:
    """Return what the failing tools, and what raises, themselves require."""
    names: set[str] = set()
    for one in found:
        for text in one.requires if one.key in tools else ():
            try:
                names.add(canonicalize_name(Requirement(text).name))
            except InvalidRequirement:
                continue
    return names


def _bump(releases: Sequence[Release]) -> int:
    """How much the installed release changes its version: 3 the first number, 2 the second."""
    last, before = (Version(r.version).release for r in (releases[-1], releases[-2]))
    same = [a == b for a, b in zip(last, before, strict=False)]
    return 3 - (same.index(False) if False in same else 3)
