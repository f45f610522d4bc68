"""YAML text in, a tree out whose every value knows its line and column.

Scalars are read by the core schema of YAML 1.2, as GitHub reads them: ``on`` and ``yes`` are text,
``3.10`` is the number 3.1, ``0755`` is 755. Built from libyaml's events, so that anchors cost
nothing until they are used and what they expand to can be counted first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from regreen.errors import WorkflowError
from regreen.jobs.expressions import Value, to_string

MAX_SIZE = 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 50_000
"""How many nodes and ends of nodes a file may have, aliases expanded: as GitHub counts them."""

Plain = None | bool | float | str


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; ``line`` and ``column`` are 1-based."""

    value: Plain
    line: int
    column: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; ``weight`` counts its nodes and their ends, aliases expanded."""

    items: tuple[Node, ...]
    line: int
    column: int
    weight: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in order; duplicates stay, since whether they may be is the schema's."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int
    weight: int

    def get(self, key: str) -> Node | None:
        """Return the value of ``key``, or ``None``."""
        return next((value for name, value in self.entries if name.value == key), None)


Node = Scalar | Sequence | Mapping

_PREFIX = "tag:yaml.org,2002:"
_TOO_DEEP = "Maximum object depth exceeded"
_STYLES = {"'": "SingleQuoted", '"': "DoubleQuoted", "|": "Literal", ">": "Folded"}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_DECIMAL = re.compile(r"[+-]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[+-]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]+)?")
_INFINITY = re.compile(r"([+-]?)(?:\.inf|\.Inf|\.INF)")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(text: str, path: str, largest: int = MAX_SIZE) -> Node:
    """Return the one document of ``text``; raises ``WorkflowError``, which names ``path``."""
    text = text.removeprefix("\ufeff")
    if len(text) > largest:
        reason = f"The maximum file size of {largest} characters has been exceeded"
        raise WorkflowError(reason, path, 1, 1)
    if found := _UNPRINTABLE.search(text):
        raise _unprintable(text, found.start(), path)
    composer = _Composer(path, yaml.parse(text, Loader=yaml.CSafeLoader))
    try:
        return composer.document()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, path) from error


def _unprintable(text: str, at: int, path: str) -> WorkflowError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    reason = f"the character U+{ord(text[at]):04X} is not allowed in YAML"
    return WorkflowError(reason, path, line, column)


def _syntax_error(error: yaml.MarkedYAMLError, path: str) -> WorkflowError:
    mark = error.problem_mark or error.context_mark
    said = ", ".join(str(part) for part in (error.context, error.problem) if part)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return WorkflowError(f"not valid YAML: {said}", path, line, column)


class _Composer:
    """Builds the tree of one document from libyaml's events."""

    def __init__(self, path: str, events: Iterator[yaml.Event]) -> None:
        self.path = path
        self.events = events
        self.anchors: dict[str, Node | None] = {}
        self.weight = 0

    def error(self, reason: str, event: yaml.Event) -> WorkflowError:
        return WorkflowError(reason, self.path, *_place(event))

    def document(self) -> Node:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise WorkflowError("the file is empty", self.path, 1, 1)
        root = self.node(next(self.events), 1)
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self.error("a second YAML document begins here; one is allowed", after)
        return root

    def node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self.count(self.alias(event, depth), event)
        if depth > MAX_DEPTH and not isinstance(event, yaml.ScalarEvent):
            raise self.error(_TOO_DEEP, event)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self.anchors[anchor] = None
        node = self.build(event, depth)
        if anchor:
            self.anchors[anchor] = node
        return node

    def build(self, event: yaml.Event, depth: int) -> Node:
        line, column = _place(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.count(Scalar(self.scalar(event), line, column), event)
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self.items(depth))
            self.weigh(2, event)
            return Sequence(items, line, column, 2 + sum(item.weight for item in items))
        entries = tuple(self.entries(depth))
        self.weigh(2, event)
        weight = 2 + sum(value.weight + 1 for _, value in entries)
        return Mapping(entries, line, column, weight)

    def count(self, node: Node, event: yaml.Event) -> Node:
        self.weigh(node.weight, event)
        return node

    def weigh(self, weight: int, event: yaml.Event) -> None:
        self.weight += weight
        if self.weight > MAX_NODES:
            raise self.error("Maximum YAML nodes exceeded", event)

    def alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        if event.anchor not in self.anchors:
            raise self.error(f"Unknown anchor '{event.anchor}'", event)
        node = self.anchors[event.anchor]
        if node is None:
            raise self.error(f"the anchor '{event.anchor}' contains itself", event)
        if _height(node) + depth - 1 > MAX_DEPTH:
            raise self.error(_TOO_DEEP, event)
        return node

    def items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.node(event, depth + 1)

    def entries(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise self.error("a mapping or sequence was not expected as a key", event)
            yield key, self.node(next(self.events), depth + 1)

    def scalar(self, event: yaml.ScalarEvent) -> Plain:
        text, tag = str(event.value), event.tag
        if tag == _PREFIX + "str" or (not tag and event.style):
            return text
        if event.style:
            reason = (
                f"The scalar style '{_STYLES.get(event.style, event.style)}' on line "
                f"{_place(event)[0]} and column {_place(event)[1]} is not valid with the tag "
                f"'{tag}'"
            )
            raise self.error(reason, event)
        kind = (tag or "").removeprefix(_PREFIX)
        wanted = {"null": type(None), "bool": bool, "int": float, "float": float}.get(kind)
        if tag and (wanted is None or not tag.startswith(_PREFIX)):
            raise self.error(f"Unexpected tag '{tag}'", event)
        if _OTHER_INT.fullmatch(text) and kind in {"", "int"}:
            return self.other_integer(text, event)
        if kind == "float" and _OTHER_INT.fullmatch(text):
            raise self.invalid(kind, event)
        value = _implicit(text)
        if tag and (type(value) is not wanted or (kind == "int" and not _DECIMAL.fullmatch(text))):
            raise self.invalid(kind, event)
        return value

    def other_integer(self, text: str, event: yaml.ScalarEvent) -> float:
        """Return a hexadecimal or octal number: 32 bits, the highest of which is the sign."""
        number = int(text, 0)
        if number >= 1 << 32:
            raise self.invalid("int", event)
        return float(number - (1 << 32) if number >= 1 << 31 else number)

    def invalid(self, kind: str, event: yaml.ScalarEvent) -> WorkflowError:
        line, column = _place(event)
        reason = (
            f"The value '{event.value}' on line {line} and column {column} is invalid for the "
            f"type '{_PREFIX}{kind}'"
        )
        return self.error(reason, event)


def _height(node: Node) -> int:
    """Return how many collections deep ``node`` is."""
    deepest, stack = 0, [(node, 1)]
    while stack:
        one, depth = stack.pop()
        if isinstance(one, Scalar):
            continue
        deepest = max(deepest, depth)
        inner = one.items if isinstance(one, Sequence) else [value for _, value in one.entries]
        stack.extend((child, depth + 1) for child in inner)
    return deepest


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _implicit(text: str) -> Plain:
    """Return what a plain scalar means in the core schema."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _DECIMAL.fullmatch(text) or _FLOAT.fullmatch(text):
        return float(text)
    if found := _INFINITY.fullmatch(text):
        return -math.inf if found.group(1) == "-" else math.inf
    return math.nan if text in _NAN else text


def value_of(node: Node) -> Value:
    """Return ``node`` as a plain value, aliases expanded; keys become text."""
    match node:
        case Scalar(value):
            return value
        case Sequence(items):
            return [value_of(item) for item in items]
        case Mapping(entries):
            return {key_of(key): value_of(value) for key, value in entries}


def key_of(key: Scalar) -> str:
    """Return a mapping's key as text."""
    return to_string(key.value)
