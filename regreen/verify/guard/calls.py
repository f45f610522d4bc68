"""Calls that no honest repair adds to a Python file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from regreen.verify.guard.names import dotted, last, resolved
from regreen.verify.guard.rebinding import is_foreign
from regreen.verify.guard.suspicions import BROAD, ENDING, PATCHING, REACHED

_TABLES = frozenset(["globals", "vars", "locals"])


def of_call(node: ast.Call, names: Mapping[str, str], tests: bool) -> Iterator[str]:
    """Yield what is suspect in a call; ``names`` are the file's imports."""
    full, name = resolved(node.func, names), last(node.func)
    if full in ENDING:
        yield ENDING[full]
    if full in {"sys.exit", "builtins.exit", "builtins.quit"} and is_zero(node):
        yield "it ends the program as if all was well"
    if (
        name in {"filterwarnings", "simplefilter"}
        and node.args
        and _text(node.args[0]) in {"ignore", "default", "once", "module"}
    ):
        yield f"it ignores warnings ({_text(node.args[0])})"
    made_up = len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
    if name == "getattr" and made_up and dotted(node.args[0]) in REACHED:
        yield "it reaches a function by a name that it makes itself"
    if name == "resetwarnings":
        yield "it ignores warnings (reset)"
    name = full.rpartition(".")[2] or name
    broad = any(dotted(a) in BROAD for a in node.args)
    if name == "suppress" and (broad or (tests and "contextlib" in full)):
        yield "it swallows exceptions with suppress"
    if full == "builtins.setattr" and node.args and is_foreign(node.args[0], names):
        yield f"it replaces a part of {dotted(node.args[0])} while it runs"
    if tests:
        yield from _of_call_in_tests(full, name)
        table = getattr(node.func, "value", None)
        of_names = isinstance(table, ast.Call) and dotted(table.func) in _TABLES
        if of_names and last(node.func) in {"pop", "update", "clear", "setdefault", "popitem"}:
            yield "it changes the names of a test file while it runs"
    if name == "cast" and node.args and last(node.args[0]) == "Any":
        yield "it takes a type away with Any (cast)"


def _of_call_in_tests(full: str, name: str) -> Iterator[str]:
    root = full.partition(".")[0]
    if root in {"mock", "mocker", "monkeypatch", "unittest"} and (
        name in PATCHING or ".patch" in full
    ):
        yield "it replaces code under test with a mock"
    if full == "builtins.__import__" or full == "importlib.reload":
        yield "it changes what is imported"
    if root == "sys" and full.startswith(("sys.path.", "sys.modules.", "sys.meta_path.")):
        yield "it changes what is imported"


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def is_zero(node: ast.AST | None) -> bool:
    """Whether an exit is one without a failure."""
    args = getattr(node, "args", [])
    return not args or (isinstance(args[0], ast.Constant) and args[0].value in (0, None))
