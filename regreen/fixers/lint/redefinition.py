"""F811: of two definitions of one name in one body, where nothing reads the first, it goes.

Python keeps the later one, so the meaning stays. The first is only dropped where making it had no
effect of its own: no decorators that may register it, no bases, no computed defaults.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from regreen.fixers.source import Definition, Source, bodies, parse, replace_lines, sources
from regreen.model import Edit, Failure, Proposal
from regreen.scene import Scene

ID = "redefinition"
DOCS = "https://docs.python.org/3/reference/executionmodel.html#naming-and-binding"

_NAME = re.compile(r"unused [`'](?P<name>\w+)[`']")
_HARMLESS = frozenset({"staticmethod", "classmethod", "property", "abstractmethod", "override"})
_WHY = "nothing reads the first of two definitions of one name; Python keeps the later one"


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield one edit of all files in which such redefinitions are reported."""
    names = {
        match["name"]
        for d in failure.diagnostics
        if d.code in ("F811", "E0102") and (match := _NAME.search(d.message))
    }
    edits = {
        path: text
        for path, source in sources(failure, scene, "F811", "E0102")
        if (text := without_first(source, names)) is not None
    }
    if edits:
        yield Edit(ID, _WHY, edits)


def without_first(source: Source, names: set[str]) -> str | None:
    """Return the text without earlier definitions of ``names`` that nothing reads, if any."""
    changes: list[tuple[int, int, str]] = []
    for body in bodies(source.tree):
        for at, node in enumerate(body):
            if isinstance(node, Definition) and node.name in names and _replaced(body, at):
                changes.append((*_extent(source, body, at), ""))
    text = replace_lines(source, changes)
    return text if changes and parse(text) is not None else None


def _replaced(body: list[ast.stmt], at: int) -> bool:
    """Whether a later definition in the same body takes the name before anything reads it."""
    first = body[at]
    assert isinstance(first, Definition)
    if not _without_effect(first):
        return False
    known_before = _reads(body[:at], first.name)
    for node in body[at + 1 :]:
        if isinstance(node, Definition) and node.name == first.name:
            return not _reads(_head(node), first.name)
        if _reads([node], first.name) or isinstance(node, ast.Return | ast.Raise):
            return False
        if known_before and _calls(node):
            return False
    return False


def _calls(node: ast.stmt) -> bool:
    """Whether the statement may run code that was defined before it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list:
        return False
    return any(isinstance(n, ast.Call | ast.ClassDef | ast.Subscript) for n in ast.walk(node))


def _without_effect(node: Definition) -> bool:
    if any(_plain(d) not in _HARMLESS for d in node.decorator_list):
        return False
    if isinstance(node, ast.ClassDef):
        quiet = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Pass)
        docs = (s for s in node.body if not isinstance(s, quiet))
        return not node.bases and not node.keywords and all(_is_text(s) for s in docs)
    defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    return not any(isinstance(n, ast.Call | ast.NamedExpr) for d in defaults for n in ast.walk(d))


def _plain(decorator: ast.expr) -> str | None:
    if isinstance(decorator, ast.Attribute):
        return decorator.attr if decorator.attr not in ("setter", "getter") else None
    return decorator.id if isinstance(decorator, ast.Name) else None


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _head(node: Definition) -> list[ast.AST]:
    """What of a definition is evaluated before it takes the name."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords, *node.body]
    return [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]


def _reads(nodes: Iterable[ast.AST], name: str) -> bool:
    """Whether any of ``nodes`` mentions the name, as a name, an attribute or a text."""
    for node in (n for each in nodes for n in ast.walk(each)):
        if isinstance(node, ast.Name) and node.id == name:
            return True
        if isinstance(node, ast.Attribute) and node.attr == name:
            return True
        if isinstance(node, ast.Constant) and node.value == name:
            return True
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return True
    return False


def _extent(source: Source, body: list[ast.stmt], at: int) -> tuple[int, int]:
    """The lines of a definition with its decorators, its own comments and the blank lines behind.

    Blank lines behind go so that the next statement keeps the distance that the first had.
    """
    node = body[at]
    assert isinstance(node, Definition)
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    last = node.end_lineno or node.lineno
    indent = " " * node.col_offset
    while first > 1 and source.lines[first - 2].startswith(f"{indent}#"):
        first -= 1
    while last < len(source.lines) and not source.lines[last].strip():
        last += 1
    return first, last
