"""How much review a proven patch asks for, and why: the severity, in a word and in a sentence."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence

from regreen.git import Tree
from regreen.model import Failure, Patch, Severity
from regreen.verify.guard import parsing
from regreen.verify.guard.kinds import Kind, kind_of

_ORDER: Sequence[Severity] = tuple(Severity)
_LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL})
_OBEYED = re.compile(
    r"#\s*(?:!|noqa|type:|pragma|pylint|nosec|nosemgrep|mypy|pyright|ruff|flake8|isort|fmt|yapf"
    r"|pytype|pyre|bandit|coding[:=]|.*coding[:=]|cython|doctest)",
    re.IGNORECASE,
)
"""Comments that a program reads."""
_DATA = (".yml", ".yaml", ".toml")


def review(
    before: Tree, after: Tree, failures: Sequence[Failure], patch: Patch, unvouched: str
) -> tuple[Severity, str]:
    """Return the severity of a change and why it is that.

    ``unvouched`` says why no test vouches for what the change means, where none does. A change of
    comments and white space is low, whatever failed; else it is the failure's severity, or the one
    that an idea asks for, whichever is higher.
    """
    paths = after.changed(before)
    if paths and all(is_layout(path, before.text(path), after.text(path)) for path in paths):
        return Severity.LOW, "only comments and white space change"
    worst = max(failures, key=lambda one: _ORDER.index(one.severity), default=None)
    own = worst.severity if worst is not None else Severity.LOW
    asked = max((own, patch.severity), key=_ORDER.index)
    if unvouched:
        return max((asked, Severity.HIGH), key=_ORDER.index), unvouched
    kinds = {kind_of(path, after.text(path) or "") for path in paths}
    head = _ONLY.get(next(iter(kinds)), "") if len(kinds) == 1 else ""
    if asked is not own or worst is None:
        return asked, f"{head}the change asks for more review than the failure does"
    return asked, f"{head}it is as severe as the failure that it mends ({worst.category})"


_ONLY = {
    Kind.WORKFLOW: "it changes the workflow and no code: ",
    Kind.PROSE: "it changes documents and no code: ",
}


def is_layout(path: str, old: str | None, new: str | None) -> bool:
    """Whether a file's change is one of comments and white space alone."""
    if old is None or new is None:
        return False
    if path.endswith((".py", ".pyi")):
        tokens = _tokens(old)
        return tokens is not None and tokens == _tokens(new)
    if _trimmed(old) == _trimmed(new):
        return True
    if not path.endswith(_DATA):
        return False
    data = parsing.data(path, old)
    return data is not None and data == parsing.data(path, new)


def _tokens(text: str) -> list[tuple[int, str]] | None:
    """Return what Python reads of a text; ``None`` where it cannot be taken apart."""
    try:
        found = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    if parsing.python(text) is None:
        return None
    named = (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE)
    return [
        (one.type, "" if one.type in named else one.string)
        for one in found
        if one.type not in _LAYOUT or _OBEYED.match(one.string)
    ]


def _trimmed(text: str) -> list[str]:
    """Return the lines without white space behind them, and without empty ones at the end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]
