"""Tokens in, syntax tree out: operator precedence with two explicit stacks.

No recursion, so that any number of brackets parses; only the depth of the tree is limited, as
GitHub limits it (50), and the length of the text (21,000).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from regreen.jobs.expressions.errors import ExpressionError, Stage, located
from regreen.jobs.expressions.functions import Function
from regreen.jobs.expressions.lexer import Token, TokenKind, tokens
from regreen.jobs.expressions.nodes import Call, Index, Literal, Name, Node, Operation
from regreen.jobs.expressions.values import fold

MAX_DEPTH = 50
MAX_LENGTH = 21_000

_PRECEDENCE = {
    "!": 16, "<": 11, "<=": 11, ">": 11, ">=": 11, "==": 10, "!=": 10, "&&": 6, "||": 5
}  # fmt: skip


@dataclass(slots=True)
class _Open:
    """A bracket not yet closed, or an operator waiting for its right operand."""

    token: Token
    call: Token | None = None
    base: int = 0


@dataclass(slots=True)
class _Parser:
    text: str
    names: Collection[str] | None
    functions: Mapping[str, Function]
    operands: list[Node] = field(default_factory=list)
    pending: list[_Open] = field(default_factory=list)
    previous: Token | None = None

    def unexpected(self, token: Token) -> ExpressionError:
        return self.fault("Unexpected symbol", token)

    def fault(self, what: str, token: Token) -> ExpressionError:
        return located(what, token.raw, token.offset, self.text, Stage.PARSING)

    def run(self) -> Node:
        for token in tokens(self.text):
            self.take(token)
            self.previous = token
        if self.previous is None:
            raise ExpressionError("An expression was expected", Stage.PARSING)
        if self.wants_operand():
            raise self.fault("Unexpected end of expression", self.previous)
        self.reduce(0)
        if self.pending:
            raise self.fault("Unexpected end of expression", self.previous)
        return self.operands[0]

    def wants_operand(self) -> bool:
        """Return whether an operand must come next (also the name after a dot)."""
        return self.previous is None or self.previous.kind in {
            TokenKind.OPERATOR,
            TokenKind.SEPARATOR,
            TokenKind.OPEN_GROUP,
            TokenKind.OPEN_INDEX,
            TokenKind.FUNCTION,
            TokenKind.DEREFERENCE,
        }

    def take(self, token: Token) -> None:
        before = self.previous.kind if self.previous else None
        if before is TokenKind.DEREFERENCE:
            self.take_property(token)
        elif token.kind is TokenKind.WILDCARD:
            self.take_wildcard(token)
        elif self.star_is_open():
            self.take_end_of_star(token)
        elif self.wants_operand() and not self.closes_empty_call(token):
            self.take_operand(token)
        else:
            self.take_after_operand(token)

    def closes_empty_call(self, token: Token) -> bool:
        return (
            token.kind is TokenKind.CLOSE_GROUP
            and self.previous is not None
            and self.previous.kind is TokenKind.OPEN_GROUP
            and self.pending[-1].call is not None
        )

    def take_property(self, token: Token) -> None:
        if token.kind is TokenKind.WILDCARD:
            self.push_index(None)
        elif token.kind is TokenKind.PROPERTY:
            self.push_index(Literal(token.raw))
        else:
            raise self.unexpected(token)

    def take_wildcard(self, token: Token) -> None:
        if self.previous is None or self.previous.kind is not TokenKind.OPEN_INDEX:
            raise self.unexpected(token)

    def star_is_open(self) -> bool:
        """Return whether ``[*`` was read and its bracket still stands open."""
        if self.previous is None or self.previous.kind is not TokenKind.WILDCARD:
            return False
        opened = self.pending[-1] if self.pending else None
        return (
            opened is not None
            and opened.token.kind is TokenKind.OPEN_INDEX
            and opened.base == len(self.operands)
        )

    def take_end_of_star(self, token: Token) -> None:
        if token.kind is not TokenKind.CLOSE_INDEX:
            raise self.unexpected(token)
        self.pending.pop()
        self.push_index(None)

    def take_operand(self, token: Token) -> None:
        match token.kind:
            case TokenKind.LITERAL:
                self.operands.append(Literal(token.value))
            case TokenKind.NAME:
                self.operands.append(self.name(token))
            case TokenKind.FUNCTION:
                if token.raw.lower() not in self.functions:
                    raise self.fault("Unrecognized function", token)
            case TokenKind.OPEN_GROUP:
                called = self.previous if self.follows_function() else None
                self.pending.append(_Open(token, called, len(self.operands)))
            case TokenKind.OPERATOR if token.raw == "!":
                self.pending.append(_Open(token))
            case _:
                raise self.unexpected(token)

    def follows_function(self) -> bool:
        return self.previous is not None and self.previous.kind is TokenKind.FUNCTION

    def name(self, token: Token) -> Name:
        if self.names is not None and fold(token.raw) not in {fold(name) for name in self.names}:
            raise self.fault("Unrecognized named-value", token)
        return Name(token.raw)

    def take_after_operand(self, token: Token) -> None:
        match token.kind:
            case TokenKind.DEREFERENCE | TokenKind.OPEN_INDEX:
                if not self.can_be_indexed():
                    raise self.unexpected(token)
                if token.kind is TokenKind.OPEN_INDEX:
                    self.pending.append(_Open(token, base=len(self.operands)))
            case TokenKind.OPERATOR if token.raw != "!":
                self.reduce(_PRECEDENCE[token.raw])
                self.pending.append(_Open(token))
            case TokenKind.SEPARATOR | TokenKind.CLOSE_GROUP | TokenKind.CLOSE_INDEX:
                self.close(token)
            case _:
                raise self.unexpected(token)

    def can_be_indexed(self) -> bool:
        return self.previous is not None and self.previous.kind is not TokenKind.LITERAL

    def close(self, token: Token) -> None:
        self.reduce(0)
        opened = self.pending[-1] if self.pending else None
        wanted = (
            TokenKind.OPEN_INDEX if token.kind is TokenKind.CLOSE_INDEX else TokenKind.OPEN_GROUP
        )
        if opened is None or opened.token.kind is not wanted:
            raise self.unexpected(token)
        if token.kind is TokenKind.SEPARATOR:
            if opened.call is None:
                raise self.unexpected(token)
            return
        self.pending.pop()
        if opened.call is not None:
            self.finish_call(opened.call, opened.base)
        elif token.kind is TokenKind.CLOSE_INDEX:
            self.push_index(self.operands.pop())

    def finish_call(self, called: Token, base: int) -> None:
        arguments = tuple(self.operands[base:])
        del self.operands[base:]
        function = self.functions[called.raw.lower()]
        if len(arguments) < function.least:
            raise self.fault("Too few parameters supplied", called)
        if function.most is not None and len(arguments) > function.most:
            raise self.fault("Too many parameters supplied", called)
        if function.odd and len(arguments) % 2 == 0:
            what = "Even number of parameters supplied, requires an odd number of parameters"
            raise self.fault(what, called)
        self.operands.append(Call(called.raw.lower(), arguments, _above(*arguments)))

    def push_index(self, key: Node | None) -> None:
        target = self.operands.pop()
        depth = _above(target) if key is None else _above(target, key)
        self.operands.append(Index(target, key, depth))

    def reduce(self, precedence: int) -> None:
        """Build the operations that bind at least as tightly as ``precedence``."""
        while self.pending:
            token = self.pending[-1].token
            if token.kind is not TokenKind.OPERATOR or _PRECEDENCE[token.raw] < precedence:
                return
            self.pending.pop()
            right = self.operands.pop()
            if token.raw == "!":
                self.operands.append(Operation("!", (right,), _above(right)))
            else:
                self.operands.append(_binary(token.raw, self.operands.pop(), right))


def _above(*nodes: Node) -> int:
    return 1 + max((node.depth for node in nodes), default=0)


def _binary(operator: str, left: Node, right: Node) -> Operation:
    operands: tuple[Node, ...] = (left, right)
    if operator in {"&&", "||"} and isinstance(left, Operation) and left.operator == operator:
        operands = (*left.operands, right)
    return Operation(operator, operands, _above(*operands))


def parse(text: str, functions: Mapping[str, Function], names: Collection[str] | None) -> Node:
    """Return the tree of the expression ``text`` (without ``${{`` and ``}}``).

    ``names`` are the contexts that may be used (``None``: any). Raises ``ExpressionError``.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"Exceeded max expression length {MAX_LENGTH}", Stage.PARSING)
    tree = _Parser(text, names, functions).run()
    if tree.depth > MAX_DEPTH:
        raise ExpressionError(f"Exceeded max expression depth {MAX_DEPTH}", Stage.PARSING)
    return tree
