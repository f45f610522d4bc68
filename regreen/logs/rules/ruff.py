"""ruff format: files to reformat; ruff check --diff: fixes to make."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Severity

_WOULD = re.compile(r"^Would reformat: (?P<file>.+)$", re.MULTILINE)
_FRAMED = re.compile(
    r"^unformatted: File would be reformatted\n *--> (?P<file>\S[^\n]*?)(?::\d+:\d+)?$",
    re.MULTILINE,
)
_FLAT = re.compile(
    r"^(?P<file>[^\s:][^:\n]*+):\d+:\d+: unformatted: File would be reformatted", re.MULTILINE
)
_DIFF = re.compile(r"^--- (?P<file>\S[^\t\n]*?)(?:\t.*)?\n\+\+\+ ", re.MULTILINE)
_WOULD_FIX = re.compile(r"^Would fix \d+ errors?(?:\(s\))?\.?(?: .*)?$")
_UNPARSABLE = re.compile(r"^error: Failed to format (?P<file>\S+?): (?P<message>.*syntax error.*)$")
_SUMMARY = re.compile(r"^\d+ files? would be reformatted\b.*$", re.MULTILINE)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    named: list[tuple[int, str | None]] = [
        (i, m["file"])
        for hits in (
            excerpt.grep(_WOULD, "Would reformat: "),
            excerpt.grep(_FLAT, "unformatted: File would"),
            excerpt.finditer(_FRAMED) if "unformatted: File would" in excerpt else (),
        )
        for i, m in hits
    ]
    summary = tuple(i for i, _ in excerpt.grep(_SUMMARY, " would be reformatted"))
    if not named and summary and (excerpt.script is None or excerpt.mentions("ruff")):
        named = [(i, m["file"]) for i, m in excerpt.finditer(_DIFF)]
    if not named and summary and (excerpt.mentions("ruff") or "`ruff format`" in excerpt):
        named = [(summary[-1], None)]
    if named:
        yield Finding(
            "ruff-format",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            (*(i for i, _ in named), *summary),
            unique(diagnostic(file, None, "would reformat") for _, file in named),
            AutoFixable.YES,
            Severity.LOW,
            0.99,
        )


def _find_diff(excerpt: Excerpt) -> Iterable[Finding]:
    would = tuple(i for i, _ in excerpt.grep(_WOULD_FIX, "Would fix "))
    files = [(i, m["file"]) for i, m in excerpt.finditer(_DIFF)]
    if would:
        yield Finding(
            "ruff",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            (*(i for i, _ in files), *would),
            unique(diagnostic(file, None, "would be fixed") for _, file in files),
            AutoFixable.YES,
            Severity.LOW,
            0.97,
        )


def _find_unparsable(excerpt: Excerpt) -> Iterable[Finding]:
    """``Failed to parse`` is read with ruff check's lines; older formatters said ``format``."""
    hits = list(excerpt.grep(_UNPARSABLE, "error: Failed to format "))
    if hits:
        yield Finding(
            "ruff-format",
            Category.SYNTAX_ERROR,
            Weight.VERDICT,
            tuple(i for i, _ in hits),
            unique(diagnostic(m["file"], "parse", m["message"]) for _, m in hits),
            severity=Severity.HIGH,
        )


RULES = (
    Rule(
        "ruff-format",
        ("Would reformat: ", "File would be reformatted", " would be reformatted"),
        _find,
        "Would reformat: src/a.py\n1 file would be reformatted, 3 files already formatted",
        "4 files already formatted",
    ),
    Rule(
        "ruff-diff",
        ("Would fix ",),
        _find_diff,
        "--- src/a.py\n+++ src/a.py\n@@ -1 +0,0 @@\n-import os\n\nWould fix 1 error.",
        "Would fix nothing",
    ),
    Rule(
        "ruff-format-parse",
        ("error: Failed to format ",),
        _find_unparsable,
        "error: Failed to format a.py: source contains syntax errors: ParseError",
        "error: Failed to format a.py: no such file",
    ),
)
