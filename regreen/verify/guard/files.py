"""Files that come and go, their modes, and those that are neither code nor configuration."""

from __future__ import annotations

import ast
import re
import sys

from regreen.verify.guard import checkers, packaging_tables, parsing, prose, silencers, standins
from regreen.verify.guard.change import Change, FileChange
from regreen.verify.guard.kinds import STARTED_UNSEEN, Kind, is_tested_with, kind_of
from regreen.verify.guard.mentioned import Mentioned

_REGULAR = ("100644", "100755")
_HARMLESS = frozenset([Kind.PROSE, Kind.OTHER, Kind.REQUIREMENTS, Kind.TEST_DATA, Kind.DOCKER])


def added(file: FileChange, change: Change) -> list[str]:
    """Return why an added file is refused."""
    path, text = file.path, file.new
    if file.after is None or file.after.mode not in _REGULAR:
        return [f"it adds a link or submodule: {path}"]
    kind = kind_of(path, text)
    if file.name in STARTED_UNSEEN or path.endswith(".pth"):
        return [f"it adds a file that runs by itself: {path}"]
    if _is_baseline(path, text):
        return [f"it adds a list of findings to overlook: {path}"]
    if kind is Kind.SERVICES and not _beside_another(path, change):
        return []
    if kind in _HARMLESS or path.endswith((".bat", ".cmd", ".ps1")):
        return _hidden_in_path(path)
    if kind in {Kind.TEST, Kind.PYTHON}:
        return _python(file, kind, change)
    if file.name == "pyproject.toml" and _only_builds(path, text, change):
        return []
    return [f"it adds {_a(kind)}: {path}"]


def _only_builds(path: str, text: str, change: Change) -> bool:
    """Whether a new ``pyproject.toml`` only says what a build needs, of the usual index."""
    data = parsing.data(path, text)
    if not isinstance(data, dict) or set(data) != {"build-system"} or "://" in text:
        return False
    return not packaging_tables.objections(path, {}, data, standins.ground(change, "", text))


def _beside_another(path: str, change: Change) -> bool:
    """Whether tools read a new file of tasks or services in the place of one, or on top of it."""
    folder, new = path.rpartition("/")[0], {f.path for f in change.files if f.before is None}
    return any(
        other.rpartition("/")[0] == folder and kind_of(other, "") is Kind.SERVICES
        for other in change.patched.paths()
        if other not in new
    )


def _a(kind: Kind) -> str:
    return {"settings": "a tool's configuration", "workflow": "a definition of CI"}.get(
        kind, f"a file of the kind {kind}"
    )


def _hidden_in_path(path: str) -> list[str]:
    """Data that a tool takes as its own configuration by its name."""
    name = path.rpartition("/")[2]
    dotted = name.startswith(".") and name.endswith(
        ("rc", ".ini", ".cfg", ".toml", ".yml", ".yaml", ".json")
    )
    return [f"it adds what looks like a tool's configuration: {path}"] if dotted else []


def _python(file: FileChange, kind: Kind, change: Change) -> list[str]:
    path, files = file.path, change.patched
    if path.endswith(".pyi") and path.removesuffix("i") in files.paths():
        return [f"it adds a stub, so that the type checker no longer reads the module: {path}"]
    tree = parsing.python(file.new)
    if tree is None:
        return [f"it adds a Python file that cannot be read: {path}"]
    if kind is Kind.TEST and not _is_inert(tree) and not file.name.startswith("test_"):
        return [f"it adds code to the tests: {path}"]
    name = file.name.removesuffix(".py")
    folder = path.rpartition("/")[0]
    alone = f"{folder}/__init__.py".lstrip("/") not in files.paths()
    known = sys.stdlib_module_names | {
        "pytest",
        "_pytest",
        "coverage",
        "mypy",
        "ruff",
        "flake8",
        "pluggy",
        "hypothesis",
        "mock",
    }
    if file.name == "__init__.py":
        parent, _, name = folder.rpartition("/")
        alone = f"{parent}/__init__.py".lstrip("/") not in files.paths()
    hides = (
        name in known
        or checkers.is_checker(name)
        or (not _is_inert(tree) and (Mentioned(change).declares(name) or _is_tested(name, change)))
    )
    if alone and hides:
        return [f"it adds a module that hides another one, {name}: {path}"]
    return []


