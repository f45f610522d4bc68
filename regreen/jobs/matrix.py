"""A matrix in, its combinations out, as GitHub combines them; and the names of jobs in logs.

Source: GitHub's workflow syntax, ``jobs.<job_id>.strategy.matrix`` and ``jobs.<job_id>.name``, and
its runner's own MatrixBuilder and JobNameBuilder.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from regreen.errors import UsageError
from regreen.jobs.expressions import Value, equal, render, to_string
from regreen.jobs.expressions.values import find_key
from regreen.jobs.workflow import JobSpec

Combination: TypeAlias = dict[str, Value]

MAX_COMBINATIONS = 256
_MAX_NAME = 100
_FIX = "correct strategy.matrix in the workflow file"


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination; ``named`` is the part of it that the job's name shows.

    What an ``include`` entry adds to a combination of the vectors is not part of the name.
    """

    values: Combination
    named: Combination


def expand(matrix: Value) -> tuple[Combination, ...]:
    """Return the combinations of ``matrix`` as `variants` does."""
    return tuple(variant.values for variant in variants(matrix))


def variants(matrix: Value) -> tuple[Variant, ...]:
    """Return the combinations of ``matrix`` in GitHub's order.

    One empty one when it is ``None``, or when every combination is excluded. Expressions in it must
    be resolved. Raises ``UsageError`` for what is no matrix.
    """
    if matrix is None:
        return (Variant({}, {}),)
    if not isinstance(matrix, dict):
        raise UsageError(f"the matrix is {_kind(matrix)}, not a mapping", _FIX)
    vectors = {name: v for name, v in matrix.items() if name not in {"include", "exclude"}}
    excluded, included = _entries(matrix, "exclude"), _entries(matrix, "include")
    if not vectors and not included:
        raise UsageError("Matrix must define at least one vector", _FIX)
    for key in itertools.chain.from_iterable(excluded):
        if find_key(vectors, key) is None:
            words = f"Matrix exclude key '{key}' does not match any key within the matrix"
            raise UsageError(words, _FIX)
    originals = [
        combination
        for combination in _product(vectors)
        if not any(_matches(combination, entry) for entry in excluded)
    ]
    found = tuple(_include(originals, included, vectors)) or (Variant({}, {}),)
    if len(found) > MAX_COMBINATIONS:
        raise UsageError(f"the matrix has more than {MAX_COMBINATIONS} combinations", _FIX)
    return found


def _kind(value: Value) -> str:
    return "a sequence" if isinstance(value, list) else f"'{to_string(value)}'"


def _entries(matrix: Combination, name: str) -> list[Combination]:
    entries = matrix.get(name) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"the matrix's {name} is not a list of mappings", _FIX)
    if {} in entries:
        raise UsageError(f"an entry of the matrix's {name} does not contain any values", _FIX)
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
    """Return whether each leaf of ``pattern`` is ``==`` what ``value`` has there, or null."""
    if isinstance(pattern, dict):
        return all(_matches(_item(value, key), wanted) for key, wanted in pattern.items())
    if isinstance(pattern, list):
        items = value if isinstance(value, list) else []
        padded = itertools.chain(items, itertools.repeat(None))
        return all(_matches(item, wanted) for wanted, item in zip(pattern, padded, strict=False))
    return equal(value, pattern)


def _item(value: Value, key: str) -> Value:
    name = find_key(value, key) if isinstance(value, dict) else None
    return value[name] if isinstance(value, dict) and name is not None else None


def _include(
    originals: list[Combination], entries: list[Combination], vectors: Combination
) -> Iterator[Variant]:
    """Yield each original with what the entries add to it, then the entries that fit none."""
    added: list[Combination] = [{} for _ in originals]
    alone: list[Combination] = []
    for entry in entries:
        shared = {k: v for k, v in entry.items() if find_key(vectors, k) is not None}
        more = {k: v for k, v in entry.items() if k not in shared}
        fitted = False
        for original, extra in zip(originals, added, strict=True):
            if _matches(original, shared):
                extra.update(more)
                fitted = True
        if not fitted:
            alone.append({**shared, **more})
    for original, extra in zip(originals, added, strict=True):
        yield Variant({**original, **extra}, original)
    for entry in alone:
        yield Variant(entry, entry)


def names(
    job: JobSpec,
    combination: Mapping[str, Value],
    contexts: Mapping[str, Value],
    named: Mapping[str, Value] | None = None,
) -> tuple[str, ...]:
    """Return the names that a log may give this leg of ``job``, GitHub's own first.

    A ``name:`` with an expression is rendered; otherwise values follow in brackets: those of
    ``named`` (``None``: of the whole combination).
    """
    template = job.name or job.id
    shown = combination if named is None else named
    plain = job.id if "${{" in template else template
    candidates = (_with_values(plain, shown), _with_values(plain, combination))
    if "${{" in template:
        rendered = render(template, {**contexts, "matrix": dict(combination)})
        return (rendered or candidates[0],)
    return tuple(dict.fromkeys(candidates))


def _with_values(name: str, combination: Mapping[str, Value]) -> str:
    values = [text for value in combination.values() for text in _leaves(value) if text]
    full = f"{name} ({', '.join(values)})" if values else name
    units = full.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * _MAX_NAME:
        return full
    return f"{units[: 2 * (_MAX_NAME - 3)].decode('utf-16-le', 'ignore')}..."


def _leaves(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield to_string(value)
