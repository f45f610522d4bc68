"""A module that is imported but not installed: declare what provides it where the job installs.

``ModuleNotFoundError`` names the module; its distribution comes from what the repository already
declares elsewhere, from a curated table, or is the module's own name. The declaration goes into
the file that the job's install commands read; the verification then shows that it was the right
one.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from packaging.utils import canonicalize_name

from regreen.fixers.dependencies.manifests import Manifest, add, declared, manifests
from regreen.model import Category, Edit, Failure, Proposal
from regreen.scene import Files, Scene

ID = "missing dependency"
DOCS = "https://packaging.python.org/en/latest/discussions/install-requires-vs-requirements/"

_MISSING = re.compile(r"No module named ['\"]?(?P<module>[A-Za-z_][\w.]*)")


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield one edit for each file that the job installs from, the likeliest first."""
    if failure.category is not Category.DEPENDENCY_ISSUE:
        return
    for module in _missing(failure):
        top = module.split(".")[0]
        standard = top in sys.stdlib_module_names and top not in _table()
        if standard or _is_own(module, scene.files):
            continue
        distribution = _distribution(module, scene.files)
        why = f"{module!r} is imported but not installed; {distribution} provides it"
        for manifest in _ranked(manifests(scene), failure, scene.files):
            if (text := add(manifest, distribution, scene.files)) is not None:
                yield Edit(ID, f"{why}", {manifest.path: text}, from_start=True)


def _missing(failure: Failure) -> Iterator[str]:
    texts = [d.message for d in failure.diagnostics] + [e.text for e in failure.evidence]
    found = (m["module"] for text in texts for m in _MISSING.finditer(text))
    yield from dict.fromkeys(name.rstrip(".") for name in found)


def _is_own(module: str, files: Files) -> bool:
    """Whether the repository itself holds the module (then nothing is missing from the index)."""
    top = module.split(".")[0]
    names = re.compile(rf"(?:^|/){re.escape(top)}(?:\.py$|/__init__\.py$)")
    return any(names.search(path) for path in files.paths())


def _distribution(module: str, files: Files) -> str:
    parts = module.split(".")
    table = _table()
    for length in range(len(parts), 0, -1):
        if (known := table.get(".".join(parts[:length]))) is not None:
            return known
    top = canonicalize_name(parts[0])
    for name in declared(files):
        if canonicalize_name(name) in {top, f"python-{top}"}:
            return name
    return parts[0].replace("_", "-")


@cache
def _table() -> dict[str, str]:
    data = (
        resources.files("regreen.fixers.dependencies")
        .joinpath("data/distributions.toml")
        .read_text("utf-8")
    )
    modules: dict[str, str] = tomllib.loads(data)["modules"]
    return modules


def _ranked(found: Iterable[Manifest], failure: Failure, files: Files) -> list[Manifest]:
    """Order manifests: run-time ones first when the package imports it, else the tests' own."""
    in_tests = all(_is_test(path) for path in failure.files) if failure.files else False
    return sorted(found, key=lambda m: m.for_tests is not in_tests)


def _is_test(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    return bool(re.search(r"(?:^|/)tests?/", path)) or name.startswith(("test_", "conftest"))
