"""Is a changed Python file the same program, written differently?

Formatters promise so, and are held to it here, since what runs under a formatter's name in the
sandbox is whatever the repository says it is.
"""

from __future__ import annotations

import ast
import re

from regreen.git import Tree
from regreen.model import Scope

_BODIES = ("body", "orelse", "finalbody")


def oversteps(before: Tree, after: Tree, scope: Scope) -> tuple[str, ...]:
    """Return why the change goes beyond ``scope``; empty when it does not."""
    if scope is Scope.CODE:
        return ()
    return tuple(
        f"it changes more than the {scope} of {path}"
        for path in after.changed(before)
        if path.endswith((".py", ".pyi"))
        and not _equivalent(before.text(path) or "", after.text(path) or "", scope)
    )


def _equivalent(old: str, new: str, scope: Scope) -> bool:
    """Compare two versions; where neither parses here (a newer Python's syntax), compare words."""
    before, after = _parsed(old), _parsed(new)
    if before is None and after is None:
        return _words(old) == _words(new)
    if before is None or after is None:
        return False
    return _normal(before, scope) == _normal(after, scope)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _words(text: str) -> list[str]:
    return sorted(re.findall(r"\w+", text))


def _normal(tree: ast.Module, scope: Scope) -> str:
    imports: list[str] = []
    for node in ast.walk(tree):
        _flatten(node)
        for name in _BODIES:
            body = getattr(node, name, None)
            if isinstance(body, list):
                setattr(node, name, _statements(body, imports))
    kept = ast.dump(tree)
    return kept if scope is Scope.IMPORTS else f"{kept}\n{imports}"


def _statements(body: list[ast.AST], imports: list[str]) -> list[ast.AST]:
    """Take import statements out of ``body``, and the layout out of strings that stand alone."""
    kept: list[ast.AST] = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(ast.dump(node))
        elif isinstance(node, ast.Expr) and _is_text(node.value):
            text = re.sub(r"[\s.]", "", str(getattr(node.value, "value", ""))).lower()
            kept.append(ast.Expr(ast.Constant(text)))
        else:
            kept.append(node)
    return kept


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _flatten(node: ast.AST) -> None:
    """Undo what formatters normalise: ``del (a, b)``, the prefix of ``u"text"``."""
    if isinstance(node, ast.Delete) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Tuple):
            node.targets = target.elts
    if isinstance(node, ast.Constant):
        node.kind = None
