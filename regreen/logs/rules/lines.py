"""Linters that print ``file:line:column: CODE message``: ruff's check, flake8, pycodestyle.

They share the shape and most codes, so one rule reads them all and then says whose it is: by the
script, by the summary that only ruff prints, and by the wording (ruff's messages begin with a
capital letter or a backtick, pycodestyle's and pyflakes' do not).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import (
    Example,
    Finding,
    Rule,
    Weight,
    diagnostic,
    pattern,
    unique,
)
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_CODE = r"(?P<code>[A-Z]{1,5}\d{1,5}(?!:)|(?:invalid-syntax|invalid-pyproject-toml)(?=:))"
_FIX = r"(?P<fix>\[\*\] )?"
_FLAT = expression(
    r"^(?P<file>(?!\d+:)(?:[A-Za-z]:(?=[\\/]))?[^\s:][^:\n]*+):(?:\d+:(?=\d+:\d+: ))?"
    r"(?P<line>\d+):(?P<column>\d+): "
    rf"{_CODE}:? {_FIX}(?P<message>\S.*)$",
    re.MULTILINE,
)
_NAMED = r"(?P<code>[A-Z]{1,5}\d{1,5}(?!:)|[a-z][a-z0-9]*+(?:-[a-z0-9]++){1,8}(?=:))"
"""Ruff's preview names its rules in words."""
_FRAMED = expression(
    rf"^{_NAMED}:? {_FIX}(?P<message>\S.*)\n"
    r" *--> (?P<file>\S[^\n]*?\.(?:pyi?|ipynb|toml|md)):(?P<line>\d+):(?P<column>\d+)$",
    re.MULTILINE,
)
_PYLINT_STYLE = expression(
    r"^(?P<file>[^\s:][^:\n]*+):(?P<line>\d+): "
    r"\[(?P<code>[A-Z]{1,5}\d{1,5}|invalid-syntax)\] (?P<message>\S.*)$",
    re.MULTILINE,
)
_FLAT_HINT = expression(r":\d+:\d+: (?:[A-Z]{1,5}\d|invalid-)")
_PYLINT_HINT = expression(r":\d+: \[(?:[A-Z]{1,5}\d|invalid-)")
_GROUP = expression(r"^(?P<file>\S[^\n]*\.(?:pyi?|ipynb|toml)):$", re.MULTILINE)
_GROUPED = expression(rf"^  (?P<line>\d+):(?P<column>\d+) +{_CODE}:? +{_FIX}(?P<message>\S.*)$")
_PARSE = expression(
    r"^error: Failed to parse (?:at"
    r" )?(?P<file>[^\n]+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.+)$",
    re.MULTILINE,
)
_SUMMARY = expression(
    r"^(?:Found \d+ errors?(?:\(s\))?\b.*|\[\*\] .*fixable with.*|No fixes available.*"
    r"|\d+ (?:potentially )?fixable with.*)$",
    re.MULTILINE,
)
_FORMATTED = expression(
    r"^\d+ files? (?:would be reformatted|reformatted|already formatted|left unchanged)"
)
_FIXABLE = expression(r"^(?:\[\*\] )?(?P<count>\d+) (?:potentially )?fixable with", re.MULTILINE)
_BROKEN = frozenset({"E999", "E901", "E902", "invalid-syntax"})
_RUFF_ONLY = (None, "invalid-syntax")
_UNREAD = expression(r"^(?:FileNotFoundError|PermissionError|No such file or directory)")
_STATISTIC = expression(
    rf"^(?P<count>\d+)(?P<gap>\t| {{2,}}){_CODE}\s+(?:\[.\]\s+)?(?P<message>\S.*)$", re.MULTILINE
)
_COMMON = ("F401", "E501", "E999", "W291", "I001", "E302", "F841", "F403", "E741", "D100", "E402")


