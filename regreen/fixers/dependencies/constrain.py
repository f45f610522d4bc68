"""Hold releases back where the job installs from, with the reason beside them.

Where a distribution is declared, its versions are narrowed; where it comes with another one only,
it is added: to constraints, or to what the tests need, before what the package itself needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.utils import canonicalize_name

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import (
    CONSTRAINTS,
    REQUIREMENTS,
    Manifest,
    append,
    slots,
)
from regreen.model import Edit, Severity, ToolRun
from regreen.scene import Files, Scene

_MOST = 6
_REVIEW = "it holds {name} back for whoever installs the package"


@dataclass(frozen=True, slots=True)
class Constraint:
    """Versions of a distribution that a job must not take.

    ``clause`` is added to what is declared (``<2.3``); ``pin`` takes the place of a pin that
    excludes the clause (empty: such a pin stays); ``comment`` says why.
    """

    name: str
    clause: str
    comment: str
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Files of which some have other texts."""

    below: Files
    changed: Mapping[str, str] = field(default_factory=dict)

    def paths(self) -> tuple[str, ...]:
        """Return all paths."""
        return self.below.paths()

    def text(self, path: str) -> str | None:
        """Return a file's text."""
        return self.changed.get(path) if path in self.changed else self.below.text(path)


def constrained(
    fixer: str, why: str, wanted: Sequence[Constraint], scene: Scene
) -> Iterator[Edit | ToolRun]:
    """Yield ideas that hold back all of ``wanted``, the likeliest place first."""
    first, *others = wanted
    for place, text in _changes(first, scene):
        if not others:
            yield _idea(fixer, why, place, text, first, scene.files)
            continue
        files = Overlay(scene.files, {place.path: text})
        made = {place.path: text}
        for other in others:
            following = replace(scene, files=files)
            found = next(_changes(other, following), None)
            if found is None:
                break
            made[found[0].path] = found[1]
            files = Overlay(scene.files, made)
        else:
            yield Edit(fixer, why, made, from_start=True, severity=Severity.MEDIUM)


def _changes(one: Constraint, scene: Scene) -> Iterator[tuple[Manifest, str]]:
    """Yield places with the file's new text: those that declare it first."""
    places = [place for place in manifests(scene) if not place.builds]
    declared = [place for place in places if _declares(place, one, scene.files)]
    found = 0
    for place in sorted(declared, key=lambda p: (_is_compiled(p, scene.files), not p.for_tests)):
        text = _narrowed(place, one, scene.files)
        if text is not None and found < _MOST:
            found += 1
            yield place, text
    for place in sorted(places, key=lambda p: _order(p, scene.files)):
        text = append(place, f"{one.name}{one.clause}", scene.files, one.comment)
        if place not in declared and text is not None and found < _MOST:
            found += 1
            yield place, text


def _order(place: Manifest, files: Files) -> tuple[bool, bool, bool]:
    return _is_compiled(place, files), place.kind != CONSTRAINTS, not place.for_tests


def _is_compiled(place: Manifest, files: Files) -> bool:
    return place.kind == REQUIREMENTS and lockfiles.is_compiled(files.text(place.path) or "")


def _declares(place: Manifest, one: Constraint, files: Files) -> bool:
    wanted = canonicalize_name(one.name)
    return any(slot.key == wanted for slot in slots(place, files))


def _narrowed(place: Manifest, one: Constraint, files: Files) -> str | None:
    wanted = canonicalize_name(one.name)
    for slot in slots(place, files):
        if slot.key != wanted:
            continue
        if slot.pinned is None:
            return slot.narrowed(one.clause, one.comment)
        if one.pin and slot.pinned != one.pin:
            return slot.write(slot.specifier.replace(slot.pinned, one.pin), one.comment)
    return None


def _idea(
    fixer: str, why: str, place: Manifest, text: str, one: Constraint, files: Files
) -> Edit | ToolRun:
    review = "" if place.for_tests else _REVIEW.format(name=one.name)
    return lockfiles.idea(fixer, why, place, text, files, Severity.MEDIUM, review)
