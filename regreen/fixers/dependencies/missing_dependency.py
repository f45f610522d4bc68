"""A module that is imported but not installed: declare what provides it where the job installs.

``ModuleNotFoundError`` names the module; what provides it is asked of the project's own manifests
and its history, of a curated table, and of the module's name, and confirmed by the wheel's list of
files. The declaration goes into a file that the job's install commands read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.constrain import Constraint, constrained
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import CONSTRAINTS, TOML, Manifest, append
from regreen.fixers.dependencies.providers import Provider, known_name, providers
from regreen.model import Category, Failure, Proposal, Severity
from regreen.scene import Files, Scene

ID = "missing dependency"
DOCS = "https://packaging.python.org/en/latest/discussions/install-requires-vs-requirements/"

_MISSING = re.compile(r"No module named ['\"]?(?P<module>[A-Za-z_][\w.]*)")
_OURS = frozenset({Category.DEPENDENCY_ISSUE, Category.TEST_FAILURE, Category.BUILD_ERROR})
_MOST_PLACES = 6


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield an idea for each file that the job installs from, the likeliest first."""
    if failure.category not in _OURS:
        return
    for module in missing_modules(failure):
        if known_name(module) is None and module.split(".")[0] in sys.stdlib_module_names:
            continue
        if is_own(module, scene.files):
            continue
        places = ranked(manifests(scene), module, failure, scene.files)
        for provider in providers(module, scene):
            if provider.dropped:
                yield from _held_back(provider, module, scene)
            else:
                yield from _declared(provider, module, places, scene)


def _held_back(provider: Provider, module: str, scene: Scene) -> Iterator[Proposal]:
    """Yield ideas to take the last releases of a distribution that have the module."""
    comment = f"{provider.specifier.removeprefix('<')} has no {module}"
    why = f"{module!r} is imported; {provider.name} {comment}, the release before does"
    wanted = Constraint(provider.name, provider.specifier, comment)
    yield from constrained(ID, why, [wanted], scene)


def _declared(
    provider: Provider, module: str, places: Iterable[Manifest], scene: Scene
) -> Iterator[Proposal]:
    why = f"{module!r} is imported but not installed; {provider.name} provides it: {provider.why}"
    found = 0
    for place in places:
        requirement = f"{provider.name}{provider.specifier}"
        text = append(place, requirement, scene.files)
        if text is not None and found < _MOST_PLACES:
            found += 1
            yield lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)


def missing_modules(failure: Failure) -> list[str]:
    """Return the modules that the failure says are not there, each once."""
    texts = [d.message for d in failure.diagnostics] + [e.text for e in failure.evidence]
    found = (m["module"] for text in texts for m in _MISSING.finditer(text))
    return list(dict.fromkeys(name.rstrip(".") for name in found))


def is_own(module: str, files: Files) -> bool:
    """Whether the repository itself holds the module (then nothing is missing from the index)."""
    top = re.escape(module.split(".")[0])
    names = re.compile(rf"(?:^|^src/|^lib/|^tests?/){top}(?:\.py$|/.*\.py$)|(?:^|/){top}\.py$")
    inside = re.compile(rf"(?:^|/){top}/__init__\.py$")
    return any(names.search(path) or inside.search(path) for path in files.paths())


def ranked(
    found: Iterable[Manifest], module: str, failure: Failure, files: Files
) -> list[Manifest]:
    """Order places: those for run time first when the package imports it, else the tests' own."""
    in_tests = all(_is_test(path) for path in _importers(module, failure, files))
    usable = (m for m in found if m.kind != CONSTRAINTS and not m.builds)
    return sorted(usable, key=lambda m: (m.for_tests is not in_tests, _is_compiled(m, files)))


def _is_compiled(place: Manifest, files: Files) -> bool:
    return place.kind != TOML and lockfiles.is_compiled(files.text(place.path) or "")


def _importers(module: str, failure: Failure, files: Files) -> list[str]:
    """Return the repository's Python files that import the module, or else those that are named."""
    top = re.escape(module.split(".")[0])
    statement = re.compile(rf"^\s*(?:import\s+(?:[\w.]+\s*,\s*)*{top}\b|from\s+{top}\b)", re.M)
    named = [path for path in failure.files if path.endswith(".py")]
    if named:
        return named
    python = (path for path in files.paths() if path.endswith(".py"))
    return [path for path in python if statement.search(files.text(path) or "")]


def _is_test(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return bool(re.search(r"(?:^|/)tests?/", path)) or name.startswith(("test_", "conftest"))
