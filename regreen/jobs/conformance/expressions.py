"""Test vectors of the expression language.

A file holds groups of vectors: an expression, the contexts it sees, and either the kind and value
of the result or the kind and the beginning of the error's text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regreen.jobs.conformance.results import Result, failed, malformed, text_of, vector_files
from regreen.jobs.expressions import ExpressionError, Stage, Value, evaluate, kind

_KINDS = frozenset({"Null", "Boolean", "Number", "String", "Array", "Object"})


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


def expression_results(folder: Path) -> tuple[Result, ...]:
    """Run the vectors of each ``*.json`` of ``folder``, in order of file names.

    Raises ``UsageError`` for a folder without any, and for a file that holds something else.
    """
    files = vector_files(folder, ".json")
    return tuple(_run(vector) for path in files for vector in _read(path))


def _read(path: Path) -> Iterator[Vector]:
    try:
        groups = json.loads(text_of(path).removeprefix("\ufeff"), parse_int=float)
    except ValueError as error:
        raise malformed(path, f"it is not JSON: {error}") from error
    if not isinstance(groups, dict):
        raise malformed(path, "it holds no groups of vectors")
    for group, entries in groups.items():
        if not isinstance(entries, list):
            raise malformed(path, f"the group {group!r} is no list")
        for number, entry in enumerate(entries):
            try:
                yield _vector(path.name, group, entry)
            except (KeyError, TypeError, ValueError) as error:
                raise malformed(path, f"number {number} of {group!r}: {error}") from error


def _vector(file: str, group: str, entry: Any) -> Vector:
    """Return one vector; raises ``KeyError``, ``TypeError`` or ``ValueError`` for what is none."""
    if not isinstance(entry, dict):
        raise TypeError("it is no object")
    expression, contexts = entry["expr"], entry.get("contexts") or {}
    result, error = entry.get("result"), entry.get("err")
    if not isinstance(expression, str) or not isinstance(contexts, dict):
        raise TypeError("'expr' must be text, 'contexts' an object")
    if (result is None) == (error is None):
        raise ValueError("it must have one of 'result' and 'err'")
    if result is not None and result["kind"] not in _KINDS:
        raise ValueError(f"there is no kind {result['kind']!r}")
    if error is not None and error["kind"] not in set(Stage):
        raise ValueError(f"there is no kind of error {error['kind']!r}")
    return Vector(
        file=file,
        group=group,
        expression=expression,
        contexts=contexts,
        result=(result["kind"], result.get("value")) if result is not None else None,
        error=(error["kind"], str(error["value"])) if error is not None else None,
    )


def _run(vector: Vector) -> Result:
    name = f"{vector.group}: {vector.expression}"
    if vector.error is not None:
        wanted = f"{vector.error[0]} error: {vector.error[1]}"
    else:
        assert vector.result is not None
        wanted = _shown(*vector.result)
    try:
        value = evaluate(vector.expression, vector.contexts)
    except ExpressionError as error:
        same = vector.error is not None and error.stage == vector.error[0]
        if vector.error is not None and same and error.message.startswith(vector.error[1]):
            return Result(vector.file, name)
        return failed(vector.file, name, wanted, f"{error.stage} error: {error.message}")
    if vector.result is not None:
        wanted_kind, wanted_value = vector.result
        if kind(value) == wanted_kind and _same(value, wanted_value):
            return Result(vector.file, name)
    return failed(vector.file, name, wanted, _shown(kind(value), value))


def _shown(name: str, value: Value) -> str:
    return f"{name} {json.dumps(value, ensure_ascii=False)}"


def _same(value: Value, wanted: Value) -> bool:
    """Return whether both are the same; JSON has no NaN and no infinities, so text names them."""
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    if isinstance(value, dict) and isinstance(wanted, dict):
        return list(value) == list(wanted) and all(_same(value[key], wanted[key]) for key in value)
    if isinstance(value, float) and not math.isfinite(value):
        return kind(wanted) == "String" and str(wanted) == _name(value)
    return kind(value) == kind(wanted) and value == wanted


def _name(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
