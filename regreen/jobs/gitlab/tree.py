"""GitLab's YAML in, a tree out whose every value knows its file, line and column.

Scalars are read by YAML 1.1 as Ruby's Psych has it, since GitLab reads them so: ``on`` is true,
``3.10`` is 3.1, ``010`` is 8. A merge key overrides what stands before it and gives way to what
stands behind it. ``!reference`` stays a value of its own; other tags of a file's own mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml

from regreen.errors import WorkflowError, WorkflowRefused
from regreen.jobs.gitlab.scalars import Plain, plain, said

MAX_SIZE = 1024 * 1024
MAX_DEPTH = 100
MAX_VALUES = 200_000
"""Values of one file with its aliases expanded; GitLab bounds them by memory."""

_MERGE = "<<"
_REFERENCE = "!reference"
_STRING = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; ``line`` and ``column`` are 1-based."""

    file: str
    line: int
    column: int

    def error(self, reason: str) -> WorkflowError:
        """Return the error for which GitLab refuses a definition, ``reason`` at this place."""
        return WorkflowRefused(self.file, ((self.line, self.column, reason),))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value."""

    value: Plain
    place: Place
    weight: int = 1

    @property
    def text(self) -> str:
        """The value as Ruby writes it."""
        return said(self.value)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; ``weight`` counts the values in it, aliases expanded."""

    items: tuple[Node, ...]
    place: Place
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; ``keys`` says where each of its keys stands."""

    entries: Mapping[str, Node]
    place: Place
    keys: Mapping[str, Place]
    weight: int = 1

    def get(self, key: str) -> Node | None:
        """Return the value of ``key``, or ``None``."""
        return self.entries.get(key)

    def at(self, key: str) -> Place:
        """Return where ``key`` stands, or the mapping where it has none."""
        return self.keys.get(key, self.place)


@dataclass(frozen=True, slots=True)
class Reference:
    """``!reference [a, b]``: the value that stands elsewhere."""

    path: tuple[str, ...]
    place: Place
    weight: int = 1

    def __str__(self) -> str:
        listed = ", ".join(f'"{name}"' for name in self.path)
        return f"!reference [{listed}]"


Node = Scalar | Listing | Table | Reference


@lru_cache(maxsize=64)
def read(text: str, file: str) -> tuple[Node, ...]:
    """Return the documents of ``text``, one or (with a header) two.

    Raises WorkflowError, which names ``file``.
    """
    text = text.removeprefix("\ufeff")
    start = Place(file, 1, 1)
    if len(text) > MAX_SIZE:
        raise start.error("The parsed YAML is too big")
    try:
        found = tuple(_Composer(file, yaml.parse(text, Loader=yaml.CSafeLoader)).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else start
        reason = " ".join(str(part) for part in (error.problem, error.context) if part)
        raise place.error(f"Invalid YAML: {reason}") from error
    except yaml.YAMLError as error:
        raise start.error(f"Invalid YAML: {error}") from error
    if not found:
        raise start.error("Please provide content of .gitlab-ci.yml")
    return found


class _Composer:
    """Builds trees from libyaml's events."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.events = events
        self.anchors: dict[str, Node | None] = {}

    def place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)

    def documents(self) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                yield self.node(next(self.events), 1)

    def node(self, event: yaml.Event, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.place(event).error("The parsed YAML is too deep")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self.anchors[anchor] = None
        node = self.build(event, depth)
        if node.weight > MAX_VALUES:
            raise node.place.error("The parsed YAML is too big")
        if anchor:
            self.anchors[anchor] = node
        return node

    def alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self.anchors:
            raise self.place(event).error(f"Unknown alias: {event.anchor}")
        node = self.anchors[event.anchor]
        if node is None:
            raise self.place(event).error(f"The alias {event.anchor} contains itself")
        return node

    def build(self, event: yaml.Event, depth: int) -> Node:
        place = self.place(event)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(self.scalar(event, place), place)
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self.items(depth))
            if tag == _REFERENCE:
                return _reference(items, place)
            return Listing(items, place, 1 + sum(item.weight for item in items))
        if tag == _REFERENCE:
            raise place.error("!reference is not valid: a list of names was expected")
        return self.table(place, depth)

    def scalar(self, event: yaml.ScalarEvent, place: Place) -> Plain:
        if event.tag == _REFERENCE:
            raise place.error("!reference is not valid: a list of names was expected")
        if not event.implicit[0] or event.tag == _STRING:
            return str(event.value)
        try:
            return plain(event.value)
        except ValueError as error:
            raise place.error(str(error)) from error

    def items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.node(event, depth + 1)

    def table(self, place: Place, depth: int) -> Table:
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise key.place.error("a key has to be one word or text")
            value = self.node(next(self.events), depth + 1)
            merged = _merged(value) if key.value == _MERGE else None
            for table in merged or ():
                entries.update(table.entries)
                keys.update(table.keys)
            if merged is None:
                entries[key.text] = value
                keys[key.text] = key.place
        return Table(entries, place, keys, 1 + sum(1 + one.weight for one in entries.values()))


def _merged(value: Node) -> list[Table] | None:
    """Return the mappings that a merge key brings, the strongest last; ``None`` for no mapping."""
    if isinstance(value, Table):
        return [value]
    if isinstance(value, Listing):
        tables = [item for item in reversed(value.items) if isinstance(item, Table)]
        return tables if len(tables) == len(value.items) else None
    return None


def _reference(items: tuple[Node, ...], place: Place) -> Reference:
    path = tuple(item.value for item in items if isinstance(item, Scalar))
    names = tuple(name for name in path if isinstance(name, str))
    if not items or len(names) != len(items):
        raise place.error("!reference is not valid: a list of names was expected")
    return Reference(names, place)
