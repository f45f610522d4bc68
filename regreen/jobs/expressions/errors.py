"""What can go wrong in an expression, worded and placed as GitHub does it."""

from __future__ import annotations

from enum import StrEnum

from regreen.errors import UsageError


class Stage(StrEnum):
    """Where an expression went wrong: its symbols, its grammar, or its evaluation."""

    LEXING = "lexing"
    PARSING = "parsing"
    EVALUATION = "evaluation"


class ExpressionError(UsageError):
    """An expression that GitHub would refuse.

    ``position`` is the 1-based place within the expression's text in UTF-16 units, as GitHub
    counts; ``None`` where the whole expression is meant.
    """

    def __init__(self, reason: str, stage: Stage, position: int | None = None) -> None:
        super().__init__(reason, "correct the expression in the workflow file")
        self.stage = stage
        self.position = position

    def __str__(self) -> str:
        return self.message


def located(what: str, symbol: str, offset: int, text: str, stage: Stage) -> ExpressionError:
    """Return the error ``what`` about ``symbol``, which stands at ``offset`` of ``text``."""
    position = len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2 + 1
    return ExpressionError(
        f"{what}: '{symbol}'. Located at position {position} within expression: {text}",
        stage,
        position,
    )
