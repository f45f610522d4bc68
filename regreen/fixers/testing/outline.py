"""What a module defines, in a form in which two versions of it can be compared."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regreen.fixers.source import Source

_ALIKE = 0.6
_MOST_LINES = 400
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Thing:
    """One definition: its name within the module (``Cart.add``), its kind, and its parts.

    ``parameters`` are those of a function without ``self``; ``required`` counts those without a
    default; ``body`` is what it does, line by line, without its own name. ``order`` counts from 0.
    """

    name: str
    kind: str
    body: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    required: int = 0
    order: int = 0

    @property
    def last(self) -> str:
        """Its own name."""
        return self.name.rpartition(".")[2]

    @property
    def scope(self) -> str:
        """What it is defined in: a class, or nothing."""
        return self.name.rpartition(".")[0]


def outline(source: Source) -> dict[str, Thing]:
    """Return what a module defines by name: functions, classes, methods, constants, attributes."""
    return {
        thing.name: thing for thing in _things(source.tree.body, "") if thing.last != "__init__"
    } | {thing.name: thing for thing in _initialisers(source.tree.body)}


def _initialisers(body: Sequence[ast.stmt]) -> Iterator[Thing]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from (t for t in _things(node.body, node.name) if t.last == "__init__")


def _things(body: Sequence[ast.stmt], scope: str) -> Iterator[Thing]:
    for order, node in enumerate(body):
        name = f"{scope}.{node.name}" if scope and hasattr(node, "name") else ""
        if isinstance(node, Function):
            yield _function(node, name or node.name, scope, order)
            if scope and node.name == "__init__":
                yield from _attributes(node, scope)
        elif isinstance(node, ast.ClassDef):
            whole = name or node.name
            bases = tuple(ast.unparse(base) for base in node.bases)
            yield Thing(whole, "class", (*bases, *_lines(node, node.name)), order=order)
            yield from _things(node.body, whole)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    whole = f"{scope}.{target.id}" if scope else target.id
                    yield Thing(whole, "constant", (ast.unparse(node.value),), order=order)


def _attributes(node: Function, scope: str) -> Iterator[Thing]:
    for order, inner in enumerate(node.body):
        if not isinstance(inner, ast.Assign | ast.AnnAssign) or inner.value is None:
            continue
        target = inner.targets[0] if isinstance(inner, ast.Assign) else inner.target
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
            value = (ast.unparse(inner.value),)
            yield Thing(f"{scope}.{target.attr}", "attribute", value, order=order)


def _function(node: Function, name: str, scope: str, order: int) -> Thing:
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    static = any(ast.unparse(d).endswith("staticmethod") for d in node.decorator_list)
    bound = bool(scope) and not static and bool(positional)
    names = [a.arg for a in positional][1 if bound else 0 :]
    required = max(len(names) - len(given.defaults), 0)
    names += [a.arg for a in given.kwonlyargs]
    return Thing(name, "function", _lines(node, node.name), tuple(names), required, order)


def _lines(node: Function | ast.ClassDef, own: str) -> tuple[str, ...]:
    text = "\n".join(ast.unparse(inner) for inner in node.body)
    return tuple(line.replace(own, "_") for line in text.splitlines()[:_MOST_LINES])


def likeness(old: Thing, new: Thing) -> float:
    """Return how alike two definitions are: 0 nothing, 1 all but the name."""
    if old.kind != new.kind and {old.kind, new.kind} != {"constant", "attribute"}:
        return 0.0
    if old.body == new.body:
        plain = old.kind in {"constant", "attribute"} and len(old.body[0]) < 6
        return 0.7 if plain and old.order != new.order else 1.0
    if old.kind in {"constant", "attribute"}:
        return 0.0
    ratio = difflib.SequenceMatcher(None, old.body, new.body, autojunk=False).ratio()
    return ratio if ratio >= _ALIKE else 0.0
