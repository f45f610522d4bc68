"""A syntax tree and contexts in, a value out."""

from __future__ import annotations

from collections.abc import Mapping

from regreen.jobs.expressions.functions import Function, failed
from regreen.jobs.expressions.nodes import Call, Index, Literal, Name, Node, Operation
from regreen.jobs.expressions.values import (
    Value,
    equal,
    fold,
    greater,
    index,
    star,
    truthy,
)


def compute(node: Node, contexts: Mapping[str, Value], functions: Mapping[str, Function]) -> Value:
    """Return the value of ``node``; raises ``ExpressionError``. The parser bounds the depth."""
    match node:
        case Literal(value):
            return value
        case Name(name):
            return _context(contexts, name)
        case Index(target, key):
            found = compute(target, contexts, functions)
            if key is None:
                return star(found)
            return index(found, compute(key, contexts, functions))
        case Call("case", arguments):
            return _case(arguments, contexts, functions)
        case Call(name, arguments):
            values = [compute(argument, contexts, functions) for argument in arguments]
            return functions[name].call(values)
        case Operation(operator, operands):
            return _operation(operator, operands, contexts, functions)


def _context(contexts: Mapping[str, Value], name: str) -> Value:
    if name in contexts:
        return contexts[name]
    folded = fold(name)
    return next((value for key, value in contexts.items() if fold(key) == folded), None)


def _case(
    arguments: tuple[Node, ...], contexts: Mapping[str, Value], functions: Mapping[str, Function]
) -> Value:
    for predicate, result in zip(arguments[:-1:2], arguments[1:-1:2], strict=True):
        chosen = compute(predicate, contexts, functions)
        if not isinstance(chosen, bool):
            raise failed("case predicate must evaluate to a boolean value")
        if chosen:
            return compute(result, contexts, functions)
    return compute(arguments[-1], contexts, functions)


def _operation(
    operator: str,
    operands: tuple[Node, ...],
    contexts: Mapping[str, Value],
    functions: Mapping[str, Function],
) -> Value:
    first = compute(operands[0], contexts, functions)
    if operator == "!":
        return not truthy(first)
    if operator in {"&&", "||"}:
        for operand in operands[1:]:
            if truthy(first) == (operator == "||"):
                return first
            first = compute(operand, contexts, functions)
        return first
    return _compare(operator, first, compute(operands[1], contexts, functions))


def _compare(operator: str, left: Value, right: Value) -> bool:
    match operator:
        case "==":
            return equal(left, right)
        case "!=":
            return not equal(left, right)
        case ">":
            return greater(left, right)
        case ">=":
            return greater(left, right) or equal(left, right)
        case "<":
            return greater(right, left)
        case _:
            return greater(right, left) or equal(left, right)
