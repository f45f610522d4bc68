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
MAX_VALUES = 200_000

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
    """A list; ``weight`` counts the values in it, aliases expanded."""

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
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_DECIMAL = re.compile(r"[+-]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[+-]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]+)?")
_INFINITY = re.compile(r"([+-]?)(?:\.inf|\.Inf|\.INF)")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(text: str, path: str) -> Node:
    """Return the one document of ``text``; raises ``WorkflowError``, which names ``path``."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_SIZE:
        reason = f"The maximum file size of {MAX_SIZE} characters has been exceeded"
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
        if depth > MAX_DEPTH:
            raise self.error("Maximum object depth exceeded", event)
        if isinstance(event, yaml.AliasEvent):
            return self.count(self.alias(event), event)
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
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.SequenceStartEvent):
            self.check_tag(tag, "seq", event)
            items = tuple(self.items(depth))
            return Sequence(items, line, column, 1 + sum(item.weight for item in items))
        self.check_tag(tag, "map", event)
        entries = tuple(self.entries(depth))
        weight = 1 + sum(value.weight + 1 for _, value in entries)
        return Mapping(entries, line, column, weight)

    def count(self, node: Node, event: yaml.Event) -> Node:
        self.weight += node.weight
        if self.weight > MAX_VALUES:
            reason = f"the file expands to more than {MAX_VALUES} values"
            raise self.error(reason, event)
        return node

    def alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self.anchors:
            raise self.error(f"the anchor '{event.anchor}' is not defined", event)
        node = self.anchors[event.anchor]
        if node is None:
            raise self.error(f"the anchor '{event.anchor}' contains itself", event)
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

    def check_tag(self, tag: str | None, kind: str, event: yaml.Event) -> None:
        if tag not in {None, "!", _PREFIX + kind}:
            raise self.error(f"Unexpected tag '{tag}'", event)

    def scalar(self, event: yaml.ScalarEvent) -> Plain:
        plain, quoted = event.implicit
        if plain:
            return _implicit(event.value)
        if quoted or event.tag in {"!", _PREFIX + "str"}:
            return str(event.value)
        return self.tagged(event)

    def tagged(self, event: yaml.ScalarEvent) -> Plain:
        kind = (event.tag or "").removeprefix(_PREFIX)
        value = _implicit(event.value)
        wanted = {"null": type(None), "bool": bool, "int": float, "float": float}.get(kind)
        if wanted is None:
            raise self.error(f"Unexpected tag '{event.tag}'", event)
        if type(value) is not wanted or (kind == "int" and not _is_int(event.value)):
            raise self.error(f"'{event.value}' is not valid for the tag '{event.tag}'", event)
        return value


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _is_int(text: str) -> bool:
    return bool(_DECIMAL.fullmatch(text) or _OTHER_INT.fullmatch(text))


def _implicit(text: str) -> Plain:
    """Return what a plain scalar means in the core schema."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _OTHER_INT.fullmatch(text):
        number = int(text, 0)
        return float(number) if number.bit_length() <= 1024 else math.inf
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
