"""Small changes of a line that runs in failing tests: what people get wrong by one word or sign."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from regreen.fixers.testing.drafts import Draft, Function, Spot, local_names

_SIGNS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">"),
    ast.LtE: ("<", ">="),
    ast.Gt: (">=", "<"),
    ast.GtE: (">", "<="),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
_SIMILAR = 0.6


def templates(spot: Spot) -> Iterator[Draft]:
    """Yield changes of the line."""
    for node in spot.nodes():
        yield from _compared(spot, node)
        yield from _joined(spot, node)
        yield from _by_one(spot, node)
        yield from _swapped(spot, node)
        yield from _negated(spot, node)
    yield from _other_names(spot)
    yield from _unreturned(spot)
    yield from _mutable(spot)


def _compared(spot: Spot, node: ast.expr) -> Iterator[Draft]:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    left, right = spot.text(node.left), spot.text(node.comparators[0])
    for place, sign in enumerate(_SIGNS[type(node.ops[0])]):
        weight = 4.0 if place == 0 and sign in ("<=", "<", ">=", ">") else 2.5
        yield from spot.put(node, f"{left} {sign} {right}", f"compared by {sign}", weight)


def _joined(spot: Spot, node: ast.expr) -> Iterator[Draft]:
    if isinstance(node, ast.BoolOp) and len(node.values) == 2:
        sign = "or" if isinstance(node.op, ast.And) else "and"
        first, second = (spot.text(v) for v in node.values)
        yield from spot.put(node, f"{first} {sign} {second}", f"joined by {sign!r}", 3.0)


def _negated(spot: Spot, node: ast.expr) -> Iterator[Draft]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from spot.put(node, spot.text(node.operand), "without 'not'", 2.5)


def _by_one(spot: Spot, node: ast.expr) -> Iterator[Draft]:
    """Numbers and lengths in indexes, slices, ranges and comparisons, by one."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.Subscript):
        inner = node.slice
        parts = [inner] if not isinstance(inner, ast.Slice) else []
        if isinstance(inner, ast.Slice):
            parts = [p for p in (inner.lower, inner.upper) if p is not None]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        parts = list(node.args)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        parts = [node.right]
    for part in parts:
        if isinstance(part, ast.Constant) and type(part.value) is int:
            for new in (part.value + 1, part.value - 1):
                yield from spot.put(part, str(new), f"{part.value} becomes {new}", 3.0)
        elif not isinstance(part, ast.Constant) and not isinstance(node, ast.BinOp):
            text = spot.text(part)
            for sign in ("+", "-"):
                yield from spot.put(part, f"{text} {sign} 1", f"{text} {sign} 1", 2.5)


def _swapped(spot: Spot, node: ast.expr) -> Iterator[Draft]:
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return
    for first, second in zip(node.args, node.args[1:], strict=False):
        if isinstance(first, ast.Starred) or isinstance(second, ast.Starred):
            continue
        (begin, middle), (start, end) = spot.source.span(first), spot.source.span(second)
        text = spot.source.text
        new = text[start:end] + text[middle:start] + text[begin:middle]
        yield from spot.splice(begin, end, new, "two arguments change places", 2.0)


def _other_names(spot: Spot) -> Iterator[Draft]:
    """Another variable of the function that is spelt much like the one that stands there."""
    function = spot.function()
    if function is None:
        return
    names = local_names(function)
    for node in spot.nodes():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            others = [name for name in names if name not in (node.id, "self", "cls")]
            for new in difflib.get_close_matches(node.id, others, 2, _SIMILAR):
                yield from spot.put(node, new, f"{node.id!r} becomes {new!r}", 3.0)


def _unreturned(spot: Spot) -> Iterator[Draft]:
    """A function that computes something and gives nothing back."""
    function = spot.function()
    if function is None or _gives(function):
        return
    last = function.body[-1]
    if last.lineno > spot.line or not function.name.islower():
        return
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        yield from spot.put(last, f"return {spot.text(last)}", "its value is returned", 3.0)
    elif isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        end = spot.source.span(last)[1]
        new = f"\n{' ' * last.col_offset}return {last.targets[0].id}"
        yield from spot.splice(end, end, new, f"{last.targets[0].id} is returned", 4.5)


def _gives(function: Function) -> bool:
    return function.name == "__init__" or any(
        (isinstance(n, ast.Return) and n.value is not None)
        or isinstance(n, ast.Yield | ast.YieldFrom)
        for n in ast.walk(function)
    )


def _mutable(spot: Spot) -> Iterator[Draft]:
    """A default that all calls share and change."""
    function = spot.function()
    if function is None:
        return
    given = function.args
    named = [*given.posonlyargs, *given.args]
    defaults = zip(named[len(named) - len(given.defaults) :], given.defaults, strict=True)
    for argument, default in defaults:
        if isinstance(default, ast.List | ast.Dict | ast.Set) and not ast.unparse(default)[1:-1]:
            begin, end = spot.source.span(default)
            first = function.body[0]
            at = spot.source.span(first)[0]
            indent = " " * first.col_offset
            text = spot.source.text
            guard = f"if {argument.arg} is None:\n{indent}    {argument.arg} = {text[begin:end]}"
            new = f"None{text[end:at]}{guard}\n{indent}"
            words = f"each call has a {argument.arg!r} of its own"
            yield from spot.splice(begin, at, new, words, 3.5)


def wrapped_twice(spot: Spot) -> Iterator[Draft]:
    """Yield the module with ``x = staticmethod(x)`` once, where it stands several times."""
    for owner in ast.walk(spot.source.tree):
        for body in (getattr(owner, "body", None),):
            yield from _repeated(spot, body) if isinstance(body, list) else ()


def _repeated(spot: Spot, body: list[ast.stmt]) -> Iterator[Draft]:
    run: list[ast.stmt] = []
    for one in [*body, None]:
        if one is not None and run and ast.dump(one) == ast.dump(run[0]) and _wraps(one):
            run.append(one)
            continue
        if len(run) > 1:
            begin = spot.source.span(run[0])[1]
            end = spot.source.span(run[-1])[1]
            at = Spot(spot.source, run[1].lineno)
            yield from at.splice(begin, end, "", "the same wrapping stands there once", 5.0)
        run = [one] if one is not None else []


def _wraps(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return False
    call = node.value
    return (
        len(call.args) == 1
        and ast.unparse(node.targets[0]) == ast.unparse(call.args[0])
        and ast.unparse(call.func) in {"staticmethod", "classmethod", "property"}
    )
