"""The combination that a log's job name tells, where the matrix itself comes from another job.

``test (3.11, ubuntu-latest)`` tells all values of a matrix with two vectors; then the job that
makes the matrix need not be run.
"""

from __future__ import annotations

from collections.abc import Mapping

from regreen.jobs.expressions import Code, Index, Literal, Name, Value, parse, split, to_string
from regreen.jobs.expressions.errors import ExpressionError
from regreen.jobs.matrix import Combination
from regreen.jobs.workflow import JobSpec

_CUT = "..."
_WORDS: Mapping[str, Value] = {"true": True, "false": False}


def told(job: JobSpec, prefix: str, name: str) -> Combination | None:
    """Return the combination of ``job`` that a log calls ``name``; ``None`` where it tells less.

    ``prefix`` is the name of the calling jobs, if any.
    """
    matrix = job.strategy.matrix if job.strategy else None
    if not isinstance(matrix, dict) or "include" in matrix or name.endswith(_CUT):
        return None
    vectors = {key: vector for key, vector in matrix.items() if key != "exclude"}
    if any("${{" in key for key in vectors) or not name.startswith(prefix):
        return None
    own = name.removeprefix(prefix)
    template = job.name or job.id
    texts = (
        _of_template(template, own, vectors)
        if "${{" in template
        else _of_brackets(template, own, vectors)
    )
    return _values(vectors, texts) if texts else None


def given(job: JobSpec, wanted: Mapping[str, str]) -> Combination | None:
    """Return the combination that ``wanted`` names, if that is all of the matrix's vectors."""
    matrix = job.strategy.matrix if job.strategy else None
    if not isinstance(matrix, dict) or "include" in matrix:
        return None
    vectors = {key: vector for key, vector in matrix.items() if key != "exclude"}
    if set(vectors) != set(wanted):
        return None
    return _values(vectors, wanted)


def _of_brackets(base: str, name: str, vectors: Mapping[str, Value]) -> dict[str, str] | None:
    if not (name.startswith(f"{base} (") and name.endswith(")")):
        return None
    texts = name.removeprefix(f"{base} (").removesuffix(")").split(", ")
    return dict(zip(vectors, texts, strict=True)) if len(texts) == len(vectors) else None


def _of_template(template: str, name: str, vectors: Mapping[str, Value]) -> dict[str, str] | None:
    """Return what stands in ``name`` where ``template`` asks for a vector's value."""
    try:
        parts = split(template)
        keys = [_key(part) for part in parts if isinstance(part, Code)]
    except ExpressionError:
        return None
    if {key for key in keys if key} != set(vectors) or len(keys) != len(vectors):
        return None
    found: dict[str, str] = {}
    rest, waiting = name, ""
    for part in parts:
        if isinstance(part, Code):
            if waiting:
                return None
            waiting = _key(part)
        elif waiting:
            found[waiting], there, rest = rest.partition(part)
            if not there:
                return None
            waiting = ""
        elif rest.startswith(part):
            rest = rest.removeprefix(part)
        else:
            return None
    if waiting:
        found[waiting], rest = rest, ""
    return found if not rest else None


def _key(code: Code) -> str:
    """Return the vector that ``${{ matrix.<vector> }}`` asks for; nothing for other expressions."""
    tree = parse(code.text)
    if isinstance(tree, Index) and isinstance(tree.target, Name) and isinstance(tree.key, Literal):
        return to_string(tree.key.value) if tree.target.name.lower() == "matrix" else ""
    return ""


def _values(vectors: Mapping[str, Value], texts: Mapping[str, str]) -> Combination | None:
    """Return the values that are shown as ``texts``; ``None`` if a vector has no such value."""
    found: Combination = {}
    for key, vector in vectors.items():
        text = texts[key]
        if isinstance(vector, list) and not any(isinstance(v, str) and "${{" in v for v in vector):
            own = [value for value in vector if to_string(value) == text]
            if not own:
                return None
            found[key] = own[0]
        else:
            found[key] = _WORDS.get(text, text)
    return found
