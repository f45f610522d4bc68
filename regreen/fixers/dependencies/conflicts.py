"""Requirements that do not fit together: the smallest relaxation, in either direction.

The resolver names who demands what. Of two requirements that exclude each other one is moved to the
nearest release that fits the other, as the index and the releases' own requirements tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.demands import Demand, conflicts, demands
from regreen.fixers.dependencies.forms.slot import Slot
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import Manifest, slots
from regreen.fixers.dependencies.providers import short, usable
from regreen.model import Category, Failure, Proposal, Severity
from regreen.scene import Index, Release, Scene

ID = "requirements that exclude each other"
DOCS = (
    "https://pip.pypa.io/en/stable/topics/dependency-resolution/#dealing-with-dependency-conflicts"
)

_OURS = frozenset({Category.DEPENDENCY_ISSUE, Category.BUILD_ERROR, Category.CONFIGURATION_ERROR})
_LOOKED_AT = 25
"""Releases on either side of a pin whose requirements are read."""


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield an idea for each declared requirement that can be moved so that the others fit."""
    if failure.category not in _OURS or scene.index is None or not conflicts(scene.output):
        return
    said = demands(scene.output)
    places = [p for p in manifests(scene) if not p.builds]
    declared = [(place, slot) for place in places for slot in slots(place, scene.files)]
    for place, slot in declared:
        wanted = [d.spec for d in said if d.name == slot.key and d.who]
        if wanted and slot.specifier:
            yield from _moved(place, slot, _both(wanted), f"{_who(said, slot)} asks for", scene)
    for place, slot in declared:
        theirs = [d for d in said if d.who == slot.key]
        if theirs and slot.specifier:
            yield from _other_release(place, slot, theirs, said, scene)


def _who(said: Sequence[Demand], slot: Slot) -> str:
    return next(d.who for d in said if d.name == slot.key and d.who)


def _both(wanted: Iterable[SpecifierSet]) -> SpecifierSet:
    made = SpecifierSet()
    for one in wanted:
        made &= one
    return made


def _moved(
    place: Manifest, slot: Slot, wanted: SpecifierSet, words: str, scene: Scene
) -> Iterator[Proposal]:
    """Yield the idea to move a requirement to the nearest release that the others take."""
    assert scene.index is not None
    own = slot.allowed
    releases = serving(scene.index, slot.key, scene.python)
    fitting = [r for r in releases if wanted.contains(r.version, prereleases=True)]
    if own is None or not fitting:
        return
    chosen = nearest(slot, releases, fitting)
    specifier = respecified(slot, Version(chosen.version))
    text = slot.write(specifier, "") if specifier else None
    if text is not None:
        why = f"{words} {slot.name} {wanted}: {slot.name}{slot.specifier} becomes {specifier}"
        yield lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)


def _other_release(
    place: Manifest, slot: Slot, theirs: Sequence[Demand], said: Sequence[Demand], scene: Scene
) -> Iterator[Proposal]:
    """Yield the idea to take a release whose own requirements fit what the others ask for."""
    assert scene.index is not None
    releases = serving(scene.index, slot.key, scene.python)
    names = {d.name for d in theirs}
    asked = {n: _both(d.spec for d in said if d.name == n and d.who != slot.key) for n in names}
    at = _place(slot, releases)
    near = sorted(range(len(releases)), key=lambda i: (abs(i - at), i))[: 2 * _LOOKED_AT]
    for number in near:
        release = releases[number]
        if _allows(release, slot.key, asked, scene.index):
            specifier = respecified(slot, Version(release.version))
            text = slot.write(specifier, "") if specifier else None
            if text is not None:
                fits = ", ".join(sorted(names))
                why = f"{slot.name} {release.version} fits the {fits} that the others ask for"
                yield lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)
                return


def _allows(release: Release, name: str, asked: dict[str, SpecifierSet], index: Index) -> bool:
    """Whether some release of each distribution suits both a release and the others."""
    for text in index.requires(name, release.version):
        try:
            needed = Requirement(text)
        except InvalidRequirement:
            continue
        key = canonicalize_name(needed.name)
        if key not in asked or (needed.marker is not None and "extra" in str(needed.marker)):
            continue
        both = needed.specifier & asked[key]
        if not any(both.contains(r.version) for r in usable(index.releases(key))):
            return False
    return True


def serving(index: Index, name: str, python: str) -> list[Release]:
    """Return the releases of a distribution that a Python can have, the lowest first."""
    return [r for r in usable(index.releases(name)) if serves(r, python)]


def serves(release: Release, python: str) -> bool:
    """Whether a Python (``3.8``, ``3.8.1``; anything else: any) can have a release."""
    parts = python.split(".")
    if not release.requires_python or len(parts) < 2 or not all(p.isdigit() for p in parts[:2]):
        return True
    version = f"{parts[0]}.{parts[1]}.{parts[2] if len(parts) > 2 else 99}"
    try:
        return SpecifierSet(release.requires_python).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def _place(slot: Slot, releases: Sequence[Release]) -> int:
    """Return at which release a requirement stands: its pin, its lower bound, or the newest."""
    bound = _bound(slot)
    below = [i for i, r in enumerate(releases) if bound and Version(r.version) <= bound]
    return below[-1] if below else (0 if bound else len(releases) - 1)


def _bound(slot: Slot) -> Version | None:
    if slot.pinned:
        return Version(slot.pinned)
    found = [
        Version(one.version.removesuffix(".*"))
        for one in slot.allowed or ()
        if one.operator in {">=", "~=", "==", ">", "<", "<="}
    ]
    return max(found, default=None)


def nearest(slot: Slot, releases: Sequence[Release], fitting: Sequence[Release]) -> Release:
    """Return which of ``fitting`` is nearest to what a slot declares, among all ``releases``."""
    at = _place(slot, releases)
    order = {r.version: i for i, r in enumerate(releases)}
    return min(fitting, key=lambda r: (abs(order[r.version] - at), -order[r.version]))


def respecified(slot: Slot, version: Version) -> str | None:
    """Return versions like those of ``slot`` that hold ``version``, too; ``None``: they do."""
    if slot.pinned:
        return slot.specifier.replace(slot.pinned, str(version))
    own = slot.allowed
    if own is None or own.contains(version, prereleases=True):
        return None
    clauses = []
    for text in slot.specifier.split(","):
        clause = SpecifierSet(text)
        if clause.contains(version, prereleases=True):
            clauses.append(text.strip())
            continue
        [one] = clause
        if one.operator in {">=", ">", "~="}:
            clauses.append(f">={short(str(version))}")
        elif one.operator in {"<", "<="}:
            clauses.append(f"<{version.major + 1}")
        elif one.operator == "==":
            clauses.append(f"=={version.major}.{version.minor}.*")
    return ",".join(clauses)
