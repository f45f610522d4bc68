"""Black: files to reformat, and files that do not parse."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_WOULD = re.compile(r"^would reformat (?P<file>.+)$", re.MULTILINE)
_CANNOT = re.compile(r"^error: cannot format (?P<file>.+?): (?P<message>.*)$", re.MULTILINE)
_PARSE = re.compile(r"[Cc]annot parse|[Uu]nexpected EOF|IndentationError|unindent|invalid syntax")
_SUMMARY = re.compile(
    r"^(?:Oh no! .*|\d+ files? would (?:be|fail).*|\d+ files? reformatted.*)$", re.MULTILINE
)
_POSITION = re.compile(r"(?P<line>\d+):(?P<column>\d+)")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    summary = tuple(index for index, _ in excerpt.grep(_SUMMARY, "Oh no!", " file"))
    broken = [(i, m) for i, m in excerpt.grep(_CANNOT, "error: cannot format")]
    if broken:
        parse = all(_PARSE.search(m["message"]) for _, m in broken)
        yield Finding(
            "black",
            Category.SYNTAX_ERROR if parse else Category.LINTING_ERROR,
            Weight.VERDICT,
            (*(i for i, _ in broken), *summary),
            unique(_unparsable(m) for _, m in broken),
            AutoFixable.NO,
            Severity.HIGH,
            0.97,
        )
    would = [(i, m) for i, m in excerpt.grep(_WOULD, "would reformat ")]
    if would:
        yield Finding(
            "black",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            (*(i for i, _ in would), *summary),
            unique(diagnostic(m["file"], None, "would reformat") for _, m in would),
            AutoFixable.YES,
            Severity.LOW,
            0.99,
        )


def _unparsable(match: re.Match[str]) -> Diagnostic:
    at = _POSITION.search(match["message"])
    return diagnostic(
        match["file"],
        "parse",
        match["message"],
        at["line"] if at else None,
        at["column"] if at else None,
    )


RULES = (
    Rule(
        "black",
        ("would reformat ", "error: cannot format "),
        _find,
        "would reformat src/a.py\n\nOh no! \n1 file would be reformatted.",
        "All done!\n3 files would be left unchanged.",
    ),
)
