"""Find the piece of a syntax tree that a checker's line is about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from regreen.fixers.source import Source, bodies

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@lru_cache(maxsize=64)
def every(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Return all nodes of a module; walked through once, as many complaints ask for them."""
    return tuple(ast.walk(tree))


@lru_cache(maxsize=64)
def functions(tree: ast.Module) -> tuple[Function, ...]:
    """Return all functions, inner ones too."""
    return tuple(node for node in every(tree) if isinstance(node, Function))


@lru_cache(maxsize=64)
def _lines(tree: ast.Module) -> dict[int, list[ast.stmt | ast.expr]]:
    """Return the statements and expressions that touch each line, as `every` has them."""
    found: dict[int, list[ast.stmt | ast.expr]] = {}
    for node in every(tree):
        if isinstance(node, ast.stmt | ast.expr):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found.setdefault(line, []).append(node)
    return found


def touching(source: Source, line: int) -> list[ast.stmt | ast.expr]:
    """Return the statements and expressions that touch ``line``, outermost first."""
    return _lines(source.tree).get(line, [])


@lru_cache(maxsize=64)
def _heads(tree: ast.Module) -> dict[int, Function]:
    """Return the function whose definition is on each line: of several the one that is later."""
    found: dict[int, Function] = {}
    for node in sorted(functions(tree), key=lambda n: n.lineno):
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        for line in range(first, max(node.lineno, node.body[0].lineno - 1) + 1):
            found[line] = node
    return found


@lru_cache(maxsize=64)
def _owners(tree: ast.Module) -> dict[ast.stmt, ast.ClassDef]:
    classes = (node for node in every(tree) if isinstance(node, ast.ClassDef))
    return {member: node for node in classes for member in _members(node)}


def function_at(source: Source, line: int) -> Function | None:
    """Return the function whose definition (decorators and parameters too) is on ``line``."""
    return _heads(source.tree).get(line)


def scopes(source: Source, line: int) -> list[Scope]:
    """Return the scopes around ``line``, from the module inwards."""
    inner = [n for n in touching(source, line) if isinstance(n, Function | ast.ClassDef)]
    return [source.tree, *sorted(inner, key=lambda n: n.lineno)]


def enclosing(source: Source, line: int) -> Function | None:
    """Return the innermost function around ``line``."""
    around = [s for s in scopes(source, line) if isinstance(s, Function)]
    return around[-1] if around else None


def class_of(source: Source, function: Function) -> ast.ClassDef | None:
    """Return the class whose method a function is."""
    return _owners(source.tree).get(function)


def _members(node: ast.ClassDef) -> list[ast.stmt]:
    found = list(node.body)
    for inner in node.body:
        if isinstance(inner, ast.If | ast.Try):
            found += [s for body in bodies(inner) for s in body]
    return found


def statement_at(source: Source, line: int) -> ast.stmt | None:
    """Return the innermost statement that covers ``line``."""
    found: ast.stmt | None = None
    for node in touching(source, line):
        if isinstance(node, ast.stmt) and (found is None or node.lineno >= found.lineno):
            found = node
    return found


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """Return every node's parent."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def expressions_at(source: Source, line: int, column: int | None = None) -> Iterator[ast.expr]:
    """Yield the expressions that begin on ``line`` (at the 1-based ``column``), outermost first."""
    for node in touching(source, line):
        if (
            isinstance(node, ast.expr)
            and node.lineno == line
            and (column is None or source.column(line, node.col_offset) + 1 == column)
        ):
            yield node


def calls_at(source: Source, line: int, name: str) -> Iterator[ast.Call]:
    """Yield the calls of something named ``name`` (its last part) that touch ``line``."""
    last = name.rsplit(".", 1)[-1]
    for node in touching(source, line):
        if isinstance(node, ast.Call) and called(node) == last:
            yield node


def called(call: ast.Call) -> str:
    """Return the last part of the name that is called."""
    return last_name(call.func)


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name; empty for what is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def own(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside a scope and in no scope inside of it."""
    stack = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop(0)
        yield node
        if not isinstance(node, _INNER):
            stack[:0] = list(ast.iter_child_nodes(node))


def arguments(function: Function) -> list[ast.arg]:
    """Return all parameters in the order in which they are written."""
    given = function.args
    found = [*given.posonlyargs, *given.args]
    found += [given.vararg] if given.vararg else []
    found += given.kwonlyargs
    return [*found, given.kwarg] if given.kwarg else found


def defaults(function: Function) -> dict[str, ast.expr]:
    """Return the defaults of parameters, by name."""
    given = function.args
    named = [*given.posonlyargs, *given.args]
    found = dict(zip([a.arg for a in reversed(named)], reversed(given.defaults), strict=False))
    found |= {
        a.arg: d for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None
    }
    return found


def returned(function: Function) -> list[ast.Return]:
    """Return the ``return`` statements of a function itself."""
    return [node for node in own(function) if isinstance(node, ast.Return)]


def yields(function: Function) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own(function))


def literal(node: ast.expr) -> str:
    """Return an expression as code, its strings in double quotes where they can be."""
    code = ast.unparse(node)
    plain = isinstance(node, ast.Constant) and isinstance(node.value, str) and '"' not in code
    return f'"{code[1:-1]}"' if plain else code


def annotations_of(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield all annotations: of parameters, results and variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, Function) and node.returns is not None:
            yield node.returns
