"""pylint, in its default, parseable and JSON shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_TEXT = re.compile(
    r"^(?P<file>[^\s:][^:\n]*+):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<code>[CRWEFI]\d{4}): (?P<message>.*?)(?: \((?P<name>[\w-]+)\))?$",
    re.MULTILINE,
)
_PARSEABLE = re.compile(
    r"^(?P<file>[^\s:][^:\n]*+):(?P<line>\d+): "
    r"\[(?P<code>[CRWEFI]\d{4})(?:\([\w-]+\))?,[^\]\n]*\] (?P<message>.*)$",
    re.MULTILINE,
)
_HINT = re.compile(r":\d+:(?:\d+:)? \[?[CRWEFI]\d{4}")
_RATED = re.compile(r"^Your code has been rated at .*$", re.MULTILINE)
_BROKEN = ("E0001", "F0010")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    hits = [(i, m) for e in (_TEXT, _PARSEABLE) for i, m in excerpt.grep(e, _HINT)]
    if not hits:
        return
    rated = tuple(i for i, _ in excerpt.grep(_RATED, "Your code has been rated"))
    for category in (Category.SYNTAX_ERROR, Category.LINTING_ERROR):
        broken = category is Category.SYNTAX_ERROR
        chosen = [(i, m) for i, m in hits if (m["code"] in _BROKEN) is broken]
        if chosen:
            yield Finding(
                "pylint",
                category,
                Weight.VERDICT,
                (*(i for i, _ in chosen), *rated),
                unique(_made(m) for _, m in chosen),
                AutoFixable.NO if broken else AutoFixable.PARTIAL,
                Severity.HIGH if broken else Severity.MEDIUM,
                0.97,
            )


def _made(match: re.Match[str]) -> Diagnostic:
    column = match.groupdict().get("column")
    return diagnostic(match["file"], match["code"], match["message"], match["line"], column)


RULES = (
    Rule(
        "pylint",
        ("C0", "W0", "R0", "E0", "E1", "W1", "R1", "C2", "F0", "W3", "C3", "I0"),
        _find,
        "a/b.py:112:0: C0303: Trailing whitespace (trailing-whitespace)",
        "a/b.py:112:0: E203 whitespace before ':'",
    ),
)
