"""Text of an expression in, tokens out, by GitHub's lexical rules.

What a symbol is depends on the one before it: a dot begins a number where an operand may stand
and is a dereference elsewhere; a word after a dereference is a property, before ``(`` a function.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from regreen.jobs.expressions.errors import Stage, located
from regreen.jobs.expressions.values import Value, parse_number


class TokenKind(Enum):
    """What role a symbol plays."""

    LITERAL = auto()
    NAME = auto()
    FUNCTION = auto()
    PROPERTY = auto()
    OPERATOR = auto()
    DEREFERENCE = auto()
    WILDCARD = auto()
    SEPARATOR = auto()
    OPEN_GROUP = auto()
    OPEN_INDEX = auto()
    CLOSE_GROUP = auto()
    CLOSE_INDEX = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One symbol: its kind, its text, its 0-based offset, and the value of a literal."""

    kind: TokenKind
    raw: str
    offset: int
    value: Value = None


_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"==|!=|<=|>=|&&|\|\||[!<>]")
_NUMBER = re.compile(r"[^\s()\[\],!<>=&|]+")
_WORD = re.compile(r".[^\s()\[\],.!<>=&|]*", re.DOTALL)
_KEYWORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STRING = re.compile(r"'((?:[^']|'')*)'(?!')")
_BEFORE_CALL = re.compile(r"\s*\(")

_SINGLE = {
    "(": TokenKind.OPEN_GROUP,
    ")": TokenKind.CLOSE_GROUP,
    "[": TokenKind.OPEN_INDEX,
    "]": TokenKind.CLOSE_INDEX,
    ",": TokenKind.SEPARATOR,
    "*": TokenKind.WILDCARD,
}
_WORD_LITERALS: dict[str, Value] = {
    "null": None,
    "true": True,
    "false": False,
    "NaN": math.nan,
    "Infinity": math.inf,
}
_BEFORE_OPERAND = frozenset(
    {None, TokenKind.SEPARATOR, TokenKind.OPEN_GROUP, TokenKind.OPEN_INDEX, TokenKind.OPERATOR}
)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text``.

    Raises ``ExpressionError`` when it comes to a symbol that the language does not have.
    """
    previous: TokenKind | None = None
    offset = _skip(text, 0)
    while offset < len(text):
        token = _next(text, offset, previous)
        yield token
        previous = token.kind
        offset = _skip(text, offset + len(token.raw))


def _skip(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def _next(text: str, offset: int, previous: TokenKind | None) -> Token:
    character = text[offset]
    if character in _SINGLE:
        return Token(_SINGLE[character], character, offset)
    if match := _OPERATOR.match(text, offset):
        return Token(TokenKind.OPERATOR, match.group(), offset)
    if character == "'":
        return _string(text, offset)
    if character == "." and previous not in _BEFORE_OPERAND:
        return Token(TokenKind.DEREFERENCE, character, offset)
    if character in ".+-" or "0" <= character <= "9":
        return _number(text, offset)
    return _word(text, offset, previous)


def _string(text: str, offset: int) -> Token:
    match = _STRING.match(text, offset)
    if match is None:
        raise located("Unexpected symbol", text[offset:], offset, text, Stage.LEXING)
    return Token(TokenKind.LITERAL, match.group(), offset, match.group(1).replace("''", "'"))


def _number(text: str, offset: int) -> Token:
    match = _NUMBER.match(text, offset)
    raw = match.group() if match else text[offset]
    number = parse_number(raw)
    if math.isnan(number):
        raise located("Unexpected symbol", raw, offset, text, Stage.LEXING)
    return Token(TokenKind.LITERAL, raw, offset, number)


def _word(text: str, offset: int, previous: TokenKind | None) -> Token:
    match = _WORD.match(text, offset)
    raw = match.group() if match else text[offset]
    if not _KEYWORD.fullmatch(raw):
        raise located("Unexpected symbol", raw, offset, text, Stage.LEXING)
    if previous is TokenKind.DEREFERENCE:
        return Token(TokenKind.PROPERTY, raw, offset)
    if raw in _WORD_LITERALS:
        return Token(TokenKind.LITERAL, raw, offset, _WORD_LITERALS[raw])
    called = _BEFORE_CALL.match(text, offset + len(raw)) is not None
    return Token(TokenKind.FUNCTION if called else TokenKind.NAME, raw, offset)
