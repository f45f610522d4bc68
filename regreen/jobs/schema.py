"""Rules for a YAML tree, and the faults a tree has by them, worded and placed as GitHub does it.

A rule is data; ``workflow_schema`` holds those of a workflow file. All faults are found, in the
order in which they stand in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from regreen.jobs.expressions import (
    Code,
    ExpressionError,
    Function,
    condition_code,
    is_insert,
    parse,
    split,
)
from regreen.jobs.expressions.values import fold, kind
from regreen.jobs.yamltree import Mapping, Node, Scalar, Sequence, key_of

_NO_DIRECTIVE = (
    "The directive 'insert' is not allowed in this context. Directives are not supported for "
    "expressions that are embedded within a string. Directives are only supported when the entire "
    "value is an expression."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where (1-based)."""

    reason: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may use where it stands: contexts and functions beyond the common ones."""

    names: frozenset[str]
    functions: dict[str, Function] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar.

    ``kinds`` are the types it may have; ``only`` the texts it may be; ``scope`` what an expression
    in it may use, ``None`` where expressions are not allowed; ``condition`` when all of it is one.
    """

    kinds: frozenset[str] = frozenset({"String", "Number", "Boolean", "Null"})
    only: frozenset[str] | None = None
    empty: bool = True
    scope: Scope | None = None
    condition: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping: its ``known`` keys, those ``required``, and the rule of all ``other`` keys."""

    known: dict[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    other: Shape | None = None
    other_key: Callable[[str], str | None] | None = None
    empty: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand in one place.

    A scalar, a sequence of ``items`` (``no_items``: what is said of an empty one), a mapping (of
    the one kind among ``mappings`` that its keys tell), or, with ``scope``, an expression instead.
    """

    text: Text | None = None
    items: Shape | None = None
    mappings: tuple[Fields, ...] = ()
    scope: Scope | None = None
    anything: bool = False
    no_items: str = ""


def check(node: Node, shape: Shape) -> Iterator[Fault]:
    """Yield each fault of ``node`` by ``shape``."""
    match node:
        case Scalar():
            yield from _check_scalar(node, shape)
        case Sequence(items):
            if shape.items is None and not shape.anything:
                yield Fault("A sequence was not expected", node.line, node.column)
                return
            if shape.no_items and not items:
                yield Fault(shape.no_items, node.line, node.column)
            for item in items:
                yield from check(item, shape.items or shape)
        case Mapping():
            yield from _check_mapping(node, shape)


def _check_scalar(node: Scalar, shape: Shape) -> Iterator[Fault]:
    scope = shape.scope or (shape.text.scope if shape.text else None)
    if isinstance(node.value, str) and (
        "${{" in node.value or (shape.text is not None and shape.text.condition)
    ):
        yield from _check_expressions(node, node.value, scope, shape.text)
        return
    if shape.anything:
        return
    if shape.text is None or kind(node.value) not in shape.text.kinds:
        yield _unexpected(node)
        return
    if (shape.text.only is not None and key_of(node) not in shape.text.only) or (
        not shape.text.empty and not key_of(node)
    ):
        yield _unexpected(node)


def _unexpected(node: Scalar) -> Fault:
    return Fault(f"Unexpected value '{key_of(node)}'", node.line, node.column)


def _check_expressions(
    node: Scalar, text: str, scope: Scope | None, rule: Text | None
) -> Iterator[Fault]:
    try:
        whole = rule is not None and rule.condition
        codes = [condition_code(text)] if whole else _codes(text)
        if codes and scope is None:
            reason = "A template expression is not allowed in this context"
            yield Fault(reason, node.line, node.column)
            return
        for code in codes:
            if code == "insert":
                yield Fault(_NO_DIRECTIVE, node.line, node.column)
            elif scope is not None:
                parse(code, scope.names, scope.functions)
    except ExpressionError as error:
        yield Fault(error.message, node.line, node.column)


def _codes(text: str) -> list[str]:
    return [part.text for part in split(text) if isinstance(part, Code)]


def _check_mapping(node: Mapping, shape: Shape) -> Iterator[Fault]:
    if not shape.mappings:
        if not shape.anything:
            yield Fault("A mapping was not expected", node.line, node.column)
            return
        yield from _check_keys(node, Fields(other=shape))
        return
    candidates = list(shape.mappings)
    for key, _ in node.entries:
        name = key_of(key)
        left = [fields for fields in candidates if name in fields.known or fields.other]
        candidates = left or candidates
    yield from _check_keys(node, candidates[0])
    if len(candidates) > 1:
        yield _undecided(node, candidates)
        return
    for name in candidates[0].required:
        if node.get(name) is None:
            yield Fault(f"Required property is missing: {name}", node.line, node.column)


def _undecided(node: Mapping, candidates: list[Fields]) -> Fault:
    shared = set.intersection(*(set(fields.known) for fields in candidates))
    telling = sorted(set().union(*(set(fields.known) for fields in candidates)) - shared)
    reason = (
        "There's not enough info to determine what you meant. "
        f"Add one of these properties: {', '.join(telling)}"
    )
    return Fault(reason, node.line, node.column)


def _check_keys(node: Mapping, fields: Fields) -> Iterator[Fault]:
    seen: set[str] = set()
    if not node.entries and not fields.empty:
        yield Fault("Unexpected value ''", node.line, node.column)
    for key, value in node.entries:
        name = key_of(key)
        if fold(name) in seen:
            yield Fault(f"'{name}' is already defined", key.line, key.column)
            continue
        seen.add(fold(name))
        rule = fields.known.get(name) or fields.other
        if rule is None or (not name and name not in fields.known):
            yield _unexpected(key)
            continue
        if fields.other_key and name not in fields.known:
            reason = fields.other_key(name)
            if reason:
                yield Fault(reason, key.line, key.column)
        if not (is_directive(name) and isinstance(value, Scalar)):
            yield from check(value, rule)


def is_directive(key: str) -> bool:
    """Return whether ``key`` is ``${{ insert }}``; a key that is no valid template is not."""
    try:
        return is_insert(key)
    except ExpressionError:
        return False
