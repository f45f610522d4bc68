"""A matrix in, its combinations out, as GitHub combines them; and the names of jobs in logs.

Source: GitHub's workflow syntax, ``jobs.<job_id>.strategy.matrix`` and ``jobs.<job_id>.name``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from regreen.errors import UsageError
from regreen.jobs.expressions import Value, equal, render, to_string
from regreen.jobs.expressions.values import find_key
from regreen.jobs.workflow import JobSpec

Combination: TypeAlias = dict[str, Value]

MAX_COMBINATIONS = 256
_MAX_NAME = 100
_FIX = "correct strategy.matrix in the workflow file"


def expand(matrix: Value) -> tuple[Combination, ...]:
    """Return the combinations of ``matrix`` in GitHub's order; one empty one when it is ``None``.

    Expressions in it must be resolved. Raises ``UsageError`` for what is no matrix.
    """
    if matrix is None:
        return ({},)
    if not isinstance(matrix, dict):
        raise UsageError(f"the matrix is {_kind(matrix)}, not a mapping", _FIX)
    vectors = {name: v for name, v in matrix.items() if name not in {"include", "exclude"}}
    excluded, included = _entries(matrix, "exclude"), _entries(matrix, "include")
    originals = [
        combination
        for combination in _product(vectors)
        if not any(_matches(combination, entry) for entry in excluded)
    ]
    combinations = tuple(_include(originals, included))
    if not combinations:
        raise UsageError("the matrix has no combination", _FIX)
    if len(combinations) > MAX_COMBINATIONS:
        raise UsageError(f"the matrix has more than {MAX_COMBINATIONS} combinations", _FIX)
    return combinations


def _kind(value: Value) -> str:
    return "a sequence" if isinstance(value, list) else f"'{to_string(value)}'"


def _entries(matrix: Combination, name: str) -> list[Combination]:
    entries = matrix.get(name) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"the matrix's {name} is not a list of mappings", _FIX)
    return [entry for entry in entries if isinstance(entry, dict)]


def _product(vectors: Combination) -> Iterator[Combination]:
    if not vectors:
        return
    size = 1
    lists: list[list[Value]] = []
    for name, vector in vectors.items():
        if not isinstance(vector, list) or not vector:
            what = "does not contain any values" if vector == [] else "is not a list"
            raise UsageError(f"Matrix vector '{name}' {what}", _FIX)
        lists.append(vector)
        size *= len(vector)
    if size > MAX_COMBINATIONS * MAX_COMBINATIONS:
        raise UsageError(f"the matrix has more than {MAX_COMBINATIONS} combinations", _FIX)
    for values in itertools.product(*lists):
        yield dict(zip(vectors, values, strict=True))


def _matches(value: Value, pattern: Value) -> bool:
    """Return whether ``value`` has all that ``pattern`` names, compared as ``==`` compares."""
    if isinstance(pattern, dict):
        if not isinstance(value, dict):
            return False
        return all(
            (name := find_key(value, key)) is not None and _matches(value[name], wanted)
            for key, wanted in pattern.items()
        )
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(value) >= len(pattern)
            and all(map(_matches, value, pattern))
        )
    return equal(value, pattern)


def _include(originals: list[Combination], entries: list[Combination]) -> Iterator[Combination]:
    """Yield each original with what the entries add to it, then the entries that fit none."""
    added: list[Combination] = [{} for _ in originals]
    alone: list[Combination] = []
    for entry in entries:
        fitted = False
        for original, extra in zip(originals, added, strict=True):
            shared = {key: wanted for key, wanted in entry.items() if find_key(original, key)}
            if _matches(original, shared):
                extra.update({k: v for k, v in entry.items() if k not in shared})
                fitted = True
        if not fitted:
            alone.append(dict(entry))
    for original, extra in zip(originals, added, strict=True):
        yield {**original, **extra}
    yield from alone


def names(
    job: JobSpec, combination: Mapping[str, Value], contexts: Mapping[str, Value]
) -> tuple[str, ...]:
    """Return the names that a log may give this leg of ``job``, the likeliest first.

    A ``name:`` with an expression is rendered; otherwise the combination's values follow in
    brackets: all of them, or those of the matrix's own vectors only.
    """
    template = job.name or job.id
    if "${{" in template:
        rendered = render(template, {**contexts, "matrix": dict(combination)})
        return (rendered or job.id,)
    matrix = job.strategy.matrix if job.strategy else None
    vectors = {k: v for k, v in combination.items() if isinstance(matrix, dict) and k in matrix}
    candidates = (_with_values(template, combination), _with_values(template, vectors))
    return tuple(dict.fromkeys(candidates))


def display_name(
    job: JobSpec, combination: Mapping[str, Value], contexts: Mapping[str, Value] | None = None
) -> str:
    """Return the name of this leg of ``job`` as GitHub shows it."""
    return names(job, combination, contexts or {})[0]


def _with_values(name: str, combination: Mapping[str, Value]) -> str:
    values = [text for value in combination.values() for text in _leaves(value) if text]
    full = f"{name} ({', '.join(values)})" if values else name
    return full if len(full) <= _MAX_NAME else f"{full[: _MAX_NAME - 3]}..."


def _leaves(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield to_string(value)
