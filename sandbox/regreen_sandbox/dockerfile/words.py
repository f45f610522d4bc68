"""The words of a Dockerfile's instructions: quotes, variables, pairs, lists.

Format: Docker's "Dockerfile reference", "Environment replacement", and the exec form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import re2

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOW = re.compile(r":?[-+?]|##?|%%?|//?|}")
_DEEPEST = 20
_OPTIONS = re2.Options()  # in time proportional to the text, whatever the pattern
_OPTIONS.log_errors = False
_OPTIONS.dot_nl = True


_LONGEST_CUT = 10_000
"""Characters of a value of which a beginning or end is looked for: each is tried."""


class WordError(ValueError):
    """Words that Docker refuses, with its reason."""


def json_form(text: str) -> tuple[str, ...] | None:
    """Return the list of the exec form, ``None`` when it is the shell form."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        return None
    return tuple(found)


def words(text: str, values: Mapping[str, str], escape: str) -> tuple[str, ...]:
    """Return the words with variables replaced and quotes taken away. Raises `WordError`."""
    return tuple(_Scanner(text, values, escape).all())


def word(text: str, values: Mapping[str, str], escape: str) -> str:
    """Return the text as one word, whatever spaces it has. Raises `WordError`."""
    return _Scanner(text.strip(), values, escape).until(lambda _: False)


def expanded(text: str, values: Mapping[str, str], escape: str) -> str:
    """Return a here-document with variables replaced, its quotes as they are."""
    return _Scanner(text, values, escape, quotes=False).until(lambda _: False)


def pairs(text: str, values: Mapping[str, str], escape: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of ENV and LABEL, also in the old form ``NAME all the rest``."""
    first = re.match(r"\S+", text.strip())
    if first and "=" not in first[0]:
        name, rest = first[0], text.strip()[first.end() :].strip()
        if not rest:
            raise WordError(f"{name} must have a value")
        return ((word(name, values, escape), word(rest, values, escape)),)
    found = []
    for one in words(text, values, escape):
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise WordError(f"{one!r} is not of the form name=value")
        found.append((name, value))
    return tuple(found)


def _trimmed(value: str, how: str, pattern: str) -> str:
    """Return ``value`` less what fits at its beginning or end, or with that replaced."""
    if how[0] == "/":
        pattern, _, other = pattern.partition("/")
        fitting = re2.compile(_glob(pattern), _OPTIONS)
        return str(fitting.sub(lambda _: other, value, count=0 if how == "//" else 1))
    if len(value) > _LONGEST_CUT:
        raise WordError("too long a value to cut")
    cuts = range(len(value) + 1)
    fitting = re2.compile(_glob(pattern), _OPTIONS)
    if how[0] == "#":
        found = [cut for cut in cuts if fitting.fullmatch(value[:cut])]
        return value[(max if how == "##" else min)(found, default=0) :]
    found = [cut for cut in cuts if fitting.fullmatch(value[cut:])]
    return value[: (min if how == "%%" else max)(found, default=len(value))]


def _glob(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


@dataclass(slots=True)
class _Scanner:
    text: str
    values: Mapping[str, str]
    escape: str
    quotes: bool = True
    at: int = 0
    depth: int = 0

    def all(self) -> list[str]:
        found: list[str] = []
        while True:
            while self.at < len(self.text) and self.text[self.at].isspace():
                self.at += 1
            if self.at >= len(self.text):
                return found
            found.append(self.until(str.isspace))

    def until(self, ends: Callable[[str], bool]) -> str:
        """Read up to a character that ends it, or the end."""
        out = []
        while self.at < len(self.text) and not ends(char := self.text[self.at]):
            if char == "'" and self.quotes:
                out.append(self._single())
            elif char == '"' and self.quotes:
                out.append(self._double())
            elif char == "$":
                out.append(self._variable())
            elif char == self.escape:
                out.append(self._escaped(quoted=not self.quotes))
            else:
                out.append(char)
                self.at += 1
        return "".join(out)

    def _single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise WordError("unexpected end of statement while looking for matching single-quote")
        found = self.text[self.at + 1 : end]
        self.at = end + 1
        return found

    def _double(self) -> str:
        self.at += 1
        out: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return "".join(out)
            if char == "$":
                out.append(self._variable())
            elif char == self.escape:
                out.append(self._escaped(quoted=True))
            else:
                out.append(char)
                self.at += 1
        raise WordError("unexpected end of statement while looking for matching double-quote")

    def _escaped(self, *, quoted: bool) -> str:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if quoted and following not in ('"', "$", self.escape):
            return self.escape + following
        return following

    def _variable(self) -> str:
        self.at += 1
        if self.text[self.at : self.at + 1] != "{":
            found = _NAME.match(self.text, self.at)
            if not found:
                return "$"
            self.at = found.end()
            return self.values.get(found[0], "")
        found = _NAME.match(self.text, self.at + 1)
        if not found:
            raise WordError("unsupported modifier in substitution")
        self.at = found.end()
        how = _HOW.match(self.text, self.at)
        if not how:
            raise WordError(f"unsupported modifier in substitution of {found[0]}")
        self.at = how.end()
        value = self.values.get(found[0])
        return (value or "") if how[0] == "}" else self._modified(found[0], value, how[0])

    def _modified(self, name: str, value: str | None, how: str) -> str:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise WordError("too deep a substitution")
        other = self.until(lambda char: char == "}")
        self.depth -= 1
        if self.text[self.at : self.at + 1] != "}":
            raise WordError("syntax error: missing '}'")
        self.at += 1
        if how[0] in "#%/":
            return _trimmed(value or "", how, other)
        there = bool(value) if how[0] == ":" else value is not None
        match how[-1]:
            case "-":
                return value or "" if there else other
            case "+":
                return other if there else ""
            case _:
                if not there:
                    raise WordError(f"{name}: {other or 'not allowed to be unset'}")
                return value or ""
