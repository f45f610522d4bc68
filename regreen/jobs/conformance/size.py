"""How large GitHub takes a workflow to be once it is read: it refuses one that is larger.

Source: its runner's reader, which counts 24 bytes an object, 26 a text and 2 a character.
"""

from __future__ import annotations

from contextlib import suppress

from regreen.jobs.expressions import ExpressionError, whole_code
from regreen.jobs.yamltree import Mapping, Node, Scalar, Sequence, key_of

_OBJECT = 24
_TEXT = 26


def size(node: Node) -> int:
    """Return how many bytes GitHub counts for ``node``."""
    match node:
        case Scalar(str() as text):
            return _text(text)
        case Scalar():
            return _OBJECT
        case Sequence(items):
            return _OBJECT + sum(map(size, items))
        case Mapping(entries):
            return _OBJECT + sum(_text(key_of(key)) + size(value) for key, value in entries)


def _text(value: str) -> int:
    if "${{" in value:
        with suppress(ExpressionError):
            value = whole_code(value)
    return _OBJECT + _TEXT + 2 * len(value)
