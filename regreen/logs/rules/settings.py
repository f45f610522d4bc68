"""Linters and type checkers that never got to their work: wrong options or settings, or a crash.

They say so in the words of their argument parser (argparse, click, clap) or of Python's traceback,
so a few rules serve them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, pattern, unique
from regreen.model import Category, Diagnostic

_NAMES = (
    "autoflake|autopep8|bandit|basedpyright|black|blacken-docs|blue|codespell|darker|doc8"
    "|docformatter|dmypy|flake8|interrogate|isort|mypy|pip-audit|pre-commit|prek|pycodestyle"
    "|pydoclint|pydocstyle|pyflakes|pylint|pyrefly|pyright|pyupgrade|ruff|safety|semgrep|sphinx"
    "|sphinx-build|stubtest|ty|typos|vulture|yapf"
)
_ARGPARSE = expression(rf"^(?P<tool>{_NAMES})(?:\.py)?: error: (?P<message>.+)$", re.MULTILINE)
_CLICK = expression(
    rf"^Usage: (?P<tool>{_NAMES}) [^\n]*\n(?:Try [^\n]*\n)?\n?Error: (?P<message>.+)$",
    re.MULTILINE,
)
_CLAP = expression(
    r"^error: (?P<message>[^\n]+)\n(?:(?!error: )[^\n]*\n){0,12}?"
    r"(?:Usage: (?P<tool>ruff|ty|typos|pyrefly)\b[^\n]*|For more information, try '--help'\.?)$",
    re.MULTILINE,
)
_FAILED = expression(
    r"^(?P<tool>ruff|ty|uvx) failed\n(?P<message>(?: +Cause: [^\n]+\n?){1,6})", re.MULTILINE
)
_USAGES = (
    (_ARGPARSE, (": error: ",)),
    (_CLICK, ("Usage: ",)),
    (_CLAP, ("Usage: ", "For more information, try '--help'")),
    (_FAILED, ("ruff failed", "ty failed", "uvx failed")),
)
_CLAP_TOOLS = ("ruff", "ty", "typos", "pyrefly")


def _usage(excerpt: Excerpt) -> Iterable[Finding]:
    for wording, hints in _USAGES:
        for index, match in excerpt.near(wording, *hints):
            tool = match["tool"] or next((t for t in _CLAP_TOOLS if excerpt.mentions(t)), None)
            if tool is not None:
                message = match["message"].strip().rsplit("Cause: ", 1)[-1]
                end = excerpt.at(match.end("message") - 1)
                yield _finding(tool, (index, end), diagnostic(None, None, message))


def _finding(
    tool: str, lines: tuple[int, ...], *made: Diagnostic, weight: Weight = Weight.VERDICT
) -> Finding:
    return Finding(tool, Category.CONFIGURATION_ERROR, weight, lines, unique(made), confidence=0.93)


_TRACEBACK = "Traceback (most recent call last):"
_ENTRY = expression(
    rf"[/\\](?:bin|Scripts)[/\\](?P<program>{_NAMES})(?:\.exe)?[\"/\\]"
    rf"|[/\\]site-packages[/\\](?P<package>{_NAMES.replace('-', '_')})[/\\]"
)
_RAISED = expression(r"^(?P<kind>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: (?P<message>.*))?$")
_OTHERS = (
    *("ModuleNotFoundError", "ImportError", "FailedToLoadPlugin"),
    *("PermissionError", "MemoryError", "SyntaxError", "KeyboardInterrupt"),
)
"""What is known better elsewhere: a missing module, a missing right, too little memory."""


def _crash(excerpt: Excerpt) -> Iterable[Finding]:
    """A traceback that begins in a linter's own entry point."""
    first = excerpt.at(excerpt.text.rfind(_TRACEBACK))
    tool = None
    for index in range(first + 1, min(first + 200, len(excerpt))):
        line = excerpt.lines[index]
        if line.startswith(" ") or not line:
            entry = _ENTRY.search(line) if tool is None and index < first + 9 else None
            if entry is not None:
                tool = entry["program"] or entry["package"].replace("_", "-")
            continue
        raised = _RAISED.match(line)
        kind = raised["kind"].rsplit(".", 1)[-1] if raised else ""
        if tool is not None and raised and kind not in _OTHERS:
            final = is_final(excerpt, index)
            weight = Weight.VERDICT if final else Weight.SIGN
            made = diagnostic(None, kind, raised["message"] or kind)
            yield _finding(tool, (first, index), made, weight=weight)
        return


