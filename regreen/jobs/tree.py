"""Small questions about a YAML tree: a mapping's values, a list's items, texts, expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from regreen.jobs.expressions import Code, ExpressionError, Value, literal_text, split, to_string
from regreen.jobs.yamltree import Mapping, Node, Scalar, Sequence, key_of, value_of


def fields(node: Node | None) -> dict[str, Node]:
    """Return the values of a mapping by their keys; nothing for what is none."""
    if not isinstance(node, Mapping):
        return {}
    return {key_of(key): value for key, value in node.entries}


def entries(node: Node | None) -> Iterator[tuple[str, Scalar, Node]]:
    """Yield name, key and value of each entry of a mapping, in order."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            yield key_of(key), key, value


def items(node: Node | None) -> tuple[Node, ...]:
    """Return the items of a list; nothing for what is none."""
    return node.items if isinstance(node, Sequence) else ()


def scalars(node: Node | None) -> list[Scalar]:
    """Return the one scalar that ``node`` is, or those of the list that it is."""
    nodes = (node,) if isinstance(node, Scalar) else items(node)
    return [item for item in nodes if isinstance(item, Scalar)]


def value(node: Node | None) -> Value:
    """Return ``node`` as a plain value; ``None`` without one."""
    return None if node is None else value_of(node)


def text(node: Node | None) -> str | None:
    """Return ``node`` as text; ``None`` without one, or for nothing."""
    found = value(node)
    return None if found is None else to_string(found)


def is_computed(node: Node | None) -> bool:
    """Return whether ``node`` is a text with an expression in it."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and "${{" in node.value


def has_computed(node: Node) -> bool:
    """Return whether there is an expression anywhere in ``node``."""
    match node:
        case Scalar():
            return is_computed(node)
        case Sequence(inner):
            return any(has_computed(item) for item in inner)
        case Mapping(pairs):
            return any(is_computed(key) or has_computed(value) for key, value in pairs)


def spelled_out(node: Node) -> Node:
    """Return ``node`` with each text that an expression only spells out (``${{ 'a' }}``) as it is.

    GitHub reads them so, even where no expression is allowed. A text that itself has ``${{`` in
    it is left alone.
    """
    match node:
        case Scalar(str() as text) if "${{" in text:
            plain = _spelled(text)
            return node if plain is None or "${{" in plain else replace(node, value=plain)
        case Scalar():
            return node
        case Sequence(inner):
            return replace(node, items=tuple(spelled_out(item) for item in inner))
        case Mapping(pairs):
            return replace(node, entries=tuple((key, spelled_out(one)) for key, one in pairs))


def _spelled(text: str) -> str | None:
    try:
        parts = split(text)
    except ExpressionError:
        return None
    if len(parts) == 1 and isinstance(parts[0], Code):
        return literal_text(parts[0].text)
    return None
