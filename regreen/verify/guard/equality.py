"""Classes whose comparisons always come out as a test wants them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from regreen.verify.guard.names import dotted, last

_ORDER = frozenset(["__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__"])
_TRUTH = frozenset(["__bool__", "__instancecheck__", "__subclasscheck__"])
_NEVER = "__ne__"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def facts(node: ast.ClassDef) -> Iterator[str]:
    """Yield the comparisons of a class that do not look at both sides."""
    for statement in node.body:
        for name, answers, arguments in _methods(statement):
            if name in _ORDER | _TRUTH | {_NEVER} and _is_rigged(name, answers, arguments, node):
                yield f"it makes {name} say yes to everything"


def _methods(
    node: ast.stmt,
) -> Iterator[tuple[str, list[ast.expr], list[str]]]:
    """Yield each method with what it returns, and its parameters: a ``def`` or a ``lambda``."""
    if isinstance(node, Function):
        returned = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value]
        yield node.name, returned, [a.arg for a in node.args.args]
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        for target in node.targets:
            yield last(target), [node.value.body], [a.arg for a in node.value.args.args]
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield last(target), [node.value], []


def _is_rigged(
    name: str, answers: list[ast.expr], arguments: list[str], owner: ast.ClassDef
) -> bool:
    if not arguments:
        return any("ANY" in dotted(a) for a in answers)
    plain = [a for a in answers if last(a) != "NotImplemented"]
    if name in _TRUTH:
        return False
    if name == _NEVER:
        return bool(plain) and all(_is(a, False) or _tautology(a, False) for a in plain)
    if len(arguments) != 2:
        return False
    return bool(plain) and all(_is_blind(a, arguments, owner) for a in plain)


def _is_blind(answer: ast.expr, arguments: list[str], owner: ast.ClassDef) -> bool:
    """Whether an answer leaves out one of the two sides."""
    if _is(answer, True) or _tautology(answer, True):
        return True
    if _is(answer, False):
        return False
    used = {n.id for n in ast.walk(answer) if isinstance(n, ast.Name)}
    of_own_kind = (
        isinstance(answer, ast.Call)
        and last(answer.func) == "isinstance"
        and last(answer.args[-1]) in {owner.name, "__class__"}
    )
    return arguments[1] in used and arguments[0] not in used and not of_own_kind


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _tautology(node: ast.expr, value: bool) -> bool:
    """Whether an expression is ``value`` whatever it compares: ``x == x``, ``… or True``."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _is(node.operand, not value) or _tautology(node.operand, not value)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        same = ast.dump(node.left) == ast.dump(node.comparators[0])
        yes = isinstance(node.ops[0], ast.Eq | ast.Is | ast.LtE | ast.GtE)
        return same and yes is value
    if isinstance(node, ast.Call) and last(node.func) == "isinstance" and len(node.args) == 2:
        return value and last(node.args[1]) == "object"
    if isinstance(node, ast.Call) and last(node.func) == "bool" and len(node.args) == 1:
        inner = node.args[0]
        return isinstance(inner, ast.Constant) and bool(inner.value) is value
    if isinstance(node, ast.BoolOp):
        either = isinstance(node.op, ast.Or) is value
        return either and any(_is(v, value) or _tautology(v, value) for v in node.values)
    return False