_BROKEN_PLUGIN = expression(
    r"^(?:\S+\.)?FailedToLoadPlugin: (?P<message>Flake8 failed to load plugin \"[^\"\n]+\".*)$"
)


def _plugin(excerpt: Excerpt) -> Iterable[Finding]:
    """A plug-in that does not fit the installed packages."""
    hits = list(islice(excerpt.grep(_BROKEN_PLUGIN, "FailedToLoadPlugin: "), 8))
    if hits:
        yield Finding(
            "flake8",
            Category.DEPENDENCY_ISSUE,
            Weight.VERDICT,
            tuple(index for index, _ in hits),
            unique(diagnostic(None, None, match["message"]) for _, match in hits),
            confidence=0.95,
        )


def _settings(
    rule_id: str,
    tool: str,
    expression: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
) -> Rule:
    return pattern(
        rule_id,
        expression,
        triggers=triggers,
        spans=True,
        category=Category.CONFIGURATION_ERROR,
        tool=tool,
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        matches=matches,
        ignores=ignores,
    )


RULES = (
    Rule(
        "flake8-plugin",
        ("FailedToLoadPlugin: ",),
        _plugin,
        'flake8.exceptions.FailedToLoadPlugin: Flake8 failed to load plugin "D" due to no module.',
        "FailedToLoadPlugin",
    ),
    Rule(
        "linter-usage",
        (": error: ", "Usage: ", "For more information, try '--help'", "ruff failed", "ty failed"),
        _usage,
        "usage: mypy [-h]\nmypy: error: Missing target module, package, files, or command.",
        "src/a.py:1: error: no",
    ),
    Rule(
        "linter-crash",
        (_TRACEBACK,),
        _crash,
        'Traceback (most recent call last):\n  File "/venv/bin/flake8", line 8, in <module>\n'
        "    sys.exit(main())\nValueError: invalid literal for int() with base 10: 'abc'",
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nValueError: no',
    ),
    _settings(
        "flake8-settings",
        "flake8",
        r"^There was a critical error during execution of Flake8:\n(?P<message>[^\n]+)",
        ("critical error during execution of Flake8",),
        "There was a critical error during execution of Flake8:\nplugin code for `X` is no code",
        "no error during execution of Flake8",
    ),
    _settings(
        "pylint-settings",
        "pylint",
        r"^(?P<message>The config file \S+ doesn't exist!)$",
        ("The config file ",),
        "The config file /a/b doesn't exist!",
        "The config file is fine",
    ),
    _settings(
        "mypy-settings",
        "mypy",
        r"^(?P<message>mypy: can't (?:find|read) .*|Can't find package '[^'\n]+'"
        r"|There are no \.py\[i\] files in directory .*"
        r"|\S+ (?:contains __init__\.py but )?is not a valid Python package name)$",
        (
            "mypy: can't ",
            "Can't find package",
            "There are no .py[i] files",
            "is not a valid Python package name",
        ),
        "mypy: can't read file 'nothere.py': No such file or directory",
        "Success: no issues found in 1 source file",
    ),
    _settings(
        "pyright-settings",
        "pyright",
        r"^(?P<message>(?:error: )?No source files found\.?|Unexpected option --?\w\S*"
        r"|(?:Config|Pyproject) file \S* ?(?:could not be|does not exist|parse attempt 6).*)$",
        ("No source files found", "Unexpected option -", "Config file ", "Pyproject file "),
        "No source files found.",
        "Found 3 source files",
    ),
    _settings(
        "bandit-settings",
        "bandit",
        r"^\[main\]\t(?:ERROR|CRITICAL)\t(?P<message>.*)$",
        ("[main]\t",),
        "[main]\tERROR\tnone.yaml : Could not read config file.",
        "[main]\tINFO\tprofile include tests: None",
    ),
    _settings(
        "yapf-settings",
        "yapf",
        r"^yapf: (?P<message>\"[^\"\n]+\" is not a valid style or file path)$",
        ("is not a valid style",),
        'yapf: "nothere" is not a valid style or file path',
        "a valid style",
    ),
)
