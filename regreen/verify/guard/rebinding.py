"""Assignments that no honest repair adds: what they replace is not the file's own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping

from regreen.verify.guard.names import dotted, last, resolved
from regreen.verify.guard.suspicions import NAMES, RUNNERS

_OUTCOMES = frozenset(["exitstatus", "testsfailed", "outcome", "shouldstop", "session_exitcode"])
_FREE = frozenset(["sys.path", "sys.stdout", "sys.stderr", "sys.argv"])


def of_assignment(
    node: ast.Assign | ast.AugAssign | ast.AnnAssign, names: Mapping[str, str], tests: bool
) -> Iterator[str]:
    """Yield what is suspect in an assignment; ``names`` are the file's imports."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        if isinstance(target, ast.Name) and target.id in NAMES:
            yield NAMES[target.id]
        if isinstance(target, ast.Attribute):
            full = resolved(target, names)
            if target.attr == "__test__":
                yield NAMES["__test__"]
            elif target.attr in _OUTCOMES:
                yield "it changes the outcome of the test run"
            elif is_foreign(target.value, names) and full not in _FREE:
                yield f"it replaces {full} while it runs"
        table = resolved(target.value, names) if isinstance(target, ast.Subscript) else ""
        if table.partition(".")[0] in {"__builtins__", "builtins"}:
            yield "it replaces a part of Python while it runs"
        if table == "sys.modules":
            yield "it replaces a module while it runs"
        holder = target.value if isinstance(target, ast.Subscript) else None
        if tests and isinstance(holder, ast.Call) and last(holder.func) in {"globals", "vars"}:
            yield "it changes the names of a test file while it runs"
        if (
            isinstance(target, ast.Subscript | ast.Attribute)
            and last(getattr(target, "value", None)) in {"session", "config", "item", "items"}
            and tests
        ):
            yield "it changes the test run"


def is_foreign(node: ast.AST, names: Mapping[str, str]) -> bool:
    """Whether a name is that of Python's library or of a test runner."""
    root = resolved(node, names).partition(".")[0]
    known = root in names.values() or dotted(node).partition(".")[0] in names
    return known and (root in sys.stdlib_module_names or root in RUNNERS or root == "builtins")
