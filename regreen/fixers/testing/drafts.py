"""One small change of a text each, made at the place of a node, and in words what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.fixers.source import Source, parse

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole new text, what was changed, and how likely it is to be meant (more is likelier)."""

    text: str
    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of a module that may be wrong."""

    source: Source
    line: int

    def nodes(self) -> Iterator[ast.expr]:
        """Yield the expressions that begin on the line, the outer ones first."""
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.expr) and node.lineno == self.line:
                yield node

    def statement(self) -> ast.stmt | None:
        """Return the innermost statement that covers the line."""
        found: ast.stmt | None = None
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.stmt) and node.lineno <= self.line <= (node.end_lineno or 0):
                found = node if found is None or node.lineno >= found.lineno else found
        return found

    def function(self) -> Function | None:
        """Return the innermost function that covers the line."""
        found: Function | None = None
        for node in ast.walk(self.source.tree):
            if isinstance(node, Function) and node.lineno <= self.line <= (node.end_lineno or 0):
                found = node if found is None or node.lineno >= found.lineno else found
        return found

    def owner(self) -> ast.ClassDef | None:
        """Return the innermost class that covers the line."""
        found: ast.ClassDef | None = None
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.ClassDef) and node.lineno <= self.line <= (
                node.end_lineno or 0
            ):
                found = node if found is None or node.lineno >= found.lineno else found
        return found

    def text(self, node: ast.AST) -> str:
        """Return a node as it is written."""
        assert isinstance(node, ast.expr | ast.stmt)
        return self.source.text[slice(*self.source.span(node))]

    def put(self, node: ast.AST, new: str, words: str, weight: float) -> Iterator[Draft]:
        """Yield the text with one node written otherwise, if that is Python and a change."""
        assert isinstance(node, ast.expr | ast.stmt)
        begin, end = self.source.span(node)
        yield from self.splice(begin, end, new, words, weight)

    def splice(self, begin: int, end: int, new: str, words: str, weight: float) -> Iterator[Draft]:
        """Yield the text with a span written otherwise, if that is Python and a change."""
        text = self.source.text[:begin] + new + self.source.text[end:]
        made = parse(text) if text != self.source.text else None
        if made is not None and ast.dump(made.tree) != ast.dump(self.source.tree):
            yield Draft(text, f"line {self.line}: {words}", weight)


def local_names(function: Function) -> list[str]:
    """Return the names that a function gives itself, its parameters first."""
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    return list(dict.fromkeys(names))
