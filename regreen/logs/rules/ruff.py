"""ruff format: files to reformat; ruff check: fixes to make or made, JUnit and Azure shapes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_WOULD = expression(r"^Would reformat: (?P<file>.+)$", re.MULTILINE)
_FRAMED = expression(
    r"^unformatted: File would be reformatted\n *--> (?P<file>\S[^\n]*?)(?::\d+:\d+)?$",
    re.MULTILINE,
)
_FLAT = expression(
    r"^(?P<file>[^\s:][^:\n]*+):\d+:\d+: unformatted: File would be reformatted", re.MULTILINE
)
_DIFF = expression(r"^--- (?P<file>\S[^\t\n]*?)(?:\t.*)?\n\+\+\+ ", re.MULTILINE)
_WOULD_FIX = expression(r"^Would fix \d+ errors?(?:\(s\))?\.?(?: .*)?$")
_UNPARSABLE = expression(r"^error: Failed to format (?P<file>\S+?): (?P<message>.*syntax error.*)$")
_SUMMARY = expression(r"^\d+ files? would be reformatted\b.*$", re.MULTILINE)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    named: list[tuple[int, str | None]] = [
        (i, m["file"])
        for hits in (
            excerpt.grep(_WOULD, "Would reformat: "),
            excerpt.grep(_FLAT, "unformatted: File would"),
            excerpt.near(_FRAMED, "unformatted: File would"),
        )
        for i, m in hits
    ]
    summary = _summaries(excerpt)
    if not named and summary and (excerpt.script is None or excerpt.mentions("ruff")):
        named = [(i, m["file"]) for i, m in excerpt.near(_DIFF, "--- ")]
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


def _summaries(excerpt: Excerpt) -> tuple[int, ...]:
    return tuple(i for i, _ in excerpt.grep(_SUMMARY, " would be reformatted"))


def _find_diff(excerpt: Excerpt) -> Iterable[Finding]:
    would = tuple(i for i, _ in excerpt.grep(_WOULD_FIX, "Would fix "))
    files = [(i, m["file"]) for i, m in excerpt.near(_DIFF, "--- ")]
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
            (*(i for i, _ in hits), *_summaries(excerpt)),
            unique(diagnostic(m["file"], "parse", m["message"]) for _, m in hits),
            severity=Severity.HIGH,
        )


_FIXED = expression(r"^Found \d+ errors? \([1-9]\d* fixed, 0 remaining\)\.$")


def _find_fixed(excerpt: Excerpt) -> Iterable[Finding]:
    """``--fix`` mended all; that fails a step only with ``--exit-non-zero-on-fix``."""
    hits = tuple(i for i, _ in excerpt.grep(_FIXED, " fixed, 0 remaining)"))
    asked = excerpt.mentions("--exit-non-zero-on-fix")
    if hits and (asked or not excerpt.mentions("ruff")):
        yield Finding(
            "ruff",
            Category.LINTING_ERROR,
            Weight.VERDICT if asked else Weight.HINT,
            hits,
            (diagnostic(None, None, "errors were fixed"),),
            AutoFixable.YES,
            Severity.LOW,
            0.9 if asked else 0.5,
        )


_JUNIT = expression(
    r'<testcase name="org\.ruff\.(?P<code>[\w-]+)" classname="(?P<file>[^"\n]+)" '
    r'line="(?P<line>\d+)" column="(?P<column>\d+)">(?:\n(?![ \t]*<failure)[^\n]*){0,6}'
    r'\n?[ \t]*<failure message="(?P<message>[^"\n]*)"'
)
_AZURE = expression(
    r"##vso\[task\.logissue type=error;sourcepath=(?P<file>[^;\n]+);linenumber=(?P<line>\d+);"
    r"columnnumber=(?P<column>\d+);code=(?P<code>[\w-]+);\](?P<message>.*)$",
    re.MULTILINE,
)
_UNPARSED = ("invalid-syntax", "syntax-error", "E999")


def _find_flat(excerpt: Excerpt) -> Iterable[Finding]:
    """``--output-format`` junit and azure; syntax errors are a finding of their own."""
    found: list[tuple[int, Diagnostic]] = []
    for index, match in excerpt.near(_JUNIT, "org.ruff."):
        message = html.unescape(match["message"])
        found.append((index, _placed(match, f"{match['file']}.py", message)))
    for index, match in excerpt.grep(_AZURE, "##vso[task.logissue"):
        found.append((index, _placed(match, match["file"], match["message"])))
    for broken in (True, False):
        chosen = [(i, d) for i, d in found if (d.code in _UNPARSED) is broken]
        if chosen:
            yield Finding(
                "ruff",
                Category.SYNTAX_ERROR if broken else Category.LINTING_ERROR,
                Weight.VERDICT,
                (*(i for i, _ in chosen), found[-1][0]),
                unique(d for _, d in chosen),
                AutoFixable.NO if broken else AutoFixable.PARTIAL,
                confidence=0.97,
            )


def _placed(match: re.Match[str], file: str, message: str) -> Diagnostic:
    return diagnostic(file, match["code"], message, match["line"], match["column"])


RULES = (
    Rule(
        "ruff-format-parse",
        ("error: Failed to format ",),
        _find_unparsable,
        "error: Failed to format a.py: source contains syntax errors: ParseError",
        "error: Failed to format a.py: no such file",
    ),
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
        "ruff-junit",
        ("org.ruff.", "##vso[task.logissue"),
        _find_flat,
        '<testcase name="org.ruff.F401" classname="pkg/a" line="1" column="8">\n'
        '  <failure message="unused import">',
        '<testsuite name="org.ruff" failures="0">',
    ),
    Rule(
        "ruff-fixed",
        (" fixed, 0 remaining)",),
        _find_fixed,
        "Found 2 errors (2 fixed, 0 remaining).",
        "Found 2 errors (1 fixed, 1 remaining).",
    ),
)
