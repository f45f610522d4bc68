"""Expressions of CI that could not be read, and what they were meant to say.

Two texts make the same claim when their words stand in the same order and the same operators stand
between them, however these were written. A name that GitHub does not know may become a near one.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass

from regreen.jobs.expressions import STATUS_NAMES

CONTEXTS = frozenset(
    [
        "github",
        "needs",
        "strategy",
        "matrix",
        "vars",
        "inputs",
        "secrets",
        "env",
        "job",
        "jobs",
        "runner",
        "steps",
    ]
)
_FUNCTIONS = frozenset(
    ["contains", "startswith", "endswith", "format", "join", "tojson", "fromjson", "hashfiles"]
) | {name.lower() for name in STATUS_NAMES}
"""Source: https://docs.github.com/actions/reference/workflows-and-actions/expressions"""

_NEAR = 0.6
_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|[\u2018\u2019\u201c\u201d][^\u2018\u2019\u201c\u201d]*"
    r"[\u2018\u2019\u201c\u201d]|\w+|[=!]==?|<>|[<>]=|=[<>]|[=<>!]|&+|\|+|[()\[\]*.]"
)
_OPERATORS = {
    "and": "&&",
    "&": "&&",
    "or": "||",
    "|": "||",
    "not": "!",
    "<>": "!=",
    "=": "==",
    "=>": ">=",
    "=<": "<=",
    "===": "==",
    "!==": "!=",
}
_VALUES = {"none": "null", "nil": "null", "undefined": "null"}
_METHOD = re.compile(r"[\w.*-]+\.(?:contains|startsWith|endsWith|includes)\(")
_IN = re.compile(r"(?P<what>'(?:[^']|'')*')\s+in\s+(?P<where>[\w.*-]+)")
_QUOTES = "'\"\u2018\u2019\u201c\u201d"


@dataclass(frozen=True, slots=True)
class _Claim:
    """An expression's words, each with what it must be to be known, and its operators."""

    words: tuple[tuple[str, frozenset[str]], ...]
    operators: tuple[str, ...]


def same_claim(old: str, new: str) -> bool:
    """Whether ``new`` claims what the unreadable ``old`` was meant to claim."""
    first, second = _claim(_IN.sub(r"contains(\g<where>, \g<what>)", old)), _claim(new)
    brackets = "()"
    if old.count("(") != old.count(")"):
        first, second = (_Claim(c.words, _without(c.operators, brackets)) for c in (first, second))
    if _METHOD.search(old):
        called = "includes", "contains"
        words = [
            Counter(called[1] if w == called[0] else w for w, _ in c.words) for c in (first, second)
        ]
        return words[0] == words[1] and Counter(first.operators) == Counter(second.operators)
    return (
        first.operators == second.operators
        and len(first.words) == len(second.words)
        and all(
            a == b or (known and a not in known and b in known and _near(a, b))
            for (a, known), (b, _) in zip(first.words, second.words, strict=True)
        )
    )


def _without(operators: tuple[str, ...], signs: str) -> tuple[str, ...]:
    return tuple(o for o in operators if o not in signs)


def _near(old: str, new: str) -> bool:
    return difflib.SequenceMatcher(None, old, new, False).ratio() >= _NEAR


def _claim(text: str) -> _Claim:
    words: list[tuple[str, frozenset[str]]] = []
    operators: list[str] = []
    found = [m[0] for m in _TOKEN.finditer(text.replace("${{", " ").replace("}}", " "))]
    for at, token in enumerate(found):
        plain = token.lower()
        after = found[at + 1] if at + 1 < len(found) else ""
        if token[0] in _QUOTES:
            words += [(w, frozenset()) for w in re.findall(r"\w+", token)]
        elif plain in _OPERATORS or not re.match(r"\w", token):
            if token not in ".[]":
                operators.append(_OPERATORS.get(plain, token))
        elif after == "(":
            words.append((plain, _FUNCTIONS))
        else:
            inside = at > 0 and found[at - 1] == "."
            is_name = after in {".", "["} and not inside
            name = plain if is_name or plain in {"true", "false"} else _VALUES.get(plain, token)
            words.append((name, CONTEXTS if is_name else frozenset()))
    return _Claim(tuple(words), tuple(operators))
