"""A test plug-in that is used but not installed: declared where the job installs from.

pytest names what it lacks: a fixture, an option, a marker, a setting, a required plug-in, or what
runs coroutines. A curated table says which distribution gives it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from packaging.requirements import InvalidRequirement, Requirement

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import CONSTRAINTS, append
from regreen.fixers.dependencies.providers import is_young, usable
from regreen.fixers.testing.reading import text_of
from regreen.model import Category, Failure, Idea, Severity
from regreen.scene import Scene

ID = "missing test plug-in"
DOCS = "https://docs.pytest.org/en/stable/how-to/plugins.html"

_OURS = frozenset(
    [
        Category.TEST_FAILURE,
        Category.DEPENDENCY_ISSUE,
        Category.CONFIGURATION_ERROR,
        Category.UNKNOWN,
    ]
)
_FIXTURE = re.compile(r"fixture '(\w+)' not found")
_ARGUMENTS = re.compile(r"error: unrecognized arguments: (.+)")
_MARKER = re.compile(r"'(\w+)' not found in `markers`|Unknown pytest\.mark\.(\w+)")
_SETTING = re.compile(r"Unknown config option: (\S+)")
_REQUIRED = re.compile(r"Missing required plugins: (.+)")
_COROUTINE = re.compile(
    r"async def functions? (?:and async fixtures )?(?:are|is) not natively supported"
    r"|requested an async fixture .* with no plugin"
)
_NAMED = (("fixture", _FIXTURE), ("marker", _MARKER), ("setting", _SETTING))
_MOST_PLACES = 4


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield the missing plug-ins' declaration, for each file that the job installs from."""
    if failure.category not in _OURS:
        return
    wanted = dict(needed(scene))
    known = {name: why for name, why in wanted.items() if _is_sound(name, scene)}
    if not known:
        return
    why = "; ".join(f"{why}: {name} gives it" for name, why in known.items())
    places = [m for m in manifests(scene) if m.kind != CONSTRAINTS and not m.builds]
    found = 0
    for place in sorted(places, key=lambda m: not m.for_tests):
        overlay = _Over(scene, place.path)
        for requirement in known:
            overlay.changed = append(place, requirement, overlay) or overlay.changed
        if overlay.changed is not None and found < _MOST_PLACES:
            found += 1
            yield lockfiles.idea(ID, why, place, overlay.changed, scene.files, Severity.MEDIUM)


def needed(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield requirements that the output asks for, each with what it is asked for."""
    said = scene.output
    for match in _REQUIRED.finditer(said):
        for part in match[1].split(","):
            if _is_requirement(part.strip()):
                yield part.strip(), "pytest is told that it must have it"
    for match in _ARGUMENTS.finditer(said):
        for word in match[1].split():
            if (name := _of_option(word)) is not None:
                yield name, f"the option {word.split('=')[0]!r} is not known"
    for kind, expression in _NAMED:
        for match in expression.finditer(said):
            name = match[1] or match[match.lastindex or 1]
            if name in _table()[f"{kind}s"]:
                yield _table()[f"{kind}s"][name], f"the {kind} {name!r} is not known"
    if _COROUTINE.search(said):
        yield _coroutines(scene), "nothing runs coroutines"


def _of_option(word: str) -> str | None:
    options = _table()["options"]
    name = word.split("=")[0]
    parts = name.split("-")
    heads = ["-".join(parts[:length]) for length in range(len(parts), 2, -1)]
    return next((options[one] for one in (name, *heads) if one in options), None)


def _coroutines(scene: Scene) -> str:
    """Return the plug-in that the tests are written for, by their marks."""
    texts = "\n".join(
        text_of(scene.files, path) or ""
        for path in scene.files.paths()
        if path.endswith((".py", ".toml", ".cfg", ".ini")) and ("test" in path or "/" not in path)
    )
    for mark in ("anyio", "trio", "twisted"):
        if f"mark.{mark}" in texts and "mark.asyncio" not in texts:
            return _table()["markers"][mark]
    return "pytest-asyncio"


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _is_sound(name: str, scene: Scene) -> bool:
    """Whether the index has a release that is no newcomer; true where there is no index."""
    if scene.index is None:
        return True
    releases = usable(scene.index.releases(Requirement(name).name))
    return bool(releases) and not is_young(releases, scene.as_of)


class _Over:
    """The scene's files with one text changed."""

    def __init__(self, scene: Scene, path: str) -> None:
        self._scene, self._path = scene, path
        self.changed: str | None = None

    def paths(self) -> tuple[str, ...]:
        """Return all paths, sorted."""
        return self._scene.files.paths()

    def text(self, path: str) -> str | None:
        """Return a file's text."""
        if path == self._path and self.changed is not None:
            return self.changed
        return self._scene.files.text(path)


@cache
def _table() -> dict[str, dict[str, str]]:
    file = resources.files("regreen.fixers.testing").joinpath("data/plugins.toml")
    table: dict[str, dict[str, str]] = tomllib.loads(file.read_text("utf-8"))
    return table
