"""A release that cannot be built here: take the nearest one that need not be, or can be.

An old release has no wheel for a newer Python, and its source was written for older build tools
(Cython 0.29, setuptools before 58, numpy before 2). A release with a wheel needs none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.conflicts import respecified, serving
from regreen.fixers.dependencies.constrain import Constraint, constrained
from regreen.fixers.dependencies.forms.slot import Slot
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import Manifest, append, slots
from regreen.fixers.dependencies.providers import short
from regreen.model import Category, Failure, Idea, Severity
from regreen.scene import Release, Scene

ID = "release that can be built"
DOCS = "https://packaging.python.org/en/latest/discussions/package-formats/"

_OURS = frozenset({Category.DEPENDENCY_ISSUE, Category.BUILD_ERROR, Category.UNKNOWN})
_NAME = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
_RELEASE = r"(?:==(?P<version>[\w.+!]+))?"
_BUILDING = tuple(
    re.compile(text.replace("{name}", f"(?P<name>{_NAME})"), re.MULTILINE)
    for text in (
        rf"Failed to build [`']?{{name}}{_RELEASE}[`']?",
        r"Failed building (?:wheel|editable) for {name}",
        r"Building (?:wheel|editable) for {name} .*finished with status 'error'",
        rf"Failed to (?:download and build|prepare distributions?:?)\s+`?{{name}}{_RELEASE}`?",
        r"(?:\u2570\u2500|\+-)> {name}$",
        r"Unable to install {name}",
        r"Installing {name} \((?P<version>[\w.+!]+).*\): Failed",
        r"Failed to build installable wheels for .*?\({name}",
    )
)
_ENDED = re.compile(
    r"^ *(?:Getting requirements to build (?:wheel|editable)|Preparing (?:editable )?metadata"
    r"(?: \([\w.]+\))?|Installing build dependencies)[ :].*finished with status 'error'"
    r"|^ *(?:error: subprocess-exited-with-error|ERROR: Command errored out with exit status)",
    re.MULTILINE,
)
_BEGUN = re.compile(
    rf"^(?:Collecting (?P<name>{_NAME})(?:\[[^\]\n]*\])?(?=[\s<>=!~;]|$)"
    r"|(?:Processing|Obtaining) )",
    re.MULTILINE,
)
_COLLECTED = (
    r"(?:Downloading|Using cached) (?:\S*/)?{name}-(?P<version>\d[\w.+!]*?)(?:\.tar|\.zip|-)"
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield ideas to move what cannot be built: up to a release with a wheel, then down."""
    if failure.category not in _OURS or scene.index is None:
        return
    for name, version in unbuilt(scene.output):
        releases = serving(scene.index, name, scene.python)
        if not releases:
            continue
        yield from _moved(name, version, releases, scene)


def unbuilt(output: str) -> list[tuple[str, str]]:
    """Return what could not be built, by canonical name, with the release where it is told."""
    found: dict[str, str] = {}
    failed = "rror" in output or "ailed" in output
    for pattern in _BUILDING if failed else ():
        for match in pattern.finditer(output):
            groups = match.groupdict()
            name = canonicalize_name(groups["name"])
            version = groups.get("version") or ""
            if name and not found.get(name):
                found[name] = version or _collected(name, output)
    if not found and (prepared := _prepared(output)):
        found[prepared] = _collected(prepared, output)
    return list(found.items())


def _prepared(output: str) -> str:
    """Return what pip was about when it failed to prepare it: it tells no name then.

    Empty where that is the project itself, or nothing.
    """
    ended = _ENDED.search(output)
    begun = list(_BEGUN.finditer(output, 0, ended.start())) if ended else []
    return canonicalize_name(begun[-1]["name"]) if begun and begun[-1]["name"] else ""


def _collected(name: str, output: str) -> str:
    spelt = re.sub(r"-", "[-_.]", name)
    match = re.search(_COLLECTED.replace("{name}", spelt), output, re.IGNORECASE)
    return match["version"] if match else ""


def _moved(name: str, version: str, releases: Sequence[Release], scene: Scene) -> Iterator[Idea]:
    try:
        at = Version(version) if version else Version(releases[-1].version)
    except InvalidVersion:
        return
    above = [r for r in releases if Version(r.version) > at]
    below = [r for r in reversed(releases) if Version(r.version) < at]
    places = [p for p in manifests(scene) if not p.builds]
    declared = [(p, s) for p in places for s in slots(p, scene.files) if s.key == name]
    up = _with_wheel(above, scene.python)
    if up is not None:
        why = f"{name} {at} cannot be built here; {up.version} has a wheel"
        yield from _raised(why, name, up, declared, places, scene)
    down = _with_wheel(below, scene.python)
    if down is not None and not above:
        comment = f"{at} cannot be built here"
        wanted = Constraint(name, f"<{short(str(at))}", comment, down.version)
        why = f"{name} {comment}; {down.version} has a wheel"
        yield from constrained(ID, why, [wanted], scene)


def _with_wheel(releases: Sequence[Release], python: str) -> Release | None:
    return next((r for r in releases if any(fits(w, python) for w in r.wheels)), None)


def fits(wheel: str, python: str) -> bool:
    """Whether a wheel can be installed on Linux (x86-64) under a Python (``3.8``; empty: any)."""
    try:
        tags = parse_wheel_filename(wheel)[3]
    except InvalidWheelFilename:
        return False
    match = re.match(r"3\.(\d+)", python)
    minor = int(match[1]) if match else None
    for tag in tags:
        linux = "linux" in tag.platform and "x86_64" in tag.platform
        made_for = re.fullmatch(r"(?:cp|py)3(\d*)", tag.interpreter)
        if made_for is None or not (tag.platform == "any" or linux):
            continue
        number = int(made_for[1]) if made_for[1] else None
        if number is None or minor is None or number == minor:
            return True
        if number <= minor and (tag.abi == "abi3" or tag.interpreter.startswith("py")):
            return True
    return False


def _raised(
    why: str,
    name: str,
    release: Release,
    declared: Sequence[tuple[Manifest, Slot]],
    places: Sequence[Manifest],
    scene: Scene,
) -> Iterator[Idea]:
    for place, slot in declared:
        specifier = respecified(slot, Version(release.version))
        if specifier is None:
            specifier = f">={short(release.version)}"
        text = slot.write(specifier, "")
        if text is not None:
            yield lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)
    if declared:
        return
    requirement = f"{name}>={short(release.version)}"
    for place in sorted(places, key=lambda p: not p.for_tests)[:3]:
        text = append(place, requirement, scene.files)
        if text is not None:
            yield lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)
