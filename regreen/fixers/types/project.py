"""Where the project itself defines a name, and how its files import one."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from regreen.fixers.source import Source, parse
from regreen.fixers.types.imports import Import, imports_of
from regreen.scene import Files

_MOST = 1500
"""Files that are looked through, the nearest first."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition at the top level of a module."""

    path: str
    module: str
    node: Definition


@dataclass(slots=True)
class Project:
    """The Python files around one of them; read once, and only where a word stands in them."""

    files: Files
    near: str
    _paths: list[str] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)
    _sources: dict[str, Source | None] = field(default_factory=dict)

    def paths(self) -> list[str]:
        """Return the Python files, those nearest first."""
        if self._paths:
            return self._paths
        parts = posixpath.dirname(self.near).split("/")

        def far(path: str) -> tuple[int, str]:
            other = posixpath.dirname(path).split("/")
            shared = 0
            for one, two in zip(parts, other, strict=False):
                if one != two:
                    break
                shared += 1
            return -shared, path

        found = [p for p in self.files.paths() if p.endswith((".py", ".pyi"))]
        self._paths = sorted(found, key=far)[:_MOST]
        return self._paths

    def using(self, word: str) -> Iterator[tuple[str, Source]]:
        """Yield the files in which ``word`` stands as a word."""
        pattern = re.compile(rf"\b{re.escape(word)}\b")
        for path in self.paths():
            if path not in self._texts:
                self._texts[path] = self.files.text(path) or ""
            if word not in self._texts[path] or not pattern.search(self._texts[path]):
                continue
            if path not in self._sources:
                self._sources[path] = parse(self._texts[path])
            source = self._sources[path]
            if source is not None:
                yield path, source

    def defining(self, name: str) -> list[Defined]:
        """Return the modules that define ``name`` at their top level."""
        found: list[Defined] = []
        for path, source in self.using(name):
            for node in source.tree.body:
                if isinstance(node, Definition) and name in _names(node):
                    found.append(Defined(path, module_of(path, self.files), node))
                    break
        return found

    def importing(self, name: str) -> list[Import]:
        """Return how other files import what they call ``name``, the most usual way first."""
        counted: Counter[Import] = Counter()
        for _, source in self.using(name):
            found = {one for _, one in imports_of(source.tree) if one.binds == name}
            counted.update(one for one in found if not one.module.startswith("."))
        return [one for one, _ in sorted(counted.items(), key=lambda c: (-c[1], c[0].code()))]

    def calls(self, name: str) -> Iterator[tuple[str, Source, ast.Call]]:
        """Yield the calls of something that is called ``name`` (the last part of it)."""
        for path, source in self.using(name):
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Call):
                    last = node.func.attr if isinstance(node.func, ast.Attribute) else None
                    last = node.func.id if isinstance(node.func, ast.Name) else last
                    if last == name:
                        yield path, source, node


def _names(node: Definition) -> list[str]:
    if isinstance(node, ast.Assign):
        return [t.id for t in node.targets if isinstance(t, ast.Name)]
    if isinstance(node, ast.AnnAssign):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    return [node.name]


def module_of(path: str, files: Files) -> str:
    """Return the dotted name by which a file is imported, as its packages tell."""
    known = _packages(files.paths())
    folder, name = posixpath.split(path)
    stem = name.rsplit(".", 1)[0]
    parts = [] if stem == "__init__" else [stem]
    while folder and folder in known:
        parts.insert(0, posixpath.basename(folder))
        folder = posixpath.dirname(folder)
    return ".".join(parts)


@lru_cache(maxsize=8)
def _packages(paths: tuple[str, ...]) -> frozenset[str]:
    ends = ("/__init__.py", "/__init__.pyi")
    return frozenset(posixpath.dirname(p) for p in paths if p.endswith(ends))
