"""eslint in all its formats, and the configurations it cannot work with.

It prints rows (stylish, compact, unix, json) and a summary; its exit is 1 for errors or too many
warnings, 2 for a crash or a wrong configuration, which it begins with ``Oops!``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_HEADING = r"^(?P<file>(?:[A-Za-z]:[\\/]|/|\.{0,2}/)?[^\s:()|'\"][^:()|'\"\n]{0,250}\.[a-z]{1,8})$"
_ROW = (
    r"^ +(?P<line>\d+):(?P<column>\d+) +(?:error|warning) +(?P<message>\S.*?)"
    r"(?: {2,}(?P<code>[@\w][\w@/.-]*))?$"
)
_COMPACT = (
    r"^(?P<file>[^\s:][^:\n]{0,250}): line (?P<line>\d+), col (?P<column>\d+), Error - "
    r"(?P<message>.+?)(?: \((?P<code>[\w@/-]+)\))?$"
)
_UNIX = (
    r"^(?P<file>[^\s:][^:\n]{0,250}):(?P<line>\d+):(?P<column>\d+): (?P<message>.+) "
    r"\[Error(?:/(?P<code>[\w@/-]+))?\]$"
)
_JSON = expression(
    r'"filePath":\s*"(?P<file>[^"]+)"'
    r'|"ruleId":\s*(?:"(?P<code>[^"]+)"|null),\s*"severity":\s*2,\s*"message":\s*'
    r'"(?P<message>[^"\\]{0,300})[^{}]{0,300}?"line":\s*(?P<line>\d+)'
    r',\s*"column":\s*(?P<column>\d+)'
)
_ERRORS = expression(
    r"^\S? ?✖ \d+ problems? \((?P<errors>\d+) errors?, (?P<warnings>\d+) warnings?\)"
    r"|^✖ \d+ problems?$|^[1-9]\d* problems?$",
    re.MULTILINE,
)
_STYLELINT = expression(r"^ +\d+:\d+ +[✖\u00d7] ", re.MULTILINE)
_WARNING = expression(r"^ +\d+:\d+ +warning ")
_TOO_MANY = expression(r"^ESLint found too many warnings \(maximum: \d+\)\.?", re.MULTILINE)
_FIXABLE = expression(
    r"^ *(?P<errors>\d+) errors? and (?P<warnings>\d+) warnings? potentially fixable", re.MULTILINE
)
_PARSING = expression(
    r"^Parsing error: (?!.*(?:parserOptions|tsconfig|Cannot find module|ENOENT|plugin))"
)
_SHAPES = (
    Shape(_ROW, (" error ", " warning "), _HEADING),
    Shape(_COMPACT, (", Error - ",)),
    Shape(_UNIX, (" [Error",)),
)


def _eslint(excerpt: Excerpt) -> Iterable[Finding]:
    said = [i for i, m in excerpt.grep(_ERRORS, " problem") if m["errors"] not in ("0",)]
    too_many = [i for i, _ in excerpt.grep(_TOO_MANY, "ESLint found too many")]
    json_rows = list(_json(excerpt)) if '"ruleId"' in excerpt else []
    if not (said or too_many or json_rows):
        return
    rows = [row for shape in _SHAPES for row in shape.read(excerpt)] + json_rows
    if not rows and any(excerpt.grep(_STYLELINT, "✖ ", "\u00d7 ")):
        return
    if not too_many:
        rows = [row for row in rows if not _WARNING.match(excerpt.lines[row[0]])]
    if said and not rows and not too_many and "✖" not in excerpt.lines[said[-1]]:
        return
    lines = (*(i for i, _ in rows), *said, *too_many)
    broken = [row for row in rows if _PARSING.match(row[1].message)]
    if broken:
        yield _finding(Category.SYNTAX_ERROR, broken, tuple(i for i, _ in broken))
        rows = [row for row in rows if row not in broken]
        if not rows:
            return
    yield _finding(Category.LINTING_ERROR, rows, lines, _fixable(excerpt))


def _json(excerpt: Excerpt) -> Iterable[tuple[int, Diagnostic]]:
    """Errors in eslint's JSON, which is one line however long."""
    file = None
    for index, match in excerpt.finditer(_JSON):
        file = match["file"] or file
        if match["message"]:
            yield (
                index,
                diagnostic(file, match["code"], match["message"], match["line"], match["column"]),
            )


