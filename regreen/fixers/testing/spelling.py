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

from regreen.fixers.source import Source, bodies, parse

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


_CLASSES = frozenset(["timezone", "datetime", "date", "str", "int", "defaultTestLoader"])
_EXPOSING = frozenset(["numpy", "pandas", "os", "httpx", "networkx"])
"""Modules whose inner modules are there as soon as they are imported themselves."""


def _split(name: str) -> tuple[str, str]:
    """Return the module of a dotted name, and the name within it (``timezone.utc``)."""
    module, _, own = name.rpartition(".")
    while "." in module:
        before, _, last = module.rpartition(".")
        if not (last[:1].isupper() or last in _CLASSES):
            break
        module, own = before, f"{last}.{own}"
    return module, own


@dataclass(slots=True)
class Speller:
    """Writes dotted names as a module would, and remembers the imports that this needs."""

    known: Bound
    used: frozenset[str]
    imports: list[str] = field(default_factory=list)

    def spell(self, name: str) -> str:
        """Return how to write the dotted ``name``; its module becomes an import if it must."""
        module, own = _split(name)
        if module in ("", _BUILTIN):
            return own
        if (known := self._by_import(name, module)) is not None:
            return known
        first = own.split(".")[0]
        if first[:1].isupper() and self.is_free(first):
            self.want(f"from {module} import {first}")
            return own
        top = module.split(".")[0]
        if self.known.names.get(top, top) != top or top in self.known.taken:
            alias = f"_{module.replace('.', '_')}"
            self.want(f"import {module} as {alias}")
            return f"{alias}.{own}"
        if module not in self.known.loaded:
            self.want(f"import {module}")
        return name

    def _by_import(self, name: str, module: str) -> str | None:
        """Return the name as an import that is there gives it."""
        for local, whole in self.known.names.items():
            if local in self.known.taken:
                continue
            if name == whole or (name.startswith(f"{module}.") and whole == module):
                if whole == module and local == whole and module not in self.known.loaded:
                    continue
                return f"{local}{name[len(whole) :]}"
            if name.startswith(f"{whole}.") and len(whole) > len(module):
                return f"{local}{name[len(whole) :]}"
            if whole in _EXPOSING and name.startswith(f"{whole}."):
                return f"{local}{name[len(whole) :]}"
        return None

    def module(self, name: str) -> str:
        """Return how to write the module ``name``; it becomes an import if it must."""
        for local, whole in self.known.names.items():
            if whole == name and local not in self.known.taken:
                return local
        self.want(f"import {name}")
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
    there = {ast.unparse(n) for n in source.tree.body if isinstance(n, ast.Import | ast.ImportFrom)}
    wanted = [one for one in dict.fromkeys(statements) if one not in there]
    if not wanted:
        return source.text
    lines = list(source.lines)
    at = _first_import(source)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    indent = ""
    if at < len(lines) and lines[at - 1 : at] and not lines[at - 1].endswith(("\n", "\r")):
        lines[at - 1] += end
    return "".join([*lines[:at], *(f"{indent}{one}{end}" for one in wanted), *lines[at:]])


def tidied(before: Source, text: str) -> str:
    """Return ``text`` without the imports that ``before`` used and ``text`` does not."""
    after = parse(text)
    if after is None:
        return text
    used, uses = _loads(before.tree), _loads(after.tree)
    changes: list[tuple[int, int, str]] = []
    for node, alone in _imports(after.tree):
        gone = [a for a in node.names if (n := _local(a)) in used and n not in uses]
        if gone and not any(_exports(after.tree, _local(a)) for a in gone):
            kept = [a for a in node.names if a not in gone]
            words = ast.unparse(_with_names(node, kept)) if kept else ""
            if (alone and not kept) or ";" in after.lines[node.lineno - 1]:
                continue
            words = f"{' ' * node.col_offset}{words}" if words else ""
            changes.append((node.lineno, node.end_lineno or node.lineno, words))
    lines = list(after.lines)
    for first, last, words in sorted(changes, reverse=True):
        end = lines[last - 1][len(lines[last - 1].rstrip("\r\n")) :]
        lines[first - 1 : last] = [f"{words}{end}"] if words else []
    return "".join(lines)


def _imports(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield all imports; true for one that is all that its block has."""
    for body in bodies(tree):
        for node in body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node, len(body) == 1 and body is not tree.body


def _with_names(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(node.module, names, node.level)


def _local(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _loads(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def _exports(tree: ast.Module, name: str) -> bool:
    return any(isinstance(n, ast.Constant) and n.value == name for n in ast.walk(tree))


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
