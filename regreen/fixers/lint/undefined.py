"""F821: a name that nothing defines gets its import, where there is one that is obvious.

In this order: the import that the file had before the red commit; the one import by which the
project's other files get that name; the one module of the project that defines it; the standard
library, for modules and for names that mean one thing only (``data/standard_names.toml``).
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from regreen.fixers.lint.imports import added, spelled
from regreen.fixers.source import Source, parse, sources
from regreen.model import Category, Edit, Failure, Idea, Severity
from regreen.scene import Files, Scene

ID = "undefined names"
DOCS = "https://docs.astral.sh/ruff/rules/undefined-name/"

_CODES = ("F821", "E0602", "undefined-variable", "name-defined")
_NAME = re.compile(
    r"(?i:undefined (?:name|variable)) [`'\"](?P<first>\w+)[`'\"]"
    r"|[Nn]ame [`'\"](?P<second>\w+)[`'\"] is not defined"
)
_SHORT = 2
_KINDS = (Category.LINTING_ERROR, Category.TYPE_ERROR)
_WHY = "imports are missing: {what}"
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|examples?|docs?)/|(?:^|/)(?:test_[^/]*|conftest)\.py$"
)


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One way to get a name: ``from module import name as alias``, or without ``name``."""

    module: str
    name: str | None = None
    alias: str | None = None

    def __str__(self) -> str:
        renamed = f" as {self.alias}" if self.alias else ""
        if self.name is None:
            return f"import {self.module}{renamed}"
        return f"from {self.module} import {self.name}{renamed}"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one edit of all files that use names which have one obvious import."""
    if failure.category not in _KINDS:
        return
    edits: dict[str, str] = {}
    used: dict[str, None] = {}
    for path, source in sources(failure, scene, *_CODES):
        text = source.text
        for name in _names(failure, path):
            way = _way(name, path, source, scene)
            current = parse(text)
            made = added(current, way.module, way.name, way.alias) if way and current else None
            if made is not None:
                text, used[str(way)] = made, None
        if text != source.text:
            edits[path] = text
    if edits:
        yield Edit(ID, _WHY.format(what="; ".join(used)), edits, severity=Severity.MEDIUM)


def _names(failure: Failure, path: str) -> list[str]:
    """Return the names that are reported in a file, each once."""
    found = (
        match["first"] or match["second"]
        for d in failure.diagnostics
        if d.file and path.endswith(d.file.removeprefix("./")) and d.code in _CODES
        if (match := _NAME.search(d.message))
    )
    return list(dict.fromkeys(found))


def _way(name: str, path: str, source: Source, scene: Scene) -> Way | None:
    """Return the one obvious import of ``name`` for the file ``path``, if there is one."""
    before = parse(scene.parent.text(path) or "") if scene.parent else None
    had = next((way for way in _ways(before) if _called(way) == name), None) if before else None
    if had is not None:
        return had
    others = (_by_others(name, path, scene.files), _own(name, path, scene), _standard(name))
    return next((way for way in others if way and _fits(way, name, source, scene.files)), None)


def _fits(way: Way, name: str, source: Source, files: Files) -> bool:
    """Whether the file uses the name as what would be imported; it may be a lost variable, too.

    A class or constant tells itself by its letters, a function is called, of a module attributes
    are taken; those of a module of the standard library must be there.
    """
    if len(name) > _SHORT and not name.islower():
        return True
    parents = {id(c): p for p in ast.walk(source.tree) for c in ast.iter_child_nodes(p)}
    uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == name]
    around = [(use, parents[id(use)]) for use in uses]
    if way.name is None or _is_module(way, files):
        attributes = {p.attr for _, p in around if isinstance(p, ast.Attribute)}
        whole = all(isinstance(p, ast.Attribute) for _, p in around)
        known = _table("attributes").get(name)
        return whole and (known is None or attributes <= set(known))
    return all(_is_called(use, parent) for use, parent in around)


def _is_called(use: ast.Name, parent: ast.AST) -> bool:
    decorated = use in getattr(parent, "decorator_list", ())
    return decorated or (isinstance(parent, ast.Call) and parent.func is use)


def _is_module(way: Way, files: Files) -> bool:
    tail = f"{way.module.replace('.', '/')}/{way.name}"
    ends = (f"{tail}.py", f"{tail}/__init__.py")
    return any(path == end or path.endswith(f"/{end}") for path in files.paths() for end in ends)


def _ways(source: Source) -> Iterator[Way]:
    """Yield how a module gets its names, by imports at its top level or below a condition."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (Way(a.name, None, a.asname) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Way(spelled(node), a.name, a.asname) for a in node.names)


def _called(way: Way) -> str:
    return way.alias or way.name or way.module.split(".")[0]


def _by_others(name: str, path: str, files: Files) -> Way | None:
    """Return the import by which the project's other files get the name, if all agree."""
    counted = Counter[Way]()
    for other, text in _python(files, name):
        if other == path or "import" not in text or (source := parse(text)) is None:
            continue
        found = {way for way in _ways(source) if _called(way) == name and way.name != "*"}
        counted.update(_absolute(way, other) for way in found)
    if len(counted) != 1:
        return None
    (way,) = counted
    return None if way.module in ("__future__", "") else way


def _absolute(way: Way, path: str) -> Way:
    """Return a relative import as its absolute one, as far as the package's folders tell."""
    dots = len(way.module) - len(way.module.lstrip("."))
    if not dots:
        return way
    parts = path.split("/")[:-1]
    around = parts[: len(parts) - dots + 1]
    module = ".".join([*around, *filter(None, [way.module[dots:]])]).removeprefix("src.")
    return Way(module, way.name, way.alias)


def _own(name: str, path: str, scene: Scene) -> Way | None:
    """Return the import from the one module of the project that defines the name."""
    places = [
        other
        for other, text in _python(scene.files, name)
        if other != path and not _TEST.search(other) and (s := parse(text)) and _defines(s, name)
    ]
    if len(places) != 1:
        return None
    module = places[0].removesuffix(".py").removesuffix("/__init__")
    packages = [p.removesuffix("/__init__.py") for p in scene.files.paths() if "__init__" in p]
    roots = [p for p in packages if module == p or module.startswith(f"{p}/")]
    top = min(roots, key=len, default="")
    folder = top.rpartition("/")[0] if top else module.rpartition("/")[0]
    return Way(module.removeprefix(f"{folder}/" if folder else "").replace("/", "."), name)


def _defines(source: Source, name: str) -> bool:
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == name:
                return True
        elif isinstance(node, ast.Assign):
            if any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                return True
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name:
            return True
    return False


def _python(files: Files, name: str) -> Iterator[tuple[str, str]]:
    """Yield the Python files that mention ``name``."""
    for path in files.paths():
        if path.endswith(".py") and name in (text := files.text(path) or ""):
            yield path, text


def _standard(name: str) -> Way | None:
    if name in _table("attributes") or name in _table("modules").get("names", ()):
        return Way(name)
    module = next((m for m, names in _table("names").items() if name in names), None)
    return Way(module, name) if module else None


@cache
def _table(part: str) -> dict[str, list[str]]:
    """Return a part of what is known of the standard library."""
    place = resources.files("regreen.fixers.lint").joinpath("data/standard_names.toml")
    rows: dict[str, list[str]] = tomllib.loads(place.read_text("utf-8"))[part]
    return rows
