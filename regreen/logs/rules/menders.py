"""Small tools that rewrite Python files: docformatter, autoflake, pyupgrade, yapf, autopep8."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
from regreen.model import AutoFixable, Category, Severity

_AUTOFLAKE = expression(r"^(?P<file>\S.*): Unused imports/variables detected\.?$", re.MULTILINE)
_AUTOFLAKE_DIFF = expression(r"^--- original/(?P<file>\S[^\t\n]*)\n\+\+\+ fixed/", re.MULTILINE)
_DOCFORMATTER_DIFF = expression(r"^--- before/(?P<file>\S[^\t\n]*)\n\+\+\+ after/", re.MULTILINE)
_PYTHON_FILE = expression(r"^(?P<file>[\w./\\@+-]+\.pyi?)$", re.MULTILINE)
_REWRITING = expression(r"^Rewriting (?P<file>\S+\.pyi?)$", re.MULTILINE)
_ADDED = expression(r"^\+(?!\+\+ |\s*(?:pass$|import |from |[\w.]+,?$|\)))")
_YAPF_DIFF = expression(r"^--- (?P<file>\S+)\t\(original\)\n\+\+\+ .*\(reformatted\)", re.MULTILINE)
_AUTOPEP8_DIFF = expression(r"^--- original/(?P<file>\S+)\n\+\+\+ fixed/", re.MULTILINE)


def _finding(tool: str, hits: list[tuple[int, re.Match[str]]], message: str) -> Finding:
    return Finding(
        tool,
        Category.LINTING_ERROR,
        Weight.VERDICT,
        tuple(index for index, _ in hits),
        unique(diagnostic(match["file"], None, message) for _, match in hits),
        AutoFixable.YES,
        Severity.LOW,
        0.95,
    )


def _autoflake(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(_AUTOFLAKE, "Unused imports/variables"))
    if not hits and not _is_autopep8(excerpt):
        hits = list(excerpt.near(_AUTOFLAKE_DIFF, "--- original/"))
    if hits:
        yield _finding("autoflake", hits, "unused imports or variables")


def _is_autopep8(excerpt: Excerpt) -> bool:
    """Both print the same headings, but autoflake adds nothing save imports and ``pass``."""
    named = [tool for tool in ("autopep8", "autoflake") if excerpt.mentions(tool)]
    if len(named) == 1:
        return named[0] == "autopep8"
    return any(_ADDED.match(line) for line in excerpt.lines)


def _docformatter(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.near(_DOCFORMATTER_DIFF, "--- before/"))
    if not hits and excerpt.mentions("docformatter"):
        hits = list(excerpt.grep(_PYTHON_FILE, ".py"))
    if hits:
        yield _finding("docformatter", hits, "docstrings to be formatted")


def _pyupgrade(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(_REWRITING, "Rewriting "))
    if hits:
        other = (
            "autopep8",
            "add-trailing-comma",
            "reorder-python-imports",
            "reorder_python_imports",
        )
        tool = next((name for name in other if excerpt.mentions(name)), "pyupgrade")
        yield _finding(tool.replace("_", "-"), hits, "would be rewritten")


def _yapf(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.near(_YAPF_DIFF, "\t(original)"))
    if hits:
        yield _finding("yapf", hits, "would reformat")


def _autopep8(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.near(_AUTOPEP8_DIFF, "--- original/"))
    if hits and _is_autopep8(excerpt):
        yield _finding("autopep8", hits, "would reformat")


_FIXING = expression(r"^Fixing (?P<file>\S+)$")
_HOOK_PROGRAMS = (
    "trailing-whitespace-fixer",
    "end-of-file-fixer",
    "mixed-line-ending",
    "requirements-txt-fixer",
)


def _hooks(excerpt: Excerpt) -> Iterable[Finding]:
    """pre-commit's own fixers, run as programs without pre-commit."""
    hits = list(excerpt.grep(_FIXING, "Fixing "))
    script = excerpt.script or ""
    if hits and any(program in script for program in _HOOK_PROGRAMS):
        yield _finding("pre-commit-hooks", hits, "would be rewritten")


RULES = (
    Rule(
        "autoflake",
        ("Unused imports/variables detected", "--- original/"),
        _autoflake,
        "src/a.py: Unused imports/variables detected",
        "src/a.py: No issues detected!",
    ),
    Rule(
        "docformatter",
        ("--- before/", ".py"),
        _docformatter,
        "--- before/src/a.py\n+++ after/src/a.py",
        "src/a.py",
    ),
    Rule("pyupgrade", ("Rewriting ",), _pyupgrade, "Rewriting src/a.py", "Rewriting history"),
    Rule(
        "yapf",
        ("\t(original)",),
        _yapf,
        "--- src/a.py\t(original)\n+++ src/a.py\t(reformatted)",
        "--- src/a.py",
    ),
    Rule(
        "hook-programs",
        ("Fixing ",),
        _hooks,
        "Fixing src/a.py",
        "Fixing src/a.py",
        example=Example("end-of-file-fixer src/a.py"),
    ),
    Rule(
        "autopep8",
        ("--- original/",),
        _autopep8,
        "--- original/src/a.py\n+++ fixed/src/a.py",
        "--- original/src/a.py\n+++ fixed/src/a.py",
        example=Example("autopep8 --diff --exit-code src"),
    ),
    pattern(
        "yapf-syntax",
        r"^yapf: (?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)$",
        triggers=("yapf: ",),
        category=Category.SYNTAX_ERROR,
        tool="yapf",
        weight=Weight.VERDICT,
        matches="yapf: pkg/broken.py:1:7: invalid syntax",
        ignores="yapf: reformatted",
    ),
)
