"""Rules for a YAML tree, and the faults a tree has by them, worded and placed as GitHub does it.

A rule is data; ``workflow_schema`` holds those of a workflow file. All faults are found, in the
order in which they stand in the file. What an expression may use is handed down: a value may use
what its own rule names and what the rules around it name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from regreen.jobs.expressions import (
    Code,
    ExpressionError,
    Function,
    Stage,
    literal_text,
    parse,
    split,
)
from regreen.jobs.expressions.values import fold, kind, to_string
from regreen.jobs.yamltree import Mapping, Node, Plain, Scalar, Sequence, key_of

_NO_DIRECTIVE = (
    "The directive 'insert' is not allowed in this context. Directives are not supported for "
    "expressions that are embedded within a string. Directives are only supported when the entire "
    "value is an expression."
)
_NO_EXPRESSION = "A template expression is not allowed in this context"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where (1-based); ``placed``: whether GitHub says the place too."""

    reason: str
    line: int
    column: int
    placed: bool = True


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may use where it stands: contexts and functions beyond the common ones."""

    names: frozenset[str]
    functions: dict[str, Function] = field(default_factory=dict)


_NOWHERE = Scope(frozenset())


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar: the types it may have, the texts it may be, and whether it may be empty."""

    kinds: frozenset[str] = frozenset({"String", "Number", "Boolean", "Null"})
    only: frozenset[str] | None = None
    empty: bool = True


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping: its ``known`` keys, those ``required``, and the rule of all ``other`` keys."""

    known: dict[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    other: Shape | None = None
    empty: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand in one place.

    A scalar, a sequence of ``items`` (``no_items``: what is said of an empty one), a mapping (of
    the one kind among ``mappings`` that its keys tell), or, with a ``scope``, an expression.
    ``off``: known, and yet refused; ``hidden``: not even proposed.
    """

    text: Text | None = None
    items: Shape | None = None
    mappings: tuple[Fields, ...] = ()
    scope: Scope | None = None
    anything: bool = False
    no_items: str = ""
    off: bool = False
    hidden: bool = False


def check(node: Node, shape: Shape, around: Scope = _NOWHERE) -> Iterator[Fault]:
    """Yield each fault of ``node`` by ``shape``; ``around``: what expressions here may use."""
    scope = _joined(around, shape.scope)
    match node:
        case Scalar():
            yield from _check_scalar(node, shape, scope)
        case Sequence(items):
            if shape.items is None and not shape.anything:
                yield Fault("A sequence was not expected", node.line, node.column)
                return
            if shape.no_items and not items:
                yield Fault(shape.no_items, node.line, node.column)
            for item in items:
                yield from check(item, shape.items or shape, scope)
        case Mapping():
            yield from _check_mapping(node, shape, scope)


def shapes(shape: Shape) -> Iterator[Shape]:
    """Yield ``shape`` and all that its rules lead to, each once."""
    seen, left = set[int](), [shape]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [more for f in one.mappings for more in (*f.known.values(), f.other)]
        left += [more for more in (*inner, one.items) if more is not None]


def _joined(around: Scope, own: Scope | None) -> Scope:
    if own is None or own is around:
        return around
    if around is _NOWHERE:
        return own
    return Scope(around.names | own.names, {**around.functions, **own.functions})


def _check_scalar(node: Scalar, shape: Shape, scope: Scope) -> Iterator[Fault]:
    value = node.value
    if isinstance(value, str) and "${{" in value:
        read = _read(value, scope)
        if isinstance(read, str):
            value = read
        elif isinstance(read, Code):
            if read.text == "insert":
                yield _unexpected("${{ insert }}", node)
            elif scope is _NOWHERE:
                yield Fault(_NO_EXPRESSION, node.line, node.column)
            return
        else:
            yield Fault(read.message, node.line, node.column)
    if not _fits(value, shape):
        yield _unexpected(to_string(value), node)


