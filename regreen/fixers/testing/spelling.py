"""How a module writes the things that it imports, and how it would write another one.

A dotted name (``numpy.float``) is found whatever the module calls it (``np.float``, ``from numpy
import float as f``), and a new one is written with the imports that are there or with one more.
"""

from __future__ import annotations

import ast
import builtins
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from regreen.fixers.source import Source

_BUILTIN = "builtins"


def module_of(path: str) -> str:
    """Return the dotted name of the module in ``path`` (``src/a/b.py``: ``a.b``)."""
    parts = path.removesuffix(".py").split("/")
    if parts[0] in ("src", "lib") and len(parts) > 1:
        parts = parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def absolute(node: ast.ImportFrom, path: str) -> str:
    """Return the whole dotted name of the module that ``node``, in the file ``path``, names."""
    if not node.level:
        return node.module or ""
    folder = posixpath.dirname(path)
    for _ in range(node.level - 1):
        folder = posixpath.dirname(folder)
    package = module_of(f"{folder}/__init__.py") if folder else ""
    return ".".join(filter(None, [package, node.module]))


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` of such an expression; empty for any other one."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


@dataclass(frozen=True, slots=True)
class Bound:
    """What the imports of a module bind: local name to whole dotted name.

    ``loaded`` are the modules that are imported by their whole names; ``taken`` all other names
    that the module gives to something itself.
    """

    names: dict[str, str]
    loaded: frozenset[str]
    taken: frozenset[str]

    def whole(self, node: ast.AST) -> str:
        """Return the whole dotted name of an expression; empty when no import tells it."""
        text = dotted(node)
        first, _, rest = text.partition(".")
        if not text or first not in self.names or first in self.taken:
            return ""
        return f"{self.names[first]}.{rest}" if rest else self.names[first]


def bound(source: Source, path: str = "") -> Bound:
    """Return what the imports of the file ``path`` bind, those inside functions too."""
    names: dict[str, str] = {}
    loaded: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                loaded.add(alias.name)
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, path)
            for alias in node.names:
                names[alias.asname or alias.name] = f"{module}.{alias.name}"
    return Bound(names, frozenset(loaded), frozenset(_given(source.tree)))


def _given(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


@dataclass(slots=True)
class Speller:
    """Writes dotted names as a module would, and remembers the imports that this needs."""

    known: Bound
    used: frozenset[str]
    imports: list[str] = field(default_factory=list)

    def spell(self, name: str) -> str:
        """Return how to write the dotted ``name``; its module becomes an import if it must."""
        module, _, last = name.rpartition(".")
        if module in ("", _BUILTIN):
            return last
        for local, whole in self.known.names.items():
            if local in self.known.taken:
                continue
            if whole == name:
                return local
            if whole == module and (module in self.known.loaded or "." in whole):
                return f"{local}.{last}"
        first = module.split(".")[0]
        if self.known.names.get(first) == first and first not in self.known.taken:
            if module not in self.known.loaded:
                self.want(f"import {module}")
            return name
        if self.is_free(last):
            self.want(f"from {module} import {last}")
            return last
        self.want(f"import {module}")
        return name

    def want(self, statement: str) -> None:
        """Have ``statement`` among the imports."""
        if statement not in self.imports:
            self.imports.append(statement)

    def is_free(self, name: str) -> bool:
        """Whether the module can call something ``name`` without hiding something else."""
        wanted = any(one.endswith(f" {name}") for one in self.imports)
        return wanted or not (
            name in self.used or name in self.known.names or hasattr(builtins, name)
        )


def speller(source: Source, path: str = "") -> Speller:
    """Return what writes names as the module in ``path`` would."""
    known = bound(source, path)
    loads = {n.id for n in ast.walk(source.tree) if isinstance(n, ast.Name)}
    return Speller(known, frozenset(loads | known.taken))


def with_imports(source: Source, statements: Iterable[str]) -> str:
    """Return the text with import statements before its first import, or behind its docstring."""
    wanted = list(dict.fromkeys(statements))
    if not wanted:
        return source.text
    lines = list(source.lines)
    at = _first_import(source)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    indent = ""
    if at < len(lines) and lines[at - 1 : at] and not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += end
    return "".join([*lines[:at], *(f"{indent}{one}{end}" for one in wanted), *lines[at:]])


def _first_import(source: Source) -> int:
    body = source.tree.body
    at = 0
    if ast.get_docstring(source.tree, clean=False) is not None:
        at, body = body[0].end_lineno or 0, body[1:]
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            at = node.end_lineno or at
        elif isinstance(node, ast.Import | ast.ImportFrom):
            return node.lineno - 1
    if at == 0:
        while at < len(source.lines) and source.lines[at].startswith("#"):
            at += 1
    return at
