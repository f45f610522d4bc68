"""Checks of spelling, docstrings, dead code and prose: codespell, typos, interrogate, vulture."""

from __future__ import annotations

from regreen.logs.rules.base import Rule, Weight, pattern
from regreen.model import AutoFixable, Category, Severity


def _check(
    tool: str,
    expression: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    fixable: AutoFixable = AutoFixable.NO,
    category: Category = Category.LINTING_ERROR,
    rule_id: str | None = None,
) -> Rule:
    return pattern(
        rule_id or tool,
        expression,
        triggers=triggers,
        spans=True,
        category=category,
        tool=tool,
        weight=Weight.VERDICT,
        fixable=fixable,
        severity=Severity.MEDIUM,
        confidence=0.93,
        matches=matches,
        ignores=ignores,
    )


RULES = (
    _check(
        "codespell",
        r"^(?P<file>[^\s:][^:\n]*+):(?P<line>\d+): (?P<message>\S+ ==> \S.*)$",
        (" ==> ",),
        "README.md:12: teh ==> the",
        "a ==> b",
        AutoFixable.PARTIAL,
    ),
    _check(
        "typos",
        r"^error: (?P<message>`[^`\n]+` should be [^\n]*)"
        r"(?:\n *(?:-->|\u256d\u25b8|\u256d\u2500\[?)"
        r" (?P<file>\S[^\n]*?):(?P<line>\d+):(?P<column>\d+))?",
        ("` should be ",),
        "error: `teh` should be `the`\n  --> README.md:3:9",
        "`a` should be `b`",
        AutoFixable.PARTIAL,
    ),
    _check(
        "typos",
        r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+): error:"
        r" (?P<message>`[^`\n]+` should be .*)$",
        ("` should be ",),
        "pkg/a.py:10:9: error: `teh` should be `the`",
        "error: `teh` should be `the`\n  --> README.md:3:9",
        AutoFixable.PARTIAL,
        rule_id="typos-brief",
    ),
    _check(
        "interrogate",
        r"^-*\s*(?P<message>RESULT: FAILED) \(minimum: [\d.]+%, actual: [\d.]+%\).*$",
        ("RESULT: FAILED (minimum",),
        "RESULT: FAILED (minimum: 90.0%, actual: 50.0%)",
        "RESULT: PASSED (minimum: 80.0%, actual: 90.0%)",
    ),
    _check(
        "vulture",
        r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+): (?P<message>(?:unused|unreachable|unsatisfiable)"
        r" [^\n]*) \(\d+% confidence(?:, \d+ lines?)?\)$",
        ("% confidence",),
        "pkg/a.py:2: unused import 'os' (90% confidence)",
        "pkg/a.py:2: 90% confidence",
    ),
    _check(
        "vulture",
        r"^(?P<file>[^\s:][^:\n]*\.pyi?):(?P<line>\d+): (?P<message>[^\n]*) at \"[^\n]*\"$",
        (' at "',),
        'pkg/a.py:1: invalid syntax at "def f(:"',
        'pkg/a.py:1: at "x"',
        category=Category.SYNTAX_ERROR,
        rule_id="vulture-syntax",
    ),
    _check(
        "pydoclint",
        r"^    (?P<line>\d+): (?P<code>DOC\d{3}): (?P<message>.+)$",
        (": DOC",),
        "pkg/a.py\n    7: DOC101: Function `f`: Docstring contains fewer arguments",
        "DOC101: nothing",
    ),
    _check(
        "rstcheck",
        r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+): \((?P<code>(?:WARNING|ERROR|SEVERE)/\d)\)"
        r" (?P<message>.+)$",
        ("(WARNING/", "(ERROR/", "(SEVERE/"),
        'docs/index.rst:4: (ERROR/3) Unknown directive type "nothere".',
        "docs/index.rst:2: (INFO/1) Possible title underline",
    ),
    _check(
        "doc8",
        r"^(?P<file>[^\s:][^:\n]*\.(?:rst|txt)):(?P<line>\d+): (?P<code>D\d{3}) (?P<message>.+)$",
        (".rst:", ".txt:"),
        "docs/index.rst:3: D001 Line too long",
        "docs/index.rst:3: WARNING: Title underline too short.",
    ),
)
