"""A YAML tree as GitHub's readers write it: values as they are, expressions and places marked.

The numbers are its types of tokens: 0 text, 1 list, 2 mapping, 3 expression, 4 ``insert``,
5 boolean, 6 number, 7 nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from regreen.jobs.expressions import is_insert, literal_text, split, to_string, whole_code
from regreen.jobs.expressions.template import Code
from regreen.jobs.yamltree import Mapping, Node, Plain, Scalar, Sequence, key_of

Json = Any
_LITERALS: dict[type, tuple[int, str]] = {
    str: (0, "lit"),
    bool: (5, "bool"),
    float: (6, "num"),
}


@dataclass(frozen=True, slots=True)
class Dump:
    """Writes trees of the file with number ``file``; with ``places``, says where things stand."""

    file: int
    places: bool

    def text(self, node: Node) -> Json:
        """Return ``node`` with every value in it as text."""
        return self._node(node, ())

    def typed(self, node: Node) -> Json:
        """Return ``node`` with every value in its own type."""
        return self._node(node, None)

    def mixed(self, node: Node, *typed: str) -> Json:
        """Return ``node``, as text but for the values of the keys ``typed``."""
        return self._node(node, typed)

    def expression(self, code: str, node: Node | None = None) -> Json:
        """Return the expression ``code``, which stands at ``node``."""
        return {"type": 3, **self._place(node), "expr": code}

    def literal(self, value: Plain, node: Node) -> Json:
        """Return ``value``, which stands at ``node``."""
        shown = _number(value) if isinstance(value, float) else value
        if not self.places:
            return shown
        if value is None:
            return {"type": 7, **self._place(node)}
        number, name = _LITERALS[type(value)]
        return {"type": number, **self._place(node), name: shown}

    def _node(self, node: Node, typed: Collection[str] | None) -> Json:
        match node:
            case Scalar(value):
                return self._scalar(node, value if typed is None else to_string(value))
            case Sequence(items):
                sequence = [self._node(item, typed) for item in items]
                return {"type": 1, **self._place(node), "seq": sequence}
            case Mapping(entries):
                pairs = []
                for key, inner in entries:
                    name = key_of(key)
                    own = None if typed is None or name in typed else typed
                    pair = {"Key": self._scalar(key, name), "Value": self._node(inner, own)}
                    pairs.append(pair)
                return {"type": 2, **self._place(node), "map": pairs}

    def _scalar(self, node: Scalar, value: Plain) -> Json:
        if not isinstance(value, str) or "${{" not in value:
            return self.literal(value, node)
        if is_insert(value):
            return {"type": 4, **self._place(node), "directive": "insert"}
        parts = split(value)
        if len(parts) == 1 and isinstance(parts[0], Code):
            plain = literal_text(parts[0].text)
            if plain is not None:
                return self.literal(plain, node)
        return self.expression(whole_code(value), node)

    def _place(self, node: Node | None) -> dict[str, int]:
        if node is None or not self.places:
            return {}
        return {"file": self.file, "line": node.line, "col": node.column}


def _number(value: float) -> float | str:
    """Return a number as JSON can hold it."""
    return value if math.isfinite(value) else to_string(value)
