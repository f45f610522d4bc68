"""Runs test vectors in the format that GitHub publishes for its expression language.

A file holds groups of vectors: an expression, the contexts it sees, and either the kind and value
of the result or the kind and the beginning of the error's text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regreen.jobs.expressions import ExpressionError, Value, evaluate, kind


@dataclass(frozen=True, slots=True)
class Vector:
    """One expression with what must come of it.

    ``result`` is a kind and a value, ``error`` a kind and the beginning of a text.
    """

    file: str
    group: str
    expression: str
    contexts: dict[str, Value]
    result: tuple[str, Value] | None
    error: tuple[str, str] | None


def read_vectors(folder: Path) -> tuple[Vector, ...]:
    """Return the vectors of each ``*.json`` of ``folder``, in order of file names."""
    return tuple(vector for path in sorted(folder.glob("*.json")) for vector in _read(path))


def _read(path: Path) -> Iterator[Vector]:
    for group, entries in json.loads(path.read_text("utf-8")).items():
        for entry in entries:
            result, error = entry.get("result"), entry.get("err")
            yield Vector(
                file=path.name,
                group=group,
                expression=entry["expr"],
                contexts=entry.get("contexts", {}),
                result=(result["kind"], result.get("value")) if result else None,
                error=(error["kind"], error["value"]) if error else None,
            )


def problem(vector: Vector) -> str | None:
    """Return how regreen's answer to ``vector`` differs from the wanted one, or ``None``."""
    try:
        value = evaluate(vector.expression, vector.contexts)
    except ExpressionError as error:
        if vector.error is None:
            return f"error instead of {vector.result}: {error}"
        wanted_stage, wanted_text = vector.error
        if error.stage != wanted_stage or not error.message.startswith(wanted_text):
            return f"{error.stage} error: {error.message!r} instead of {vector.error}"
        return None
    if vector.result is None:
        return f"{value!r} instead of the error {vector.error}"
    wanted_kind, wanted = vector.result
    if kind(value) != wanted_kind or not _same(value, wanted):
        return f"{kind(value)} {value!r} instead of {wanted_kind} {wanted!r}"
    return None


def _same(value: Value, wanted: Value) -> bool:
    """Return whether both are the same; JSON has no NaN and no infinities, so text names them."""
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    if isinstance(value, dict) and isinstance(wanted, dict):
        return list(value) == list(wanted) and all(_same(value[key], wanted[key]) for key in value)
    if isinstance(value, float) and not math.isfinite(value):
        return kind(wanted) == "String" and str(wanted) == _name(value)
    return value == wanted


def _name(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
