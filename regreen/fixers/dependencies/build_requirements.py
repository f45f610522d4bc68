"""What building the project itself needs: declared for its isolated build, or held back there.

A build back end runs in an environment that has just what ``[build-system] requires`` names
(PEP 517, PEP 518). Newer build tools drop what old set-up files use: the last one that has it is
kept (setuptools' history, Cython's and NumPy's notes for 3.0 and 2.0 tell which that is).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import tomlkit
from packaging.utils import canonicalize_name

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.constrain import Constraint
from regreen.fixers.dependencies.forms import toml
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import SETUP_CFG, SETUP_PY, TOML, Manifest
from regreen.fixers.dependencies.missing_dependency import is_own, missing_modules
from regreen.fixers.dependencies.providers import Provider, providers
from regreen.model import Category, Edit, Failure, Idea, Severity, ToolRun
from regreen.scene import Scene

ID = "build requirement"
DOCS = "https://packaging.python.org/en/latest/specifications/pyproject-toml/#declaring-build-system-dependencies-the-build-system-table"

_OURS = frozenset({Category.DEPENDENCY_ISSUE, Category.BUILD_ERROR, Category.CONFIGURATION_ERROR})
_ISOLATED = re.compile(
    r"Getting requirements to build|get_requires_for_build|Preparing (?:editable )?metadata"
    r"|build_wheel|build_editable|build_meta|build backend|prepare_metadata_for_build"
)
_REQUIRES = ("build-system", "requires")


@dataclass(frozen=True, slots=True)
class Removal:
    """What a release of a build tool dropped, and the words by which that shows."""

    name: str
    clause: str
    words: re.Pattern[str]
    what: str


_REMOVALS = (
    Removal("setuptools", "<58", re.compile(r"use_2to3 is invalid"), "58 dropped use_2to3"),
    Removal(
        "setuptools",
        "<72",
        re.compile(r"No module named 'setuptools\.command\.test'|cannot import name 'test' from"),
        "72 dropped the test command",
    ),
    Removal(
        "setuptools",
        "<81",
        re.compile(r"No module named 'pkg_resources'"),
        "82 dropped pkg_resources",
    ),
    Removal(
        "setuptools",
        "<60",
        re.compile(r"module 'setuptools\._distutils|numpy\.distutils.*(?:has no|cannot import)"),
        "60 brings a distutils of its own",
    ),
    Removal(
        "cython",
        "<3",
        re.compile(r"Cython\.Compiler\.Errors|cython_sources|\.pyx:\d+:\d+: "),
        "3.0 refuses what 0.29 took",
    ),
    Removal(
        "numpy",
        "<2",
        re.compile(r"numpy\.dtype size changed|compiled using NumPy 1\.x cannot be run|"
                   r"(?:np|numpy)\.(?:float_|core)\b.*(?:removed|has no attribute)"),
        "2.0 has another binary interface",
    ),
    Removal(
        "poetry-core",
        "<2",
        re.compile(r"poetry\.core.*(?:Invalid|invalid)|Unknown metadata version: 2\.4"),
        "2.0 reads the project table otherwise",
    ),
)  # fmt: skip
_DASHED = re.compile(r"Invalid dash-separated (?:key|option) '(?P<key>[\w-]+)'")


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield ideas for the build of the project itself."""
    if failure.category not in _OURS:
        return
    yield from _underscores(scene)
    if not _ISOLATED.search(scene.output):
        return
    places = _places(scene)
    for module in missing_modules(failure):
        if not is_own(module, scene.files):
            for provider in providers(module, scene):
                for place in places:
                    yield from _declared(place, provider, module, scene)
    for removal in _REMOVALS:
        if removal.words.search(scene.output):
            why = f"building needs {removal.name}{removal.clause}: {removal.what}"
            yield from held_back(
                ID, why, Constraint(removal.name, removal.clause, removal.what), scene
            )


def _places(scene: Scene) -> list[str]:
    """Return the ``pyproject.toml`` of the projects that the job builds, also where none is yet.

    A project with a ``setup.py`` alone is built as if it had one that asks for setuptools (PEP 517,
    "source trees").
    """
    kinds = {TOML, SETUP_CFG, SETUP_PY}
    folders = [posixpath.dirname(m.path) for m in manifests(scene) if m.kind in kinds]
    built = ("pyproject.toml", "setup.py")
    return [
        posixpath.join(folder, "pyproject.toml")
        for folder in dict.fromkeys(folders)
        if any(scene.files.text(posixpath.join(folder, name)) is not None for name in built)
    ]


def _declared(path: str, provider: Provider, module: str, scene: Scene) -> Iterator[Idea]:
    why = f"{module!r} is needed to build the project; {provider.name} provides it"
    requirement = f"{provider.name}{provider.specifier}"
    text = _with_table(path, scene)
    made = toml.append(text, _REQUIRES, requirement, "")
    if made is not None:
        place = Manifest(path, TOML, _REQUIRES)
        yield lockfiles.idea(ID, why, place, made, scene.files, Severity.MEDIUM)


def held_back(fixer: str, why: str, wanted: Constraint, scene: Scene) -> Iterator[Edit | ToolRun]:
    """Yield ideas that hold a release back where the project is built."""
    key = canonicalize_name(wanted.name)
    for path in _places(scene):
        place = Manifest(path, TOML, _REQUIRES)
        table = _with_table(path, scene)
        found = [s for s in toml.slots(table, _REQUIRES) if s.key == key]
        if found:
            text = found[0].narrowed(wanted.clause, wanted.comment)
        else:
            requirement = f"{wanted.name}{wanted.clause}"
            text = toml.append(table, _REQUIRES, requirement, wanted.comment)
        if text is not None:
            yield lockfiles.idea(fixer, why, place, text, scene.files, Severity.MEDIUM)


def _with_table(path: str, scene: Scene) -> str:
    """Return ``pyproject.toml`` with a ``build-system`` table: without one setuptools builds."""
    text = scene.files.text(path) or ""
    made = toml.document(text)
    if made is None or "build-system" in made:
        return text
    table = tomlkit.table()
    table["requires"] = ["setuptools"]
    table["build-backend"] = "setuptools.build_meta:__legacy__"
    made["build-system"] = table
    return tomlkit.dumps(made)


def _underscores(scene: Scene) -> Iterator[Idea]:
    """Yield the idea to write keys of ``setup.cfg`` with underscores, as setuptools 78 asks."""
    keys = list(dict.fromkeys(m["key"] for m in _DASHED.finditer(scene.output)))
    folders = dict.fromkeys(posixpath.dirname(m.path) for m in manifests(scene))
    for path in dict.fromkeys(posixpath.join(folder, "setup.cfg") for folder in folders):
        text = scene.files.text(path)
        if keys and text is not None:
            named = "|".join(re.escape(key) for key in keys)
            line = re.compile(rf"^({named}|[a-z]+(?:-[a-z]+)+)(?=\s*=)", re.MULTILINE)
            made = _in_sections(text, line)
            if made != text:
                why = "setuptools no longer takes keys with dashes in setup.cfg"
                yield Edit(ID, why, {path: made}, from_start=True, severity=Severity.MEDIUM)


def _in_sections(text: str, line: re.Pattern[str]) -> str:
    """Replace dashes by underscores in the keys of the sections that setuptools reads."""
    parts = re.split(r"(?m)^(?=\[)", text)
    ours = ("[metadata]", "[options]")
    return "".join(
        line.sub(lambda m: m[1].replace("-", "_"), part) if part.startswith(ours) else part
        for part in parts
    )
