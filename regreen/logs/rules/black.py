"""Black, blue and darker: files to reformat, files that do not parse, settings that do not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_WOULD = expression(r"^would reformat (?P<file>.+)$", re.MULTILINE)
_CANNOT = expression(r"^error: cannot format (?P<file>.+?): (?P<message>.*)$", re.MULTILINE)
_CANNOT_PARSE = expression(
    r"^error: (?P<message>cannot parse): (?P<file>.+?):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE
)
_DIFF = expression(
    r"^--- (?P<file>\S.*?)\t\d{4}-\d\d-\d\d [\d:]{8}\.\d{6} ?\+0[^\n]*\n\+\+\+ [^\n]*\t\d{4}-",
    re.MULTILINE,
)
_PARSE = expression(r"[Cc]annot parse|[Uu]nexpected EOF|IndentationError|unindent|invalid syntax")
_SUMMARY = expression(
    r"^(?:Oh no! .*|\d+ files? would (?:be|fail).*|\d+ files? reformatted.*)$", re.MULTILINE
)
_POSITION = expression(r"(?P<line>\d+):(?P<column>\d+)")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    tool = next((name for name in ("blue", "darker") if excerpt.mentions(name)), "black")
    summary = tuple(index for index, _ in excerpt.grep(_SUMMARY, "Oh no!", " file"))
    broken: list[tuple[int, Diagnostic]] = []
    crashed: list[tuple[int, Diagnostic]] = []
    for index, match in excerpt.grep(_CANNOT, "error: cannot format"):
        parse = _PARSE.search(match["message"]) is not None
        (broken if parse else crashed).append((index, _unparsable(match, parse)))
    for index, match in excerpt.grep(_CANNOT_PARSE, "error: cannot parse: "):
        place = (match["line"], match["column"])
        broken.append((index, diagnostic(match["file"], "parse", match["message"], *place)))
    for found, category in (
        (broken, Category.SYNTAX_ERROR),
        (crashed, Category.CONFIGURATION_ERROR),
    ):
        if found:
            lines = (*(index for index, _ in found), *summary)
            made = unique(one for _, one in found)
            yield Finding(
                tool, category, Weight.VERDICT, lines, made, AutoFixable.NO, Severity.HIGH, 0.97
            )
    would, weight = list(excerpt.grep(_WOULD, "would reformat ")), Weight.VERDICT
    asked = tool in (excerpt.script or "")
    if not would and not summary:
        would = list(excerpt.near(_DIFF, "--- "))
        weight = Weight.VERDICT if asked else Weight.SIGN
    if would:
        yield Finding(
            tool,
            Category.LINTING_ERROR,
            weight,
            (*(i for i, _ in would), *summary),
            unique(diagnostic(m["file"], None, "would reformat") for _, m in would),
            AutoFixable.YES,
            Severity.LOW,
            0.99,
        )


def _unparsable(match: re.Match[str], parse: bool) -> Diagnostic:
    at = _POSITION.search(match["message"]) if parse else None
    return diagnostic(
        match["file"],
        "parse" if parse else "crash",
        match["message"],
        at["line"] if at else None,
        at["column"] if at else None,
    )


RULES = (
    Rule(
        "black",
        ("would reformat ", "error: cannot format ", "error: cannot parse: ", "+++ "),
        _find,
        "would reformat src/a.py\n\nOh no! \n1 file would be reformatted.",
        "All done!\n3 files would be left unchanged.",
    ),
    pattern(
        "black-settings",
        r"^(?:Oh no! .*(?P<message>The required version `[^`\n]+` does not match .*)"
        r"|Error: (?P<code>Could not open file '[^'\n]+': Error reading configuration file).*)$",
        triggers=("The required version `", "Error reading configuration file"),
        category=Category.CONFIGURATION_ERROR,
        tool="black",
        weight=Weight.VERDICT,
        matches="Oh no! The required version `1.2` does not match the running version `24.1.0`!",
        ignores="All done!",
    ),
)
