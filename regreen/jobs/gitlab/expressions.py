"""The expressions of ``rules: if``: variables, texts, ``null``, comparisons, patterns, and/or.

Source: https://docs.gitlab.com/ci/jobs/job_rules/ ("CI/CD variable expressions"). ``and`` and
``or`` give one of their sides, as in Ruby, where an empty text counts as true; only the value of
the whole expression has to be more than empty. Patterns are RE2's, as GitLab's are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import re2

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|\$(?P<variable>\w+)|"(?P<double>.*?)"|'(?P<single>.*?)'
    |(?P<pattern>/(?:[^/\\]|\\.)+/[ismU]*)|(?P<null>null)|(?P<operator>==|=~|!=|!~|&&|\|\|))""",
    re.VERBOSE | re.DOTALL,
)
_MOST_TOKENS = 100
_PRECEDENCE = {"||": 0, "&&": 1}
_COMPARISON = 2
_DEEPEST = 50
_WRONG = "invalid expression syntax"

Result = str | bool | None


class ExpressionFault(ValueError):
    """An expression that GitLab refuses; the words are its own."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression between slashes, as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, or ``null``."""

    value: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """Two sides and what is between them."""

    operator: str
    left: Expression
    right: Expression


Expression = Pattern | Variable | Literal | Operation
Token = tuple[str, str]


def holds(text: str, variables: Mapping[str, str]) -> bool:
    """Return whether the expression ``text`` is true. Raises ExpressionFault."""
    value = _value(parse(text), variables)
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def parse(text: str) -> Expression:
    """Return the tree of ``text``. Raises ExpressionFault."""
    tokens = _tokens(text)
    tree, at = _binary(tokens, 0, 0, 0)
    if at != len(tokens):
        raise ExpressionFault(_WRONG)
    return tree


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) >= _MOST_TOKENS:
            raise ExpressionFault(_WRONG)
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


def _binary(tokens: list[Token], at: int, least: int, depth: int) -> tuple[Expression, int]:
    """Read operators that bind at least as strongly as ``least``; all group to the left."""
    left, at = _single(tokens, at, depth)
    while at < len(tokens) and tokens[at][0] == "operator":
        operator = tokens[at][1]
        strength = _PRECEDENCE.get(operator, _COMPARISON)
        if strength < least:
            break
        right, at = _binary(tokens, at + 1, strength + 1, depth)
        if operator in ("=~", "!~") and isinstance(right, Literal | Operation):
            raise ExpressionFault(_WRONG)
        left = Operation(operator, left, right)
    return left, at


def _single(tokens: list[Token], at: int, depth: int) -> tuple[Expression, int]:
    if at >= len(tokens) or depth > _DEEPEST:
        raise ExpressionFault(_WRONG)
    kind, text = tokens[at]
    match kind:
        case "open":
            inner, at = _binary(tokens, at + 1, 0, depth + 1)
            if at >= len(tokens) or tokens[at][0] != "close":
                raise ExpressionFault(_WRONG)
            return inner, at + 1
        case "variable":
            return Variable(text), at + 1
        case "double" | "single":
            return Literal(text), at + 1
        case "null":
            return Literal(None), at + 1
        case "pattern":
            _compiled(text)
            return Pattern(text), at + 1
        case _:
            raise ExpressionFault(_WRONG)


def _value(tree: Expression, variables: Mapping[str, str]) -> Result:
    match tree:
        case Literal(value):
            return value
        case Variable(name):
            return variables.get(name)
        case Pattern(text):
            return text
        case Operation(operator, left, right):
            return _operation(operator, left, right, variables)


def _operation(
    operator: str, left: Expression, right: Expression, variables: Mapping[str, str]
) -> Result:
    one = _value(left, variables)
    if operator == "&&":
        return one if one is None or one is False else _value(right, variables)
    if operator == "||":
        return _value(right, variables) if one is None or one is False else one
    other = _value(right, variables)
    if operator in ("==", "!="):
        return (one == other) is (operator == "==")
    return _matches("" if one is None else str(one), other) is (operator == "=~")


def _matches(text: str, pattern: Result) -> bool:
    if not isinstance(pattern, str):
        return False
    try:
        return _compiled(pattern).search(text) is not None
    except ExpressionFault:
        return text in pattern  # a variable that holds no pattern


@cache
def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


def _compiled(text: str) -> re.Pattern[str]:
    """Return ``/pattern/flags`` compiled. Raises ExpressionFault when it is none."""
    begin, _, flags = text.rpartition("/")
    if not begin.startswith("/"):
        raise ExpressionFault("Invalid regular expression!")
    body = begin[1:].replace("\\/", "/")
    ruby = "".join("s" if flag == "m" else flag for flag in flags)
    try:
        found: re.Pattern[str] = re2.compile(f"(?{ruby}){body}" if ruby else body, _options())
    except re2.error as error:
        raise ExpressionFault("Invalid regular expression!") from error
    return found


def matches(pattern: str, text: str) -> bool:
    """Return whether ``pattern`` (``/…/flags``) is found in ``text``. Raises ExpressionFault."""
    return _compiled(pattern).search(text) is not None
