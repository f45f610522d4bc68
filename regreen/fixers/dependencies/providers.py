"""Which distribution provides a module: asked of the project first, and confirmed by its wheel.

A name alone proves nothing: anybody may upload a distribution that is called like a module. So a
distribution counts only when its wheel holds the module, and when it is no newcomer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources

from packaging.utils import canonicalize_name
from packaging.version import Version

from regreen.fixers.dependencies import manifests
from regreen.fixers.dependencies.forms.slot import Slot
from regreen.scene import Files, Index, Release, Scene

YOUNG = timedelta(days=90)
"""A distribution that came later than this before the run is not proposed."""

_MOST_DECLARED = 80
_MOST_SERIES = 30


@dataclass(frozen=True, slots=True)
class Provider:
    """A distribution that provides a module.

    ``specifier`` are the versions of it that do (empty: the newest does); ``why`` says what tells;
    ``dropped`` when later releases do so no more.
    """

    name: str
    specifier: str
    why: str
    dropped: bool = False


def providers(module: str, scene: Scene) -> Iterator[Provider]:
    """Yield what provides ``module``, the likeliest first, each confirmed."""
    seen: set[str] = set()
    for name, specifier, why, trusted in _named(module, scene):
        key = canonicalize_name(name)
        if key in seen:
            continue
        seen.add(key)
        if scene.index is None:
            if trusted:
                yield Provider(name, specifier, why)
            continue
        versions = _confirmed(name, module, scene.index, scene.as_of, trusted)
        if versions is not None:
            yield Provider(name, versions or specifier, why, bool(versions))


def _named(module: str, scene: Scene) -> Iterator[tuple[str, str, str, bool]]:
    """Yield names with versions, the reason, and whether a wheel need not confirm them."""
    top = module.split(".")[0]
    alike = {canonicalize_name(n) for n in (top, f"python-{top}", f"py{top}", f"{top}-python")}
    known = known_name(module)
    wanted = alike | ({canonicalize_name(known)} if known else set())
    for files, why in ((scene.parent, "the commit before declared it"), (scene.files, "")):
        for slot in _slots(files):
            if slot.key in wanted:
                words = why or "the project declares it elsewhere"
                yield slot.name, _plain(slot) if why else "", words, True
    if known is not None:
        yield known, "", "it provides the module", True
    parts = module.split(".")
    for length in range(len(parts), 1, -1):
        yield "-".join(parts[:length]).replace("_", "-"), "", "its wheel holds the module", False
    yield top.replace("_", "-"), "", "its wheel holds the module", False
    if scene.index is not None:
        for number, slot in enumerate(_slots(scene.files)):
            if number < _MOST_DECLARED and top.lower() in slot.key.replace("-", "_"):
                yield slot.name, "", "its wheel holds the module", False


def _slots(files: Files | None) -> list[Slot]:
    if files is None:
        return []
    return [s for place in manifests.every(files) for s in manifests.slots(place, files)]


def _plain(slot: Slot) -> str:
    return slot.specifier if slot.allowed is not None and slot.specifier != "*" else ""


def known_name(module: str) -> str | None:
    """Return what the curated table says of a module, or of the packages that it is in."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((table()[name] for name in names if name in table()), None)


@cache
def table() -> dict[str, str]:
    """Return the curated names of distributions, by module."""
    data = (
        resources.files("regreen.fixers.dependencies")
        .joinpath("data/distributions.toml")
        .read_text("utf-8")
    )
    modules: dict[str, str] = tomllib.loads(data)["modules"]
    return modules


def _confirmed(
    name: str, module: str, index: Index, as_of: datetime | None, trusted: bool
) -> str | None:
    """Return which versions provide the module (empty: the newest); ``None``: none is known to."""
    releases = usable(index.releases(name))
    if not releases or is_young(releases, as_of):
        return None
    newest = index.modules(name, releases[-1].version)
    if module in newest:
        return ""
    if not newest:
        return "" if trusted else None
    last = last_with(module, name, releases, index)
    return None if last is None else f"<{after(last, releases)}"


def usable(releases: Sequence[Release]) -> list[Release]:
    """Return the releases that installers take unasked: no yanked ones, no pre-releases."""
    whole = [r for r in releases if not r.yanked]
    return [r for r in whole if not Version(r.version).is_prerelease] or whole


def is_young(releases: Sequence[Release], as_of: datetime | None) -> bool:
    """Whether a distribution came less than 90 days before the run, or nobody tells when."""
    times = [r.uploaded for r in releases if r.uploaded is not None]
    return not times or min(times) > (as_of or datetime.now(UTC)) - YOUNG


def last_with(module: str, name: str, releases: Sequence[Release], index: Index) -> Release | None:
    """Return the last release that has a module which the newest lacks.

    The last releases of the series are asked from the newest on, then those between by halves.
    """
    ends: dict[tuple[int, ...], int] = {}
    for number, release in enumerate(releases):
        ends[Version(release.version).release[:2]] = number
    above = len(releases) - 1
    for below in sorted(ends.values(), reverse=True)[:_MOST_SERIES]:
        if module in index.modules(name, releases[below].version):
            return _between(module, name, releases, (below, above), index)
        above = below
    return None


def _between(
    module: str, name: str, releases: Sequence[Release], ends: tuple[int, int], index: Index
) -> Release:
    low, high = ends
    while high - low > 1:
        middle = (low + high) // 2
        if module in index.modules(name, releases[middle].version):
            low = middle
        else:
            high = middle
    return releases[low]


def after(last: Release, releases: Sequence[Release]) -> str:
    """Return the version of the release behind ``last``, as short as it may be written."""
    return short(releases[[r.version for r in releases].index(last.version) + 1].version)


def short(version: str) -> str:
    """Return a version without the zeros at its end: what is below it stays the same."""
    made = Version(version)
    if made.is_prerelease or made.is_postrelease or made.local or made.epoch:
        return version
    numbers = list(made.release)
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return ".".join(map(str, numbers))