def _finding(
    category: Category,
    rows: list[tuple[int, Diagnostic]],
    lines: tuple[int, ...],
    fixable: AutoFixable = AutoFixable.NO,
) -> Finding:
    return Finding(
        "eslint",
        category,
        Weight.VERDICT,
        lines,
        unique(one for _, one in rows),
        fixable,
        Severity.HIGH if category is Category.SYNTAX_ERROR else None,
        collected=True,
    )


def _fixable(excerpt: Excerpt) -> AutoFixable:
    offered = _FIXABLE.search(excerpt.text)
    if offered is None:
        return AutoFixable.NO
    found = _ERRORS.search(excerpt.text)
    if found is None or found["errors"] is None:
        return AutoFixable.PARTIAL
    every = (offered["errors"], offered["warnings"]) == (found["errors"], found["warnings"])
    errors = offered["errors"] == found["errors"] and found["errors"] != "0"
    return AutoFixable.YES if every or errors else AutoFixable.PARTIAL


_CONFIGURATION = Category.CONFIGURATION_ERROR

RULES = (
    Rule(
        "eslint",
        ("problem", "too many warnings", '"ruleId"'),
        _eslint,
        "/home/runner/work/a/a/src/b.js\n  3:7  error  'x' is not defined  no-undef\n\n"
        "✖ 3 problems (1 error, 2 warnings)",
        "✖ 2 problems (0 errors, 2 warnings)",
    ),
    verdict(
        "eslint-plugin",
        "eslint",
        Category.DEPENDENCY_ISSUE,
        r"^(?P<message>ESLint couldn't find the plugin .*"
        r"|(?:Error: )?Failed to load (?:plugin|parser) '.*)$",
        ("ESLint couldn't find the plugin", "Failed to load plugin", "Failed to load parser"),
        'ESLint couldn\'t find the plugin "eslint-plugin-react".',
        "ESLint found a plugin",
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "eslint-configuration",
        "eslint",
        _CONFIGURATION,
        r"^(?:Error: )?(?P<message>ESLint couldn't find (?:a|an|the) (?:configuration|config|eslint"
        r")\b.*|No files matching (?:the pattern )?['\"].*['\"] were found\..*|No files matching "
        r"'.*"
        r"|All files matched by '.*' are ignored\.|Invalid option '--.*|ESLint configuration in .*"
        r"|.*Parsing error: (?:\"parserOptions|ESLint was configured to run).*"
        r"|(?:Config(?: \(unnamed\))?|Key \"\w+\"): .*(?:Unexpected key|Could not find|not find "
        r"plugin"
        r"|Expected).*|Failed to load config \".*\" to extend from\.?"
        r"|Cannot read config file: .*|Cannot find module .*eslint.*|You're using "
        r"eslint\.config\.js,"
        r" some command line flags.*)$",
        (
            "ESLint couldn't find",
            "No files matching",
            "All files matched by",
            "Invalid option '--",
            "ESLint configuration in",
            "parserOptions",
            "ESLint was configured",
            'Key "',
            "Config (unnamed)",
            "Failed to load config",
            "Cannot read config file",
            "eslint.config.js",
        ),
        "ESLint couldn't find an eslint.config.(js|mjs|cjs) file.",
        "ESLint found nothing",
    ),
    verdict(
        "eslint-crash",
        "eslint",
        _CONFIGURATION,
        r"^(?P<message>Oops! Something went wrong! :\(.*)$",
        ("Oops! Something went wrong",),
        "Oops! Something went wrong! :(",
        "Something went wrong",
        weight=Weight.SIGN,
    ),
    checker(
        "next-lint",
        "eslint",
        r"^info +- Need to disable some ESLint rules\?.*|^\s*\S* *Linting .*failed.*$",
        (
            Shape(
                r"^(?P<line>\d+):(?P<column>\d+) +Error: (?P<message>.+?)(?: {2}(?P<code>[\w@/-]+))"
                r"?$",
                ("Error: ",),
                r"^\./(?P<file>\S+)$",
            ),
        ),
        triggers=("Need to disable some ESLint rules",),
        needs_rows=True,
        matches="./pages/a.js\n3:7  Error: 'x' is not defined.  no-undef\n\n"
        "info  - Need to disable some ESLint rules? Learn more here: https://example.org",
        ignores="info  - Need to disable some ESLint rules? Learn more here: https://example.org",
    ),
)
