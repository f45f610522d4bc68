"""Rename dotted names through a whole module: imports, uses, and the strings that name them.

All else stays as it was written. What a name stands for is told by the module's imports alone: an
attribute of an object is never taken for a name of a module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from regreen.fixers.source import Source, parse
from regreen.fixers.testing.spelling import Speller, absolute, dotted, speller, tidied, with_imports

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def new_name(whole: str, renames: Mapping[str, str]) -> str | None:
    """Return what ``whole`` is called now: by the longest of its heads that has a new name."""
    parts = whole.split(".")
    for length in range(len(parts), 0, -1):
        head = ".".join(parts[:length])
        if head in renames:
            return ".".join([renames[head], *parts[length:]])
    return None


def renamed(
    source: Source, path: str, renames: Mapping[str, str], *, strings: bool = False
) -> str | None:
    """Return the text of the file ``path`` with the new names; ``None`` when it uses no old one.

    ``strings`` that are an old dotted name and nothing else (``mock.patch("a.b")``) change too.
    """
    work = _Renaming(source, path, renames, speller(source, path))
    work.imports()
    work.uses()
    if strings:
        work.strings()
    if not work.edits:
        return None
    text = source.text
    for begin, end, new in sorted(set(work.edits), reverse=True):
        text = text[:begin] + new + text[end:]
    made = parse(text)
    if made is None:
        return None
    result = tidied(source, with_imports(made, work.speller.imports))
    return result if result != source.text and parse(result) is not None else None


@dataclass(slots=True)
class _Renaming:
    source: Source
    path: str
    renames: Mapping[str, str]
    speller: Speller
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    locals: dict[str, str] = field(default_factory=dict)

    def imports(self) -> None:
        both = cared_for(self.source.tree)
        for node in ast.walk(self.source.tree):
            if id(node) in both:
                continue
            if isinstance(node, ast.Import):
                self._import(node)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(node)

    def _import(self, node: ast.Import) -> None:
        news = [new_name(alias.name, self.renames) for alias in node.names]
        if not any(news):
            return
        parts = []
        for alias, new in zip(node.names, news, strict=True):
            if new and not alias.asname and "." not in new and "." not in alias.name:
                self.locals[alias.name] = new
            tail = f" as {alias.asname}" if alias.asname else ""
            parts.append(f"{new or alias.name}{tail}")
        self.edits.append((*self.source.span(node), f"import {', '.join(parts)}"))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = absolute(node, self.path)
        kept: list[ast.alias] = []
        moved: dict[str, list[str]] = {}
        for alias in node.names:
            new = new_name(f"{module}.{alias.name}", self.renames)
            if alias.name == "*" or new is None:
                kept.append(alias)
                continue
            to, _, name = new.rpartition(".")
            if to == "builtins" and not alias.asname and name == alias.name:
                moved.setdefault("", [])
                continue
            local = alias.asname or alias.name
            if not alias.asname and name != alias.name and self._may_rename(local, name):
                self.locals[local], local = name, name
            shown = name if local == name else f"{name} as {local}"
            moved.setdefault(to, []).append(shown)
        if moved:
            self._moved(node, module, kept, moved)

    def _may_rename(self, local: str, name: str) -> bool:
        return local not in self.speller.known.taken and (
            name not in self.speller.used and name not in self.speller.known.names
        )

    def _moved(
        self,
        node: ast.ImportFrom,
        module: str,
        kept: list[ast.alias],
        moved: dict[str, list[str]],
    ) -> None:
        own = f"{'.' * node.level}{node.module or ''}"
        if list(moved) == [module]:
            kept_words = [_shown(alias) for alias in kept]
            words = [w for w in moved[module] if w not in kept_words]
            self._put(node, [(own, [*kept_words, *words])])
            return
        rows = [(own, [_shown(alias) for alias in kept])] if kept else []
        for to, names in sorted(moved.items()):
            if to:
                rows.append((own if to == module else self._written(node, to), names))
        self._put(node, rows)

    def _written(self, node: ast.ImportFrom, module: str) -> str:
        """Return a module as ``node`` would name it: relative where it did so, if that is short."""
        package, _, last = module.rpartition(".")
        here = absolute(ast.ImportFrom(None, [], 1), self.path)
        return f".{last}" if node.level and package == here else module

    def _put(self, node: ast.ImportFrom, rows: list[tuple[str, list[str]]]) -> None:
        begin, end = self.source.span(node)
        indent = " " * node.col_offset
        lines = [f"from {module} import {', '.join(names)}" for module, names in rows if names]
        wide = [line if len(line) + len(indent) < 89 else _wrapped(line, indent) for line in lines]
        if wide:
            self.edits.append((begin, end, f"\n{indent}".join(wide)))
            return
        text = self.source.text
        alone = text[end : end + 1] in ("", "\n", "\r") and not indent
        self.edits.append((begin, end + 1, "") if alone else (begin, end, "pass"))

    def uses(self) -> None:
        inner = cared_for(self.source.tree)
        for node in ast.walk(self.source.tree):
            if id(node) in inner or not isinstance(node, ast.Attribute | ast.Name):
                continue
            if isinstance(node, ast.Name) and node.id in self.locals:
                self.edits.append((*self.source.span(node), self.locals[node.id]))
                continue
            if not isinstance(node, ast.Attribute) or not dotted(node):
                continue
            whole = self.speller.known.whole(node)
            new = new_name(whole, self.renames) if whole else None
            if new is None:
                continue
            inner |= {id(one) for one in ast.walk(node)}
            self._use(node, whole, new)

    def _use(self, node: ast.Attribute, whole: str, new: str) -> None:
        if dotted(node).split(".")[0] in self.locals or _by_import(node, whole, self):
            return
        if isinstance(node.ctx, ast.Load):
            self.edits.append((*self.source.span(node), self.speller.spell(new)))

    def strings(self) -> None:
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                new = new_name(node.value, self.renames) if _DOTTED.fullmatch(node.value) else None
                begin, end = self.source.span(node)
                written = self.source.text[begin:end]
                if new is not None and written.count(node.value) == 1:
                    self.edits.append((begin, end, written.replace(node.value, new)))


def _by_import(node: ast.Attribute, whole: str, work: _Renaming) -> bool:
    """Whether the import that binds the name has the new name already: the use may stay."""
    first = dotted(node).split(".")[0]
    bound = work.speller.known.names[first]
    return bound != first and new_name(bound, work.renames) is not None


def cared_for(tree: ast.AST) -> set[int]:
    """Return the ids of the nodes whose code is ready for names that are not there."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(_catches(h.type) for h in node.handlers)
        for inner in ast.walk(node)
    }


def _catches(kind: ast.expr | None) -> bool:
    words = {dotted(n) for n in ast.walk(kind)} if kind is not None else {"ImportError"}
    return bool(words & {"ImportError", "ModuleNotFoundError", "AttributeError"})


def _shown(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _wrapped(line: str, indent: str) -> str:
    head, _, names = line.partition(" import ")
    inner = "".join(f"{indent}    {name},\n" for name in names.split(", "))
    return f"{head} import (\n{inner}{indent})"


def identifiers(source: Source, names: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield edits that rename attributes by their names alone, whatever they belong to."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            end = source.span(node)[1]
            if source.text[end - len(node.attr) : end] == node.attr:
                yield end - len(node.attr), end, names[node.attr]
