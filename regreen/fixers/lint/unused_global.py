"""F824: a ``global`` or ``nonlocal`` for a name that the function only reads is not needed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from regreen.fixers.source import Source, bodies, parse, replace_lines, sources
from regreen.model import Edit, Failure, Proposal
from regreen.scene import Scene

ID = "unused global"
DOCS = "https://docs.python.org/3/reference/simple_stmts.html#the-global-statement"

_WHY = "a name that a function only reads needs no global or nonlocal statement"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield one edit of all files in which such statements are reported."""
    edits = {
        path: text
        for path, source in sources(failure, scene, "F824", "PLW0602", "W0602")
        if (text := without_unused(source)) is not None
    }
    if edits:
        yield Edit(ID, _WHY, edits)


def without_unused(source: Source) -> str | None:
    """Return the text without the names that need no declaration; ``None`` when none is unused."""
    changes: list[tuple[int, int, str]] = []
    for function, outer in _functions(source.tree, ()):
        bound = set(_bound(function))
        around = {name for each in outer for name in (*_bound(each), *_parameters(each))}
        for body in bodies(function):
            for node in body:
                if not isinstance(node, ast.Global | ast.Nonlocal) or not _own(function, node):
                    continue
                hidden = around if isinstance(node, ast.Global) else frozenset[str]()
                kept = [name for name in node.names if name in bound or name in hidden]
                if len(kept) < len(node.names) and (change := _change(source, node, kept, body)):
                    changes.append(change)
    text = replace_lines(source, changes)
    return text if changes and parse(text) is not None else None


def _change(
    source: Source, node: ast.Global | ast.Nonlocal, kept: list[str], body: list[ast.stmt]
) -> tuple[int, int, str] | None:
    """The statement's line anew; ``None`` where it shares its line or has a say of its own."""
    line = source.lines[node.lineno - 1]
    start = source.column(node.lineno, node.col_offset)
    end = source.column(node.lineno, node.end_col_offset or 0)
    alone = not line[:start].strip() and line[end:].lstrip()[:1] in ("", "#")
    if node.lineno != node.end_lineno or not alone or source.silenced(node.lineno, "F824"):
        return None
    keyword = "global" if isinstance(node, ast.Global) else "nonlocal"
    if kept:
        return node.lineno, node.lineno, f"{line[:start]}{keyword} {', '.join(kept)}{line[end:]}"
    others = [n for n in body if not isinstance(n, ast.Global | ast.Nonlocal)]
    new = "" if others else f"{line[:start]}pass{line[end:]}"
    return node.lineno, node.lineno, new


def _functions(
    node: ast.AST, outer: tuple[_Function, ...]
) -> Iterator[tuple[_Function, tuple[_Function, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child, outer
            yield from _functions(child, (*outer, child))
        else:
            yield from _functions(child, outer)


def _own(function: _Function, statement: ast.stmt) -> bool:
    return any(node is statement for node in _inside(function))


def _inside(function: _Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's own scope (of scopes within it only their heads)."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def _bound(function: _Function) -> Iterator[str]:
    """Yield the names that a function binds or deletes in its own scope."""
    for node in _inside(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


def _parameters(function: _Function) -> Iterator[str]:
    for node in ast.walk(function.args):
        if isinstance(node, ast.arg):
            yield node.arg
