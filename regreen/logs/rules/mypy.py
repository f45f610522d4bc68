"""mypy, with or without columns, codes, ``--pretty`` frames and summary."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_ERROR = expression(
    r"^(?P<file>[^\s:][^:\n]*\.(?:pyi?"
    r"|ipynb|ini|cfg|toml)):(?:(?P<line>\d+):)?(?:(?P<column>\d+):)?(?:\d+:\d+:)? "
    r"error: (?P<message>.+)$",
    re.MULTILINE,
)
_CODE = expression(r"^(?P<message>.*?)\s*\[(?P<code>[a-z][a-z-]*)\]$")
_SUMMARY = expression(
    r"^Found \d+ errors? in \d+ files? \((?:checked|errors prevented).*$", re.MULTILINE
)
_UNREADY = expression(
    r"(?:INTERNAL ERROR\b|Duplicate module named |Source file found twice under different"
    r"|Error importing plugin |Error constructing plugin |Plugin .* does not define|Can't find pl"
    r"|Cannot find module |Cannot read file|Cannot find config file|Missing target module"
    r"|unrecognized arguments|argument \S+: |Function \"\w+\" of plugin|Return value of \"plugin\""
    r"|.* is not a valid Python package name)"
)
"""What stops mypy before, or instead of, its checks."""
_NO_PLUGIN = expression(r"Error importing plugin .*: No module named ")
_SYNTAX = expression(
    r"(?i:invalid (?:syntax|decimal)|unterminated |unexpected |unindent|expected )"
)
_MENDABLE = frozenset({"unused-ignore", "import-untyped"})
"""Codes whose errors a tool can take away: a comment to drop, a stub package to install."""
_WRAPPED_LINES = 6


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(_ERROR, ": error: "))
    summary = tuple(index for index, _ in excerpt.grep(_SUMMARY, "Found "))
    if not hits or not (summary or _is_mypy(excerpt, hits)):
        return
    made = [(index, _made(excerpt, index, match)) for index, match in hits]
    stopped = "errors prevented further checking" in excerpt
    unready = [(i, d) for i, d in made if _UNREADY.match(d.message)]
    if unready:
        yield _finding(_cause(unready), unready, summary, AutoFixable.NO)
        made = [one for one in made if one not in unready]
    if not made:
        return
    syntax = stopped and all(d.code == "syntax" or _SYNTAX.match(d.message) for _, d in made)
    category = Category.SYNTAX_ERROR if syntax else Category.TYPE_ERROR
    mended = any(d.code in _MENDABLE for _, d in made)
    fixable = AutoFixable.PARTIAL if mended and not syntax else AutoFixable.NO
    weight = Weight.SIGN if unready else Weight.VERDICT
    yield _finding(category, made, summary if not unready else (), fixable, weight)


def _cause(unready: list[tuple[int, Diagnostic]]) -> Category:
    """A plug-in that is not installed is a dependency, all else a matter of settings."""
    absent = all(_NO_PLUGIN.match(d.message) for _, d in unready)
    return Category.DEPENDENCY_ISSUE if absent else Category.CONFIGURATION_ERROR


def _finding(
    category: Category,
    made: list[tuple[int, Diagnostic]],
    summary: tuple[int, ...],
    fixable: AutoFixable,
    weight: Weight = Weight.VERDICT,
) -> Finding:
    return Finding(
        "mypy",
        category,
        weight,
        (*(index for index, _ in made), *summary),
        unique(one for _, one in made),
        fixable,
        Severity.HIGH,
        0.98,
    )


def _is_mypy(excerpt: Excerpt, hits: list[tuple[int, re.Match[str]]]) -> bool:
    if any("INTERNAL ERROR" in match["message"] for _, match in hits):
        return True
    return excerpt.mentions("mypy") or any(_CODE.match(match["message"]) for _, match in hits)


def _made(excerpt: Excerpt, index: int, match: re.Match[str]) -> Diagnostic:
    """The diagnostic; ``--pretty`` wraps a message over lines and ends it with its code."""
    message = match["message"]
    coded = _CODE.match(message)
    if coded is None:
        following = excerpt.lines[index + 1 : index + 1 + _WRAPPED_LINES]
        for count, line in enumerate(following, 1):
            if line.startswith("    ") or _ERROR.match(line):
                break
            coded = _CODE.match(" ".join((message, *following[:count])))
            if coded is not None:
                break
    if coded is not None:
        message = coded["message"]
    return diagnostic(
        match["file"], coded["code"] if coded else None, message, match["line"], match["column"]
    )


_STUB = expression(r"^error: (?P<code>\w+(?:\.\w+)*) (?P<message>\S.*)$")
_STUB_SUMMARY = expression(r"^Found \d+ errors? \(checked \d+ modules?\)$")


def _stubtest(excerpt: Excerpt) -> Iterable[Finding]:
    ends = [index for index, _ in excerpt.grep(_STUB_SUMMARY, "Found ")]
    if ends:
        hits = list(excerpt.grep(_STUB, "error: "))
        yield Finding(
            "stubtest",
            Category.TYPE_ERROR,
            Weight.VERDICT,
            (*(index for index, _ in hits), *ends),
            unique(diagnostic(None, m["code"], m["message"]) for _, m in hits),
            severity=Severity.HIGH,
            confidence=0.95,
        )


RULES = (
    Rule(
        "mypy",
        (": error: ",),
        _find,
        'src/a.py:3: error: Name "x" is not defined  [name-defined]\n'
        "Found 1 error in 1 file (checked 2 source files)",
        "src/a.c:3: error: expected ';'",
    ),
    Rule(
        "stubtest",
        (" (checked ",),
        _stubtest,
        "error: smod.f is inconsistent, runtime argument differs\nFound 1 error (checked 1 module)",
        "Found 1 error in 1 file (checked 1 source file)",
    ),
)
