"""Read types as mypy and pyright print them, in messages and by ``reveal_type``.

Formats: ``builtins.list[builtins.str]``, ``Union[int, None]``, ``int | None``, ``Literal['a']?``,
``def (x: int, *, y: str =) -> None``, ``tuple[int, str, fallback=m.Point]``, ``type[m.C]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?P<token>\.\.\.|->|[\[\](),|=:*?]|[bru]?\"(?:[^\"\\]|\\.)*\"|[bru]?'(?:[^'\\]|\\.)*'"
    r"|<[^<>]*>|-?\d+|[A-Za-z_][\w.]*)"
)


@dataclass(frozen=True, slots=True)
class Type:
    """A type: a dotted name and its arguments.

    ``|`` names a union, ``[]`` a list of parameters, ``...`` itself; ``literal`` holds what a
    literal is, as written.
    """

    name: str
    arguments: tuple[Type, ...] = ()
    literal: str = ""


class _Unreadable(Exception):
    pass


def read_type(text: str) -> Type | None:
    """Return the type that ``text`` names; ``None`` when it is none that can be written down."""
    tokens: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tokens.append(match["token"])
        at = match.end()
    reader = _Reader(tokens)
    try:
        made = reader.union()
    except (_Unreadable, IndexError):
        return None
    return made if reader.at == len(tokens) else None


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    at: int = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        if self.next() != token:
            raise _Unreadable

    def union(self) -> Type:
        parts = [self.one()]
        while self.peek() == "|":
            self.next()
            parts.append(self.one())
        return _union(parts)

    def one(self) -> Type:
        token = self.next()
        if token == "def":
            return self.function()
        if token == "(":
            return self.arrow()
        if token == "...":
            return Type("...")
        if token == "[":
            return Type("[]", self.arguments())
        if token.startswith("<") or not re.match(r"[A-Za-z_]", token):
            raise _Unreadable
        made = Type(token)
        if self.peek() == "[":
            self.next()
            made = self.subscribed(token)
        while self.peek() in {"?", "*"}:
            mark = self.next()
            if mark == "?" and made.literal:
                made = Type(_literal_type(made.literal))
        return made

    def subscribed(self, name: str) -> Type:
        short = name.rsplit(".", 1)[-1]
        if short == "Literal":
            values: list[str] = []
            while (token := self.next()) != "]":
                values.append(token)
            return Type(name, literal="".join(f"{t} " if t == "," else t for t in values))
        arguments = self.arguments()
        fallback = next((a for a in arguments if a.name == "="), None)
        if fallback is not None:
            return fallback.arguments[0]
        if short == "Union":
            return _union(list(arguments))
        if short == "Optional":
            return _union([*arguments, Type("None")])
        return Type(name, arguments)

    def arguments(self) -> tuple[Type, ...]:
        """Read up to the closing bracket; ``fallback=x`` becomes a type named ``=``."""
        found: list[Type] = []
        while self.peek() != "]":
            if self.peek() == "fallback" and self.tokens[self.at + 1] == "=":
                self.at += 2
                found.append(Type("=", (self.union(),)))
            else:
                found.append(self.union())
            if self.peek() == ",":
                self.next()
        self.next()
        return tuple(found)

    def function(self) -> Type:
        """Read ``(x: int, y: str =) -> T``: only what a Callable can say."""
        self.expect("(")
        taken: list[Type] = []
        plain = True
        while self.peek() != ")":
            if self.peek() == "*":
                plain = False
                while self.peek() == "*":
                    self.next()
            if self.peek() in {",", ")"}:
                pass
            elif self.at + 1 < len(self.tokens) and self.tokens[self.at + 1] == ":":
                self.at += 2
                taken.append(self.union())
            else:
                taken.append(self.union())
            if self.peek() == "=":
                plain = False
                self.next()
            if self.peek() == ",":
                self.next()
        self.next()
        result = Type("None")
        if self.peek() == "->":
            self.next()
            result = self.union()
        parameters = Type("[]", tuple(taken)) if plain else Type("...")
        return Type("typing.Callable", (parameters, result))

    def arrow(self) -> Type:
        """Read pyright's ``(int) -> str``, or a union in parentheses."""
        self.at -= 1
        begin = self.at
        try:
            made = self.function()
            if self.tokens[self.at - 1] != ")":
                return made
        except (_Unreadable, IndexError):
            pass
        self.at = begin + 1
        inner = self.union()
        self.expect(")")
        return inner


def _union(parts: list[Type]) -> Type:
    flat: list[Type] = []
    for part in parts:
        flat += part.arguments if part.name == "|" else [part]
    unique = list(dict.fromkeys(flat))
    if {"builtins.bool", "bool"} & {u.name for u in unique}:
        unique = [u for u in unique if u.literal not in {"True", "False"}]
    return unique[0] if len(unique) == 1 else Type("|", tuple(unique))


def _literal_type(text: str) -> str:
    if text in {"True", "False"}:
        return "builtins.bool"
    if re.fullmatch(r"-?\d+", text):
        return "builtins.int"
    return "builtins.bytes" if text.startswith("b") else "builtins.str"
