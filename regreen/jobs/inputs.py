"""The inputs of a manual start and of a call: declared types and defaults, given values.

Sources: GitHub's workflow syntax, ``on.workflow_dispatch.inputs`` and ``on.workflow_call.inputs``.
"""

from __future__ import annotations

from collections.abc import Mapping

from regreen.errors import UsageError
from regreen.jobs.expressions import Value, to_string
from regreen.jobs.expressions.values import find_key

_EMPTY: Mapping[str, Value] = {"boolean": False, "number": 0.0}
_BOOLEANS: Mapping[str, Value] = {"true": True, "false": False}


def of_dispatch(declared: Mapping[str, Value], texts: Mapping[str, str]) -> dict[str, Value]:
    """Return the ``inputs`` of a workflow that is started with ``texts``.

    What is not given has its default. Raises UsageError for an input that is not declared and for a
    value that does not fit its type.
    """
    for name in texts:
        if find_key(dict(declared), name) is None:
            known = ", ".join(declared) or "none"
            raise UsageError(
                f"there is no input {name!r}; the workflow's inputs are: {known}",
                "give one of them with --input NAME=VALUE",
            )
    found: dict[str, Value] = {}
    for name, about in declared.items():
        key = find_key(dict(texts), name)
        found[name] = _default(about) if key is None else _typed(name, about, texts[key])
    return found


def lacking(declared: Mapping[str, Value], texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the inputs that GitHub would ask for, and that nobody gave."""
    return tuple(
        name
        for name, about in declared.items()
        if isinstance(about, dict)
        and about.get("required") is True
        and about.get("default") is None
        and find_key(dict(texts), name) is None
    )


def as_texts(inputs: Mapping[str, Value]) -> dict[str, Value]:
    """Return inputs as an event's payload has them."""
    return {name: to_string(value) for name, value in inputs.items()}


def of_call(declared: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the ``inputs`` of a workflow that is called with ``values``.

    Raises ValueError with GitHub's words for what it refuses.
    """
    for name in values:
        if find_key(dict(declared), name) is None:
            raise ValueError(f"Invalid input, {name} is not defined in the referenced workflow.")
    found: dict[str, Value] = {}
    for name, about in declared.items():
        key = find_key(dict(values), name)
        if key is not None:
            found[name] = _coerced(_kind(about), values[key])
        elif isinstance(about, dict) and about.get("required") is True:
            raise ValueError(f"Input {name} is required, but not provided while calling.")
        else:
            found[name] = _default(about)
    return found


def _kind(about: Value) -> str:
    return to_string(about.get("type")) if isinstance(about, dict) else ""


def _default(about: Value) -> Value:
    fields = about if isinstance(about, dict) else {}
    kind, default = _kind(about), fields.get("default")
    options = fields.get("options")
    if default is not None:
        return _coerced(kind, default, strict=False)
    if kind == "choice" and isinstance(options, list) and options:
        return to_string(options[0])
    return _EMPTY.get(kind, "")


def _coerced(kind: str, value: Value, *, strict: bool = True) -> Value:
    """Return ``value`` as the declared type has it; as it is where it does not fit and may not."""
    if kind == "boolean":
        if not isinstance(value, bool) and strict:
            raise ValueError(f"Unexpected value '{to_string(value)}'")
        return _BOOLEANS.get(to_string(value).lower(), value)
    if kind == "number":
        number = _number(value)
        if number is None and strict:
            raise ValueError(f"Unexpected value '{to_string(value)}'")
        return value if number is None else number
    return to_string(value)


def _number(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None


def _typed(name: str, about: Value, text: str) -> Value:
    kind = _kind(about)
    if kind == "boolean" and text not in _BOOLEANS:
        raise UsageError(
            f"the input {name} is a boolean, not {text!r}", f"write --input {name}=true"
        )
    if kind == "number" and _number(text) is None:
        raise UsageError(f"the input {name} is a number, not {text!r}", f"write --input {name}=1")
    options = about.get("options") if isinstance(about, dict) else None
    if kind == "choice" and isinstance(options, list):
        known = [to_string(option) for option in options]
        if text not in known:
            words = f"the input {name} is one of: {', '.join(known)}"
            raise UsageError(words, f"write --input {name}={known[0]}")
    return _coerced(kind, text, strict=False)
