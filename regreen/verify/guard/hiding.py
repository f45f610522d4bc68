"""Product code that only hides from a type checker what it still does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from regreen.verify.guard.names import dotted, last, resolved

Function = ast.FunctionDef | ast.AsyncFunctionDef
_PLAIN = {
    "str": "text",
    "bytes": "bytes",
    "bytearray": "bytes",
    "int": "number",
    "float": "number",
    "complex": "number",
    "bool": "number",
    "list": "list",
    "List": "list",
    "dict": "dict",
    "Dict": "dict",
    "set": "set",
    "Set": "set",
    "frozenset": "set",
    "tuple": "tuple",
    "Tuple": "tuple",
    "None": "none",
}
"""Built-in types of which no value is one of another kind."""


def facts(node: ast.stmt, names: Mapping[str, str]) -> Iterator[str]:
    """Yield what a statement of the top level hides; ``names`` are the file's imports."""
    yield from _within(node, names, {})


def _within(node: ast.AST, names: Mapping[str, str], types: Mapping[str, str]) -> Iterator[str]:
    if isinstance(node, Function):
        annotated = (a for a in ast.walk(node.args) if isinstance(a, ast.arg) and a.annotation)
        types = {**types, **{a.arg: _kind(a.annotation) for a in annotated}}
    if isinstance(node, ast.Call):
        yield from _of_call(node, names, types)
    if isinstance(node, ast.Subscript) and _is_table(node.value) and _names(node.slice):
        yield "it hides from the type checker what it uses (by a name in a text)"
    for child in ast.iter_child_nodes(node):
        yield from _within(child, names, types)


def _by_text(node: ast.Call, names: Mapping[str, str]) -> bool:
    """Whether a call takes something by a name that stands in a text."""
    full, name = resolved(node.func, names), last(node.func)
    needed = {"getattr": 2, "builtins.setattr": 3}.get(full, 0)
    if needed and len(node.args) == needed:
        return _names(node.args[1])
    if name in {"get", "__getitem__", "pop"} and _is_table(getattr(node.func, "value", None)):
        return True
    made = node.func
    by_name = isinstance(made, ast.Call) and last(made.func) in {"attrgetter", "methodcaller"}
    return by_name and isinstance(made, ast.Call) and bool(made.args) and _names(made.args[0])


def _of_call(node: ast.Call, names: Mapping[str, str], types: Mapping[str, str]) -> Iterator[str]:
    if _by_text(node, names):
        yield "it hides from the type checker what it uses (by a name in a text)"
    if last(node.func) != "cast" or len(node.args) != 2:
        return
    wanted, value = _kind(node.args[0]), node.args[1]
    inner = isinstance(value, ast.Call) and last(value.func) == "cast"
    through = wanted == "object" or (
        isinstance(value, ast.Call) and inner and _kind(value.args[0]) in {"object", "Any"}
    )
    there = _of_value(value, types)
    if through or (wanted and there and wanted != "object" and there != wanted):
        yield "it casts a value to a type that it does not have"


def _is_table(node: ast.AST | None) -> bool:
    """Whether an expression is the table of names of a module, function or object."""
    if isinstance(node, ast.Call):
        return dotted(node.func) in {"globals", "locals", "vars"}
    return isinstance(node, ast.Attribute) and node.attr == "__dict__"


def _names(node: ast.expr) -> bool:
    """Whether a text names something, in one piece or put together from constants."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value.isidentifier()
    return not any(isinstance(n, ast.Name) for n in ast.walk(node))


def _kind(node: ast.expr | None) -> str:
    """Return the kind of a plain annotation; empty for any that may stand for several."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ""
    if isinstance(node, ast.Constant) and node.value is None:
        return "none"
    if isinstance(node, ast.Subscript):
        return _PLAIN.get(last(node.value), "")
    name = last(node)
    return name if name in {"object", "Any"} else _PLAIN.get(name, "")


def _of_value(node: ast.expr, types: Mapping[str, str]) -> str:
    """Return the kind of a value whose type stands in the file."""
    if isinstance(node, ast.Name):
        found = types.get(node.id, "")
        return "" if found in {"object", "Any"} else found
    if isinstance(node, ast.Constant):
        return "none" if node.value is None else _PLAIN.get(type(node.value).__name__, "")
    kinds = {ast.List: "list", ast.Dict: "dict", ast.Set: "set", ast.JoinedStr: "text"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _PLAIN.get(node.func.id, "")
    return kinds.get(type(node), "")
