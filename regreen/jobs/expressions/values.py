"""The values of GitHub's expression language, and how it converts and compares them.

Formats follow the runner: numbers are doubles written with fifteen significant digits, text is
compared without regard to case by the upper-case form of each character, arrays and objects are
equal only to themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TypeAlias

Value: TypeAlias = "bool | float | str | list[Value] | dict[str, Value] | None"

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_OCTAL = re.compile(r"0o[0-7]+")
_WORDS = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
# The runner folds case by invariant rules, in which these two have no capital of another letter.
_KEEP_CASE = frozenset("\u0131\u017f")


class Filtered(list[Value]):
    """The array that a ``.*`` filter gives: a further index applies to each of its items."""


class CaseSensitive(dict[str, Value]):
    """An object whose keys keep their case apart, as the ``env`` context does on Linux."""


def kind(value: Value) -> str:
    """Return GitHub's name of the type of ``value``."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case int() | float():
            return "Number"
        case str():
            return "String"
        case list():
            return "Array"
        case _:
            return "Object"


def is_primitive(value: Value) -> bool:
    """Return whether ``value`` is neither an array nor an object."""
    return not isinstance(value, list | dict)


def truthy(value: Value) -> bool:
    """Return what ``value`` counts as in a condition."""
    match value:
        case None | False | "":
            return False
        case int() | float():
            return value != 0 and not math.isnan(value)
        case _:
            return True


def parse_number(text: str) -> float:
    """Return the number that ``text`` spells, 0 for blank text, NaN for anything else."""
    text = text.strip()
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if text in _WORDS:
        return _WORDS[text]
    if _HEXADECIMAL.fullmatch(text):
        return _int32(int(text[2:], 16))
    if _OCTAL.fullmatch(text):
        return _int32(int(text[2:], 8))
    return math.nan


def _int32(number: int) -> float:
    """Return ``number`` as the 32-bit two's complement integer that the runner reads it as."""
    if number > 0xFFFFFFFF:
        return math.nan
    return float(number - (1 << 32) if number > 0x7FFFFFFF else number)


def to_number(value: Value) -> float:
    """Return ``value`` as a number; arrays and objects are NaN."""
    match value:
        case None:
            return 0.0
        case bool() | int() | float():
            return float(value)
        case str():
            return parse_number(value)
        case _:
            return math.nan


def to_string(value: Value) -> str:
    """Return ``value`` as text; arrays and objects give the name of their type."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return format_number(float(value))
        case str():
            return value
        case _:
            return kind(value)


def format_number(number: float) -> str:
    """Return ``number`` with up to fifteen significant digits, without a negative zero."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    return f"{number:.15G}"


def fold(text: str) -> str:
    """Return ``text`` with each character in upper case where that is a single character."""
    if text.isascii():
        return text.upper()
    return "".join(_upper(character) for character in text)


def _upper(character: str) -> str:
    if character in _KEEP_CASE:
        return character
    upper = character.upper()
    return upper if len(upper) == 1 else character


def _ordinal(text: str) -> bytes:
    return fold(text).encode("utf-16-be", "surrogatepass")


def _coerce(left: Value, right: Value) -> tuple[Value, Value]:
    """Return both as the same kind where the language says so."""
    if kind(left) == kind(right):
        return left, right
    if not (is_primitive(left) and is_primitive(right)):
        return left, right
    return to_number(left), to_number(right)


def equal(left: Value, right: Value) -> bool:
    """Return ``left == right`` as the language has it."""
    left, right = _coerce(left, right)
    if kind(left) != kind(right):
        return False
    if isinstance(left, str) and isinstance(right, str):
        return fold(left) == fold(right)
    if is_primitive(left):
        return left == right
    return left is right


def greater(left: Value, right: Value) -> bool:
    """Return ``left > right`` as the language has it; arrays and objects have no order."""
    left, right = _coerce(left, right)
    match left, right:
        case str(), str():
            return _ordinal(left) > _ordinal(right)
        case bool() | int() | float(), bool() | int() | float():
            return left > right
        case _:
            return False


def find_key(mapping: dict[str, Value], key: str) -> str | None:
    """Return the key of ``mapping`` that ``key`` means, or ``None``."""
    if key in mapping:
        return key
    if isinstance(mapping, CaseSensitive):
        return None
    folded = fold(key)
    return next((name for name in mapping if fold(name) == folded), None)


def _lookup(target: Value, key: Value) -> Iterator[Value]:
    """Yield the one item of ``target`` at ``key``, or nothing."""
    if isinstance(target, dict):
        name = find_key(target, to_string(key)) if is_primitive(key) else None
        if name is not None:
            yield target[name]
    elif isinstance(target, list):
        number = to_number(key)
        if 0 <= number < len(target):
            yield target[int(number)]


def index(target: Value, key: Value) -> Value:
    """Return ``target[key]``: ``None`` when absent; each item's, for a filtered array."""
    if isinstance(target, Filtered):
        return Filtered(found for item in target for found in _lookup(item, key))
    return next(_lookup(target, key), None)


def star(target: Value) -> Filtered:
    """Return ``target.*``: the items of an array or object, one level deeper when filtered."""
    if isinstance(target, Filtered):
        return Filtered(found for item in target for found in _items(item))
    return Filtered(_items(target))


def _items(target: Value) -> Iterator[Value]:
    if isinstance(target, dict):
        yield from target.values()
    elif isinstance(target, list):
        yield from target
