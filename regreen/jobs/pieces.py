"""Texts with expressions in them held against what a log printed: how well one fits the other."""

from __future__ import annotations

from collections.abc import Mapping

from regreen.jobs.expressions import (
    Code,
    ExpressionError,
    Name,
    Value,
    parse,
    split,
    to_string,
    walk,
)
from regreen.jobs.expressions.template import evaluate

ANY = None
EXACT, LOOSE, ANYTHING = 3, 2, 1


def tidy(script: str) -> str:
    """Return ``script`` without the space around it and at the ends of its lines."""
    return "\n".join(line.rstrip() for line in script.strip().splitlines())


def pieces(template: str, combination: Mapping[str, Value] | None) -> list[str | None]:
    """Return the literal texts of ``template`` in order, ``None`` for what may be anything.

    Expressions that the matrix decides are filled in, unless its values are unknown (``None``).
    """
    try:
        parts = split(template)
    except ExpressionError:
        return [template]
    found: list[str | None] = []
    for part in parts:
        piece = part if isinstance(part, str) else _known(part, combination)
        if piece is not ANY and found and found[-1] is not None:
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _known(code: Code, combination: Mapping[str, Value] | None) -> str | None:
    """Return what ``code`` gives when the matrix alone decides it."""
    if combination is None:
        return ANY
    try:
        names = {node.name.lower() for node in walk(parse(code.text)) if isinstance(node, Name)}
        if names <= {"matrix"}:
            return to_string(evaluate(code.text, {"matrix": dict(combination)}))
    except ExpressionError:
        pass
    return ANY


def compare(parts: list[str | None], text: str) -> int:
    """Return how well ``text`` fits ``parts``; 0: not at all. Linear in the text's length."""
    literals = [piece for piece in parts if piece]
    if ANY not in parts:
        return EXACT if "".join(literals).strip() == text else 0
    if not literals:
        return ANYTHING
    at, end = 0, len(text)
    if parts[0]:
        if not text.startswith(parts[0]):
            return 0
        at = len(parts[0])
        literals = literals[1:]
    if parts[-1] and len(parts) > 1:
        if not text.endswith(parts[-1]) or end - len(parts[-1]) < at:
            return 0
        end -= len(parts[-1])
        literals = literals[:-1]
    for literal in literals:
        found = text.find(literal, at, end)
        if found < 0:
            return 0
        at = found + len(literal)
    return LOOSE
