"""Brackets of a text that need not be Python yet: what is open, and what closes nothing."""

from __future__ import annotations

from dataclasses import dataclass

CLOSING = {"(": ")", "[": "]", "{": "}"}
_OPENING = {close: opened for opened, close in CLOSING.items()}
_PREFIXES = frozenset("rRbBuUfFtT")


@dataclass(frozen=True, slots=True)
class Bracket:
    """One bracket, by line and column from 0; ``wanted`` is what would close what is open."""

    sign: str
    line: int
    column: int
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Brackets:
    """Brackets that are never closed, the outermost first, and those that close nothing."""

    opened: tuple[Bracket, ...]
    unmatched: tuple[Bracket, ...]


def brackets(text: str) -> Brackets:
    """Return the brackets of ``text`` that have no partner; strings and comments are passed over.

    A statement's keyword at the beginning of a line that is indented no more than an open bracket's
    line ends the search: what is open there was forgotten.
    """
    stack: list[Bracket] = []
    unmatched: list[Bracket] = []
    at = line = column = 0
    while at < len(text):
        sign = text[at]
        if sign == "\n":
            line, column, at = line + 1, 0, at + 1
            continue
        step = 1
        if sign == "#":
            step = len(text[at:].partition("\n")[0])
        elif sign in "\"'":
            step = _string(text, at)
            rows = text.count("\n", at, at + step)
            if rows:
                line += rows
                column = at + step - text.rindex("\n", at, at + step) - 1
                at += step
                continue
        elif sign in CLOSING:
            stack.append(Bracket(sign, line, column))
        elif sign in _OPENING:
            if stack and stack[-1].sign == _OPENING[sign]:
                stack.pop()
            else:
                wanted = CLOSING[stack[-1].sign] if stack else ""
                unmatched.append(Bracket(sign, line, column, wanted))
        at, column = at + step, column + step
    return Brackets(tuple(stack), tuple(unmatched))


def _string(text: str, at: int) -> int:
    """Return how long the string is that begins at ``at``; one that is not closed ends the line."""
    quote = text[at]
    triple = text[at : at + 3] == quote * 3
    end = quote * 3 if triple else quote
    raw = at > 0 and text[at - 1] in "rR"
    place = at + len(end)
    while place < len(text):
        if text.startswith(end, place):
            return place + len(end) - at
        if text[place] == "\\" and not raw:
            place += 2
            continue
        if text[place] == "\n" and not triple:
            return place - at
        place += 1
    return len(text) - at
