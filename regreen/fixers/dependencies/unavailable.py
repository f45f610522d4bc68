"""A requirement that no release meets (any more, or for this Python): the nearest that is there.

Releases are deleted, pins are mistyped, a range asks for what the job's Python cannot have. Which
releases there are is asked of the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.conflicts import nearest, respecified, serves
from regreen.fixers.dependencies.forms.slot import Slot
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import Manifest, slots
from regreen.fixers.dependencies.providers import usable
from regreen.model import Category, Failure, Proposal, Severity
from regreen.scene import Release, Scene

ID = "requirement that a release meets"
DOCS = "https://packaging.python.org/en/latest/specifications/version-specifiers/"

_OURS = frozenset({Category.DEPENDENCY_ISSUE, Category.BUILD_ERROR})
_UNMET = re.compile(
    r"No matching distribution|Could not find a version that satisfies|No solution found"
    r"|there (?:is no version|are no versions) of|doesn't match any versions|requires a different"
    r" Python|no versions of \S+ match|Unable to find a resolution|yanked"
)
_CARET = re.compile(r"\^(?P<version>\d+(?:\.\d+)*)")


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield an idea for each requirement of the job's that no release meets."""
    if failure.category not in _OURS or scene.index is None or not _UNMET.search(scene.output):
        return
    for place in manifests(scene):
        for slot in slots(place, scene.files):
            if slot.specifier not in {"", "*"} and slot.key in _plain(scene.output):
                yield from _moved(place, slot, scene)


def _plain(output: str) -> str:
    return re.sub(r"[-_.]+", "-", output).lower()


def _moved(place: Manifest, slot: Slot, scene: Scene) -> Iterator[Proposal]:
    assert scene.index is not None
    wanted = _allowed(slot)
    there = [r for r in scene.index.releases(slot.key) if _is_version(r)]
    served = [r for r in there if serves(r, scene.python)]
    if wanted is None or not served or _met(wanted, served):
        return
    fitting = usable(served)
    release = nearest(slot, there, fitting)
    specifier = _caret(slot, release) or respecified(slot, Version(release.version))
    text = slot.write(specifier, "") if specifier else None
    if text is not None:
        python = f" for Python {scene.python}" if scene.python and _met(wanted, there) else ""
        why = f"no release meets {slot.name}{slot.specifier}{python}; {release.version} is there"
        yield lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)


def _is_version(release: Release) -> bool:
    try:
        Version(release.version)
    except InvalidVersion:
        return False
    return True


def _met(wanted: SpecifierSet, releases: Iterable[Release]) -> bool:
    return any(wanted.contains(r.version, prereleases=True) for r in releases)


def _allowed(slot: Slot) -> SpecifierSet | None:
    """Return the versions that a slot takes; Poetry's caret is read as its lower bound."""
    match = _CARET.fullmatch(slot.specifier)
    if match is not None:
        upper = int(match["version"].split(".")[0]) + 1
        return SpecifierSet(f">={match['version']},<{upper}")
    return SpecifierSet(f"=={slot.pinned}") if slot.pinned else slot.allowed


def _caret(slot: Slot, release: Release) -> str | None:
    return f"^{release.version}" if _CARET.fullmatch(slot.specifier) else None
