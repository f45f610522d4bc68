"""Names in Python code: chains of them, and what an import binds."""

from __future__ import annotations

import ast
from collections.abc import Mapping

Sources = Mapping[str, tuple[str, ...]]
"""What names are imported from: full names, in the order of the text. ``*`` has the modules."""


def dotted(node: ast.AST | None) -> str:
    """Return ``a.b.c`` of a chain of names; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def last(node: ast.AST | None) -> str:
    """Return the last name of a chain, whatever it begins with: ``setattr`` of ``x().setattr``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Return what an import binds, by name, with the full name that it stands for."""
    if isinstance(node, ast.Import):
        return {
            a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0]
            for a in node.names
        }
    module = "." * node.level + (node.module or "")
    return {
        a.asname or a.name: f"{module}.{a.name}"
        if not module.endswith(".")
        else f"{module}{a.name}"
        for a in node.names
    }


def bound(sources: Sources) -> dict[str, str]:
    """Return what each imported name stands for: the last import of it counts."""
    return {name: places[-1] for name, places in sources.items()}


def places(node: ast.AST | None, sources: Sources) -> tuple[str, ...]:
    """Return all full names that a chain may stand for; none where no import binds its root."""
    root, mark, rest = dotted(node).partition(".")
    return tuple(f"{source}{mark}{rest}" for source in sources.get(root, ()))


def resolved(node: ast.AST, names: Mapping[str, str]) -> str:
    """Return a chain of names with its root as the imports ``names`` bind it."""
    name = dotted(node)
    root, mark, rest = name.partition(".")
    if not root:
        return ""
    if root in names:
        return f"{names[root]}{mark}{rest}"
    return (
        f"builtins.{name}"
        if root in {"exec", "eval", "compile", "exit", "quit", "setattr", "__import__"}
        else name
    )