def _read(text: str, scope: Scope) -> str | Code | ExpressionError:
    """Return what ``text``, which has ``${{`` in it, is: plain text, an expression, or wrong."""
    try:
        parts = split(text)
        for part in parts:
            if isinstance(part, str):
                continue
            if is_directive(part):
                if len(parts) > 1:
                    return ExpressionError(_NO_DIRECTIVE, Stage.PARSING)
                return Code("insert")
            parse(part.text, scope.names, scope.functions)
    except ExpressionError as error:
        return error
    if len(parts) == 1 and isinstance(parts[0], Code):
        plain = literal_text(parts[0].text)
        return parts[0] if plain is None else plain
    return Code(text)


def _fits(value: Plain, shape: Shape) -> bool:
    if shape.anything:
        return True
    rule = shape.text
    if rule is None or kind(value) not in rule.kinds:
        return False
    text = to_string(value)
    return (rule.only is None or text in rule.only) and (rule.empty or bool(text))


def _unexpected(what: str, node: Scalar) -> Fault:
    return Fault(f"Unexpected value '{what}'", node.line, node.column)


def _check_mapping(node: Mapping, shape: Shape, scope: Scope) -> Iterator[Fault]:
    if not shape.mappings and not shape.anything:
        yield Fault("A mapping was not expected", node.line, node.column)
        return
    walk = _Keys(list(shape.mappings) or [Fields(other=shape)], scope)
    if not node.entries and not walk.kinds[0].empty:
        yield Fault("Unexpected value ''", node.line, node.column)
    for key, value in node.entries:
        yield from walk.take(key, value)
    if len(walk.kinds) > 1:
        yield _undecided(node, walk.kinds)
    elif not walk.computed:
        for name in walk.kinds[0].required:
            if fold(name) not in walk.seen:
                yield Fault(f"Required property is missing: {name}", node.line, node.column)


class _Keys:
    """The keys of one mapping, taken in order: each may tell which kind of mapping it is."""

    def __init__(self, kinds: list[Fields], scope: Scope) -> None:
        self.kinds = kinds
        self.other = kinds[0].other
        self.scope = scope
        self.seen: set[str] = set()
        self.computed = False

    def take(self, key: Scalar, value: Node) -> Iterator[Fault]:
        name = key_of(key)
        if "${{" in name:
            read = _read(name, self.scope)
            if isinstance(read, Code):
                yield from self.take_computed(key, value)
                return
            if isinstance(read, str):
                name = read
            else:
                yield Fault(read.message, key.line, key.column)
        if name and fold(name) in self.seen:
            yield Fault(f"'{name}' is already defined", key.line, key.column)
            return
        self.seen.add(fold(name))
        rule = self.rule(name)
        if rule is None or rule.off:
            yield _unexpected(name, key)
            return
        if not name:
            yield _unexpected(name, key)
        yield from check(value, rule, self.scope)

    def take_computed(self, key: Scalar, value: Node) -> Iterator[Fault]:
        self.computed = True
        if self.scope is _NOWHERE:
            yield Fault(_NO_EXPRESSION, key.line, key.column)
            return
        known = any(fields.known for fields in self.kinds)
        rule = Shape(anything=True) if known or self.other is None else self.other
        yield from check(value, rule, self.scope)

    def rule(self, name: str) -> Shape | None:
        """Return the rule of the key ``name``, and keep the kinds of mapping that have it."""
        having = [fields for fields in self.kinds if name in fields.known]
        if not having:
            return self.other
        self.kinds = having
        return having[-1].known[name]


def _undecided(node: Mapping, kinds: list[Fields]) -> Fault:
    names = [name for fields in kinds for name, rule in fields.known.items() if not rule.hidden]
    telling = sorted(name for name in set(names) if names.count(name) == 1)
    reason = (
        "There's not enough info to determine what you meant. "
        f"Add one of these properties: {', '.join(telling)}"
    )
    return Fault(reason, node.line, node.column)


def is_directive(code: Code) -> bool:
    """Return whether ``code`` is ``insert``; raises ``ExpressionError`` for one with parameters."""
    words = code.text.split()
    if not words or words[0] != "insert":
        return False
    more = words[1:]
    if more:
        reason = (
            "Exactly 0 parameter(s) were expected following the directive 'insert'. "
            f"Actual parameter count: {len(more)}"
        )
        raise ExpressionError(reason, Stage.PARSING)
    return True