@dataclass(frozen=True, slots=True)
class _Hit:
    index: int
    diagnostic: Diagnostic
    fix: bool

    @property
    def broken(self) -> bool:
        """Whether the file could not be parsed."""
        return self.diagnostic.code is None or self.diagnostic.code in _BROKEN


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    hits = sorted(_hits(excerpt), key=lambda hit: hit.index)
    if not hits:
        return
    summary = tuple(i for i, _ in excerpt.grep(_SUMMARY, "Found ", " fixable with", "No fixes"))
    tool = _whose(excerpt, hits, bool(summary))
    if tool != "ruff":
        summary = ()
    read = [hit for hit in hits if not _UNREAD.search(hit.diagnostic.message)]
    if not read:
        yield _finding(tool, Category.CONFIGURATION_ERROR, hits, summary)
        return
    broken = [hit for hit in read if hit.broken]
    if broken:
        closing = tuple(i for i, _ in excerpt.grep(_FORMATTED, " file"))
        formatter = tool == "ruff" and not summary and bool(closing)
        ends = (*summary, *closing, read[-1].index)
        yield _finding("ruff-format" if formatter else tool, Category.SYNTAX_ERROR, broken, ends)
    style = [hit for hit in read if not hit.broken]
    if style:
        fixable = _fixable(excerpt, tool, style)
        yield _finding(tool, Category.LINTING_ERROR, style, summary, fixable)


def _finding(
    tool: str,
    category: Category,
    hits: list[_Hit],
    ends: tuple[int, ...],
    fixable: AutoFixable = AutoFixable.NO,
) -> Finding:
    return Finding(
        tool,
        category,
        Weight.VERDICT,
        (*(hit.index for hit in hits), *ends),
        unique(hit.diagnostic for hit in hits),
        fixable,
        Severity.LOW if fixable is AutoFixable.YES else None,
        0.97,
    )


def _hits(excerpt: Excerpt) -> Iterator[_Hit]:
    for index, match in excerpt.grep(_FLAT, _FLAT_HINT):
        yield _hit(index, match, match["file"], match["fix"])
    for index, match in excerpt.grep(_PYLINT_STYLE, _PYLINT_HINT):
        yield _hit(index, match, match["file"], None)
    for index, match in excerpt.near(_FRAMED, "--> "):
        yield _hit(index, match, match["file"], match["fix"])
    for index, match in excerpt.grep(_PARSE, "error: Failed to parse "):
        made = diagnostic(match["file"], None, match["message"], match["line"], match["column"])
        yield _Hit(index, made, False)
    for index, match in excerpt.grep(_GROUP, ".py:\n", ".pyi:\n", ".ipynb:\n", ".toml:\n"):
        for offset in range(index + 1, len(excerpt)):
            row = _GROUPED.match(excerpt.lines[offset])
            if row is None:
                break
            yield _hit(offset, row, match["file"], row["fix"])


def _hit(index: int, match: re.Match[str], file: str, fix: object) -> _Hit:
    column = match.groupdict().get("column")
    made = diagnostic(file, match["code"], match["message"], match["line"], column)
    return _Hit(index, made, bool(fix))


def _whose(excerpt: Excerpt, hits: list[_Hit], summary: bool) -> str:
    """The tool that printed ``hits``."""
    named = [tool for tool in ("ruff", "flake8", "pycodestyle") if excerpt.mentions(tool)]
    if len(named) == 1:
        return named[0]
    if summary or any(hit.fix or hit.diagnostic.code in _RUFF_ONLY for hit in hits):
        return "ruff"
    core = [hit.diagnostic for hit in hits if (hit.diagnostic.code or "")[:1] in ("E", "W", "F")]
    if core and all(d.message[:1].isupper() or d.message[:1] == "`" for d in core):
        if all(d.code == "E999" or "Error: " in d.message for d in core):
            return "flake8"
        return "ruff"
    return "flake8"


def _fixable(excerpt: Excerpt, tool: str, hits: list[_Hit]) -> AutoFixable:
    if tool != "ruff":
        return AutoFixable.PARTIAL
    marked = sum(hit.fix for hit in hits)
    count = list(excerpt.grep(_FIXABLE, " fixable with"))
    fixable = max(marked, int(count[-1][1]["count"]) if count else 0)
    if fixable == 0:
        return AutoFixable.NO if any(excerpt.grep(_SUMMARY, "Found ")) else AutoFixable.PARTIAL
    return AutoFixable.YES if fixable >= len(hits) else AutoFixable.PARTIAL


def _find_statistics(excerpt: Excerpt) -> Iterable[Finding]:
    """``ruff check --statistics`` and ``flake8 --statistics -q``: counts without places."""
    rows = list(excerpt.grep(_STATISTIC, *_COMMON))
    if rows and not any(True for _ in _hits(excerpt)):
        tabs = all(m["gap"] == "\t" for _, m in rows)
        tool = "ruff" if tabs and not excerpt.mentions("flake8") else "flake8"
        yield Finding(
            tool,
            Category.LINTING_ERROR,
            Weight.VERDICT,
            tuple(index for index, _ in rows),
            unique(diagnostic(None, m["code"], m["message"]) for _, m in rows),
            AutoFixable.PARTIAL,
            confidence=0.8,
        )


