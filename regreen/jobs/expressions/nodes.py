"""The syntax tree of an expression. Every node knows how deep the tree below it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regreen.jobs.expressions.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, boolean or null written out."""

    value: Value
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    """A context, such as ``github``."""

    name: str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Index:
    """``target[key]`` or ``target.key``; ``key`` is ``None`` for ``target.*``."""

    target: Node
    key: Node | None
    depth: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; ``function`` is in lower case."""

    function: str
    arguments: tuple[Node, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its operands: one for ``!``, two or more for ``&&`` and ``||``, else two."""

    operator: str
    operands: tuple[Node, ...]
    depth: int


Node = Literal | Name | Index | Call | Operation


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below ``node``."""
    match node:
        case Index(target, key):
            return (target,) if key is None else (target, key)
        case Call(_, arguments):
            return arguments
        case Operation(_, operands):
            return operands
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and all nodes below it, parents first."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(children(top)))