def _is_tested(name: str, change: Change) -> bool:
    """Whether a test that the patch leaves alone imports a module of this name."""
    pattern = re.compile(rf"^\s*(?:import|from)\s+{re.escape(name)}\b", re.MULTILINE)
    changed = {file.path for file in change.files}
    return any(
        is_tested_with(path)
        and path not in changed
        and pattern.search(change.patched.text(path) or "")
        for path in change.patched.using(name)
    )


def _is_inert(tree: ast.Module) -> bool:
    return all(isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) for s in tree.body)


def _is_baseline(path: str, text: str) -> bool:
    """Whether a file holds findings that a checker shall overlook, as bandit writes them."""
    if "baseline" in path.rpartition("/")[2].lower():
        return True
    data = parsing.data(path, text) if path.endswith(".json") else None
    return (
        isinstance(data, dict)
        and "results" in data
        and bool({"metrics", "generated_at", "plugins_used", "errors"} & data.keys())
    )


def deleted(file: FileChange, change: Change) -> list[str]:
    """Return why a deleted file is refused."""
    path, text = file.path, file.old
    kind = kind_of(path, text)
    moved = any(
        f.before is None
        and f.after is not None
        and file.before is not None
        and f.after.data == file.before.data
        for f in change.files
    )
    if moved and kind in {Kind.PROSE, Kind.OTHER, Kind.PYTHON}:
        return []
    if (
        moved
        and kind is Kind.TEST
        and all(
            f.name.startswith("test_") or f.name.endswith("_test.py")
            for f in change.files
            if f.before is None
        )
    ):
        return []
    if kind is Kind.PYTHON:
        tree = parsing.python(text)
        if tree is not None and _is_inert(tree):
            return []
    return [f"it deletes {path}"]


def mode(file: FileChange) -> list[str]:
    """Return why a changed mode is refused; executable bits belong to scripts with ``#!``."""
    if file.before is None or file.after is None or file.before.mode == file.after.mode:
        return []
    old, new = file.before.mode, file.after.mode
    if {old, new} <= set(_REGULAR) and (old == "100755" or file.new.startswith("#!")):
        return []
    return [f"it changes the mode of {file.path} from {old} to {new}"]


def text(file: FileChange) -> list[str]:
    """Return why changed text, data or prose is refused."""
    path, old, new = file.path, file.old, file.new
    reasons = silencers.added_in_text(path, old, new)
    if _is_baseline(path, new):
        return [f"it changes a list of findings to overlook: {path}"]
    if is_tested_with(path) and not _same_data(path, old, new):
        return [f"it changes data of the tests: {path}"]
    return reasons + prose.fewer_examples(path, old, new)


def _same_data(path: str, old: str, new: str) -> bool:
    if [row.rstrip() for row in old.rstrip().split("\n")] == [
        row.rstrip() for row in new.rstrip().split("\n")
    ]:
        return True
    if path.endswith((".json", ".yml", ".yaml", ".toml")):
        before, after = parsing.data(path, old), parsing.data(path, new)
        return before is not None and before == after
    return False


def fixed(path: str, old: str, new: str, kind: Kind) -> list[str]:
    """Return why a file is refused of which only layout and comments may change.

    A version of a language may get another last number: ``3.12.1`` and ``3.12.4``.
    """
    if kind is Kind.VERSION:
        numbers = [re.findall(r"[A-Za-z]+|\d+\.\d+", text) for text in (old, new)]
        return (
            [] if numbers[0] == numbers[1] else [f"it takes another version of a language: {path}"]
        )
    scripts = path.endswith((".bat", ".cmd", ".ps1"))
    if scripts and not checkers.are_named(old):
        return []
    marks = (
        r"(?m)^\s*(?:#|//|::|rem\b).*$"
        if path.endswith((".bat", ".cmd"))
        else r"(?m)^\s*(?:#|//).*$"
    )
    first, second = ("".join(re.sub(marks, "", text).split()) for text in (old, new))
    return [] if first == second else [f"it changes a program that CI's tools run: {path}"]


def patterns(file: FileChange) -> list[str]:
    """Return why a changed ignore file is refused: linters and test runners go by them too."""
    rows = [
        {r.strip() for r in t.split("\n") if r.strip() and not r.strip().startswith("#")}
        for t in (file.old, file.new)
    ]
    if more := sorted(rows[1] - rows[0]):
        return [f"it hides files from tools, {more[0][:40]}: {file.path}"]
    return (
        [f"it changes git's attributes: {file.path}"]
        if rows[0] != rows[1] and file.name == ".gitattributes"
        else []
    )