_PYFLAKES = expression(
    r"^(?P<file>[^\s:][^:\n]*\.pyi?):(?P<line>\d+):(?:(?P<column>\d+):?)? (?P<message>"
    r"(?:\S+ imported but unused|undefined name '|local variable '\S+ is assigned to but never used"
    r"|redefinition of (?:unused|function) '|import \* |'\S+ may be undefined, or defined from star"
    r"|'from \S+ import \*' used; unable|'\S+ imported but unused|undefined local"
    r"|import '\S+ from line \d+ shadowed|f-string is missing placeholders"
    r"|dictionary key .* repeated|use ==/!= to compare|'\.\.\.' % \.\.\. has|'\.\.\.'\.format\("
    r"|'(?:return|yield|continue|break)' outside|invalid syntax|unexpected indent|unindent does not"
    r"|expected an indented|unexpected EOF|unterminated |'[(\[{]' was never closed).*)$",
    re.MULTILINE,
)
_SYNTAX = expression(
    r"^(?:invalid syntax|unexpected|unindent|expected an indented|unterminated|'[(\[{]' was never)"
)


def _find_pyflakes(excerpt: Excerpt) -> Iterable[Finding]:
    """Pyflakes alone, which prints neither a code nor a summary."""
    found = list(excerpt.grep(_PYFLAKES, ".py:", ".pyi:"))
    hits = [_Hit(i, _uncoded(m), False) for i, m in found]
    broken = [hit for hit in hits if _SYNTAX.match(hit.diagnostic.message)]
    style = [hit for hit in hits if hit not in broken]
    if style or (broken and excerpt.mentions("pyflakes")):
        if broken:
            yield _finding("pyflakes", Category.SYNTAX_ERROR, broken, (hits[-1].index,))
        if style:
            yield _finding("pyflakes", Category.LINTING_ERROR, style, (), AutoFixable.PARTIAL)


def _uncoded(match: re.Match[str]) -> Diagnostic:
    return diagnostic(match["file"], None, match["message"], match["line"], match["column"])


_NAMES = expression(r"^(?P<file>[^\s:][^:\n]*\.pyi?)$", re.MULTILINE)
_QUIET = expression(r"\bflake8\b[^\n]*\s(?:-q+|--quiet)\b")


def _find_names(excerpt: Excerpt) -> Iterable[Finding]:
    """``flake8 --quiet``: the files' names and nothing else."""
    if excerpt.script is None or _QUIET.search(excerpt.script) is None:
        return
    hits = list(excerpt.grep(_NAMES, ".py"))
    if hits:
        yield Finding(
            "flake8",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            tuple(i for i, _ in hits),
            unique(diagnostic(m["file"], None, "flake8 found something") for _, m in hits),
            AutoFixable.PARTIAL,
            confidence=0.85,
        )


RULES = (
    Rule(
        "lint-lines",
        (".py:", ".pyi:", ".ipynb:", ".toml:", ".md:", "--> ", "stdin:"),
        _find,
        "src/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.",
        "12:30:01: I2 say nothing\nhttp://host:80:1: not a file",
    ),
    Rule(
        "lint-statistics",
        _COMMON,
        _find_statistics,
        "3\tF401\t[*] unused-import",
        "3 F401 is a code",
    ),
    Rule(
        "pyflakes",
        (
            " imported but unused",
            "undefined name ",
            "local variable ",
            "redefinition of ",
            "invalid syntax",
        ),
        _find_pyflakes,
        "src/a.py:1:1: 'os' imported but unused",
        "src/a.py:1:1: F401 'os' imported but unused",
    ),
    Rule(
        "flake8-quiet",
        (".py",),
        _find_names,
        "src/a.py",
        "src/a.py",
        example=Example("flake8 -q src"),
    ),
    pattern(
        "pydocstyle",
        r"^(?P<file>\S[^\n]*?\.pyi?):(?P<line>\d+) (?:in|at) [^\n]{1,200}:\n"
        r"\s+(?P<code>D\d{3}): (?P<message>.*)$",
        triggers=("        D1", "        D2", "        D3", "        D4"),
        spans=True,
        category=Category.LINTING_ERROR,
        tool="pydocstyle",
        weight=Weight.VERDICT,
        fixable=AutoFixable.PARTIAL,
        confidence=0.97,
        matches="pkg/a.py:1 at module level:\n        D100: Missing docstring in public module",
        ignores="pkg/a.py:1 at module level:",
    ),
)
