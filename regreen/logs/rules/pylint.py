"""pylint, in its default, parseable, Visual Studio and annotated shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_TEXT = expression(
    r"^(?P<file>[^\s:][^:\n]*+):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?P<code>[CRWEFI]\d{4}): (?P<message>.*?)(?: \((?P<name>[\w-]+)\))?$",
    re.MULTILINE,
)
_PARSEABLE = expression(
    r"^(?P<file>[^\s:][^:\n]*+):(?P<line>\d+): "
    r"\[(?P<code>[CRWEFI]\d{4})(?:\([\w-]+\))?,[^\]\n]*\] (?P<message>.*)$",
    re.MULTILINE,
)
_VISUAL_STUDIO = expression(
    r"^(?P<file>[^\s:(][^:(\n]*+)\((?P<line>\d+)\): "
    r"\[(?P<code>[CRWEFI]\d{4})(?:\([\w-]+\))?[^\]\n]*\] (?P<message>.*)$",
    re.MULTILINE,
)
_WORDS = expression(
    r"^(?P<file>[^\s:][^:\n]*+):(?P<line>\d+):(?P<column>\d+): "
    r"(?:convention|refactor|warning|error|fatal): (?P<message>.*?) \((?P<code>[a-z][a-z-]+)\)$",
    re.MULTILINE,
)
_BARE = expression(r"^(?P<message>[A-Z].{3,300})$", re.MULTILINE)
_HINT = expression(r":\d+:(?:\d+:)? \[?[CRWEFI]\d{4}")
_VISUAL_STUDIO_HINT = expression(r"\): \[[CRWEFI]\d{4}")
_WORDS_HINT = expression(r":\d+: (?:convention|refactor|warning|error|fatal): ")
_RATED = expression(r"^Your code has been rated at .*$", re.MULTILINE)
_FAIL_UNDER = expression(r"--fail-under[= ](?P<least>-?\d+(?:\.\d+)?)")
_RATING = expression(r"has been rated at (?P<rating>-?\d+(?:\.\d+)?)/10")
_MODULE = expression(r"^\*{13} Module (?P<name>\S+)$", re.MULTILINE)
_BROKEN = frozenset({"E0001", "F0010", "syntax-error"})
_UNREADY = frozenset({"F0001", "F0002", "F0011", "E0011", "E0012", "E0013", "E0014", "E0015"})
"""Modules not found, pylint's own crash, and settings that it does not know."""


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    found = [
        (i, m)
        for i, _ in excerpt.grep(_HINT, _HINT)
        if (m := _TEXT.match(excerpt.lines[i]) or _PARSEABLE.match(excerpt.lines[i]))
    ]
    found += excerpt.grep(_VISUAL_STUDIO, _VISUAL_STUDIO_HINT)
    rated = tuple(i for i, _ in excerpt.grep(_RATED, "Your code has been rated"))
    if rated:
        found += excerpt.grep(_WORDS, _WORDS_HINT)
    hits = [(i, _made(m)) for i, m in found]
    if not hits and rated:
        hits = list(_annotated(excerpt, rated[-1]))
    unready = [hit for hit in hits if hit[1].code in _UNREADY]
    broken = [hit for hit in hits if hit[1].code in _BROKEN]
    style = [hit for hit in hits if hit[1].code not in _UNREADY | _BROKEN]
    if unready and not (broken or style):
        yield _finding(Category.CONFIGURATION_ERROR, unready, rated)
    if broken:
        yield _finding(Category.SYNTAX_ERROR, broken, rated)
    if style and not _allowed(excerpt):
        yield _finding(Category.LINTING_ERROR, style, rated)


def _allowed(excerpt: Excerpt) -> bool:
    """Whether the rating is one that the script's ``--fail-under`` lets pass."""
    asked = _FAIL_UNDER.search(excerpt.script or "")
    given = [float(m["rating"]) for _, m in excerpt.grep(_RATING, "has been rated at ")]
    if asked is None or not given or "--fail-on" in (excerpt.script or ""):
        return False
    return given[-1] >= float(asked["least"])


def _annotated(excerpt: Excerpt, last: int) -> Iterable[tuple[int, Diagnostic]]:
    """The messages below the module headings; an annotation's file and code are cut off."""
    for heading, _ in excerpt.grep(_MODULE, "************* Module "):
        for index in range(heading + 1, last):
            match = _BARE.match(excerpt.lines[index])
            if match is None:
                break
            yield index, diagnostic(None, None, match["message"])


def _finding(
    category: Category,
    hits: list[tuple[int, Diagnostic]],
    rated: tuple[int, ...],
) -> Finding:
    style = category is Category.LINTING_ERROR
    return Finding(
        "pylint",
        category,
        Weight.VERDICT,
        (*(i for i, _ in hits), *rated),
        unique(one for _, one in hits),
        AutoFixable.PARTIAL if style else AutoFixable.NO,
        Severity.MEDIUM if style else Severity.HIGH,
        0.97,
    )


def _made(match: re.Match[str]) -> Diagnostic:
    column = match.groupdict().get("column")
    return diagnostic(match["file"], match["code"], match["message"], match["line"], column)


RULES = (
    Rule(
        "pylint",
        (
            *(": C0", ": W0", ": R0", ": E0", ": E1", ": W1", ": R1", ": C2", ": F0", ": C3"),
            *("[C0", "[W0", "[R0", "[E0", "[E1", "[W1", "[R1", "[C2", "[F0", "[C3"),
            "Your code has been rated",
        ),
        _find,
        "a/b.py:112:0: C0303: Trailing whitespace (trailing-whitespace)",
        "a/b.py:112:0: E203 whitespace before ':'",
    ),
)
