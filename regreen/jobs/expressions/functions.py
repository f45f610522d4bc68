"""The functions of the expression language.

``case``, ``&&`` and ``||`` decide what is evaluated at all, so ``case`` is known here by its
number of arguments only and evaluated with the tree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from regreen.jobs.expressions.errors import ExpressionError, Stage
from regreen.jobs.expressions.values import (
    Value,
    equal,
    fold,
    is_primitive,
    to_string,
)

MAX_TEXT = 8 * 1024 * 1024
# The runner's JSON writer escapes these three beside the control characters.
_LINE_ENDS = {ord(one): f"\\u{ord(one):04x}" for one in "\u0085\u2028\u2029"}
_MOST = 255

Implementation: TypeAlias = Callable[[Sequence[Value]], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the least and most (``None``: any number) arguments, and what it does."""

    least: int
    most: int | None
    call: Implementation
    odd: bool = False


class Status(StrEnum):
    """How the job, or what a job needs, stands when a condition is asked."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"


def failed(reason: str) -> ExpressionError:
    """Return the error of an evaluation."""
    return ExpressionError(reason, Stage.EVALUATION)


def bounded(text: str) -> str:
    """Return ``text``; raises ``ExpressionError`` when it is larger than a workflow may make it."""
    _check_size(len(text))
    return text


def _check_size(size: int) -> None:
    if size > MAX_TEXT:
        raise failed("The maximum allowed memory size was exceeded")


def _contains(arguments: Sequence[Value]) -> Value:
    where, what = arguments
    if isinstance(where, list):
        return any(equal(item, what) for item in where)
    if is_primitive(where) and is_primitive(what):
        return fold(to_string(what)) in fold(to_string(where))
    return False


def _starts_with(arguments: Sequence[Value]) -> Value:
    text, start = arguments
    primitive = is_primitive(text) and is_primitive(start)
    return primitive and fold(to_string(text)).startswith(fold(to_string(start)))


def _ends_with(arguments: Sequence[Value]) -> Value:
    text, end = arguments
    primitive = is_primitive(text) and is_primitive(end)
    return primitive and fold(to_string(text)).endswith(fold(to_string(end)))


def _join(arguments: Sequence[Value]) -> Value:
    items, separator = arguments[0], ","
    if len(arguments) > 1 and is_primitive(arguments[1]):
        separator = to_string(arguments[1])
    if isinstance(items, list):
        texts = [to_string(item) for item in items]
        _check_size(sum(map(len, texts)) + len(separator) * len(texts))
        return separator.join(texts)
    return to_string(items) if is_primitive(items) else ""


def _format(arguments: Sequence[Value]) -> Value:
    pattern, values = to_string(arguments[0]), arguments[1:]
    parts: list[str] = []
    size, at = 0, 0
    while at < len(pattern):
        piece, at = _format_piece(pattern, at, values)
        parts.append(piece)
        size += len(piece)
        _check_size(size)
    return "".join(parts)


def _format_piece(pattern: str, at: int, values: Sequence[Value]) -> tuple[str, int]:
    """Return what stands at ``at`` of ``pattern`` and where the next piece begins."""
    invalid = f"The following format string is invalid: {pattern}"
    if pattern[at] == "{":
        if pattern.startswith("{{", at):
            return "{", at + 2
        end = pattern.find("}", at)
        number = pattern[at + 1 : end] if end > 0 else ""
        if not (number.isascii() and number.isdigit()) or len(number) > 3:
            raise failed(invalid)
        if int(number) >= len(values):
            raise failed(
                "The following format string references more arguments than were supplied: "
                + pattern
            )
        return to_string(values[int(number)]), end + 1
    if pattern[at] == "}":
        if not pattern.startswith("}}", at):
            raise failed(invalid)
        return "}", at + 2
    end = min((i for i in (pattern.find("{", at), pattern.find("}", at)) if i >= 0), default=-1)
    end = len(pattern) if end < 0 else end
    return pattern[at:end], end


def _to_json(arguments: Sequence[Value]) -> Value:
    parts: list[str] = []
    try:
        _write_json(arguments[0], "", parts)
    except RecursionError as error:
        raise failed("Error in toJson: nested too deeply") from error
    return bounded("".join(parts))


def _write_json(value: Value, margin: str, parts: list[str]) -> None:
    inner = margin + "  "
    match value:
        case dict() | list() if not value:
            parts.append("{}" if isinstance(value, dict) else "[]")
        case dict():
            for number, (key, item) in enumerate(value.items()):
                parts.append(f"{',' if number else '{'}\n{inner}{_json_string(key)}: ")
                _write_json(item, inner, parts)
            parts.append(f"\n{margin}}}")
        case list():
            for number, item in enumerate(value):
                parts.append(f"{',' if number else '['}\n{inner}")
                _write_json(item, inner, parts)
            parts.append(f"\n{margin}]")
        case str():
            parts.append(_json_string(value))
        case None:
            parts.append("null")
        case _:
            parts.append(to_string(value))


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_LINE_ENDS)


def _no_duplicates(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    """Return an object in which a later key replaces an earlier one that differs in case only."""
    result: dict[str, Value] = {}
    spelled: dict[str, str] = {}
    for key, value in pairs:
        earlier = spelled.setdefault(fold(key), key)
        if earlier != key:
            del result[earlier]
            spelled[fold(key)] = key
        result[key] = value
    return result


def _from_json(arguments: Sequence[Value]) -> Value:
    text = to_string(arguments[0])
    try:
        parsed: Value = json.loads(text, parse_int=float, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, position {error.colno}"
        raise failed(f"Error parsing fromJson: {error.msg} at {where}") from error
    except RecursionError as error:
        raise failed("Error parsing fromJson: nested too deeply") from error
    return parsed


def _lazy(arguments: Sequence[Value]) -> Value:
    raise AssertionError("case is evaluated with the tree")


BUILT_IN: Mapping[str, Function] = MappingProxyType(
    {
        "contains": Function(2, 2, _contains),
        "startswith": Function(2, 2, _starts_with),
        "endswith": Function(2, 2, _ends_with),
        "format": Function(1, _MOST, _format),
        "join": Function(1, 2, _join),
        "tojson": Function(1, 1, _to_json),
        "fromjson": Function(1, 1, _from_json),
        "case": Function(3, _MOST, _lazy, odd=True),
    }
)

STATUS_NAMES = frozenset({"success", "failure", "cancelled", "always"})


def status_functions(status: Status) -> dict[str, Function]:
    """Return ``success``, ``failure``, ``cancelled`` and ``always`` for a job in ``status``."""
    answers = {
        "success": status is Status.SUCCESS,
        "failure": status is Status.FAILURE,
        "cancelled": status is Status.CANCELLED,
        "always": True,
    }
    return {name: Function(0, 0, _constant(answer)) for name, answer in answers.items()}


def _constant(answer: bool) -> Implementation:
    return lambda _arguments: answer


def hash_files_function(hash_files: Callable[[Sequence[str]], str]) -> dict[str, Function]:
    """Return ``hashFiles``, answered by ``hash_files`` from its patterns."""

    def call(arguments: Sequence[Value]) -> Value:
        return hash_files([to_string(argument) for argument in arguments])

    return {"hashfiles": Function(1, _MOST, call)}
