"""Which releases may have broken a job: those that came lately, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
_NAMED = re.compile(
    r"(?:from (?:partially initialized module )?|No module named |module )'(?P<module>\w+)"
)
_LATELY_SEEN = 60


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
    wanted = _required(found, tools)
    made = []
    for key, all_of in places.items():
        newest = max(all_of, key=lambda one: one.version)
        releases = tuple(_usable(index.releases(key), newest))
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
        if version > newest.version or (version.is_prerelease and version != newest.version):
            continue
        if version == newest.version or (not release.yanked and _serves(release, newest.python)):
            yield release


def _serves(release: Release, python: str) -> bool:
    try:
        return SpecifierSet(release.requires_python).contains(f"{python}.99", prereleases=True)
    except InvalidSpecifier:
        return True


def _mentions(output: str) -> dict[str, int]:
    """Return modules that tracebacks go through or errors name; the later, the higher."""
    found: dict[str, int] = {}
    matches = [*_IN_PACKAGES.finditer(output), *_NAMED.finditer(output)]
    for number, match in enumerate(sorted(matches, key=lambda m: m.start())):
        found[match["module"]] = number + 1
    last = max(found.values(), default=0)
    return {module: 1 + (at > last - _LATELY_SEEN) for module, at in found.items()}


def _required(found: Sequence[Installed], tools: set[str]) -> set[str]:
    """Return what the failing tools themselves require."""
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
