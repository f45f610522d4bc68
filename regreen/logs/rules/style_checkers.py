"""Checkers of one language or format each: lintrunner, vale, djlint, sqlfluff, buf, protolint."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

RULES = (
    checker(
        "lintrunner",
        "lintrunner",
        None,
        (
            Shape(
                r"^  (?:(?:Error|Warning|Advice|Disabled) )?\([A-Z][A-Z0-9_]*\) (?P<code>\S.*)\n"
                r"    (?P<message>\S.*)$",
                ("  Error (", "  Warning (", "  Advice (", ">>> Lint for "),
                r"^>>> (?:Lint for (?P<file>.+?)|General linter failure):$",
                spans=True,
            ),
        ),
        triggers=(">>> Lint for ",),
        alone=Weight.VERDICT,
        fixable=AutoFixable.PARTIAL,
        matches=">>> Lint for pkg/a.py:\n\n  Error (FLAKE8) F401\n    'os' imported but unused",
        ignores=">>> Lint for pkg/a.py:",
    ),
    checker(
        "vale",
        "vale",
        r"^\u2716 [1-9]\d* errors?, \d+ warnings? and \d+ suggestions? in \d+ files?\.$",
        (
            Shape(
                r"^ +(?P<line>\d+):(?P<column>\d+) +error +(?P<message>\S.*?) {2,}"
                r"(?P<code>\w+\.[\w.]+)\s*$",
                (" error ",),
                r"^ *(?P<file>[^\s:]\S*\.\w+)$",
            ),
        ),
        triggers=(" suggestion in ", " suggestions in "),
        matches=" docs/a.md\n 3:5  error  Did you really mean 'teh'?  Vale.Spelling\n\n"
        "\u2716 1 error, 0 warnings and 0 suggestions in 1 file.",
        ignores="\u2714 0 errors, 0 warnings and 0 suggestions in 1 file.",
    ),
    pattern(
        "proselint",
        r"^(?P<file>[^\s:]+\.(?:md|txt|rst|tex|adoc)):(?P<line>\d+):(?P<column>\d+): "
        r"(?P<code>[a-z_]+(?:\.[a-z_0-9]+)+) (?P<message>.+)$",
        triggers=(".md:", ".txt:", ".rst:", ".tex:"),
        category=Category.LINTING_ERROR,
        tool="proselint",
        weight=Weight.SIGN,
        matches="docs/a.md:3:5: typography.symbols.ellipsis Use the ellipsis symbol.",
        ignores="docs/a.md:3:5: a remark",
    ),
    checker(
        "djlint",
        "djlint",
        r"^(?:Linted \d+ files?, found [1-9]\d* errors?\.|[1-9]\d* files? would be updated\.)$",
        (
            Shape(
                r"^(?P<code>[A-Z]\d{3}) (?P<line>\d+):(?P<column>\d+) (?P<message>\S.*)$",
                ("H0", "T0", "D0", "J0", "N0"),
                r"^(?P<file>[^\s:]\S*\.\w+)$",
            ),
        ),
        triggers=("Linted ", " would be updated."),
        fixable=AutoFixable.PARTIAL,
        matches="templates/a.html\nH025 3:4 Tag seems to be an orphan. <div\n\n"
        "Linted 5 files, found 1 error.",
        ignores="Linted 5 files, found 0 errors.",
    ),
    checker(
        "sqlfluff",
        "sqlfluff",
        r"^== \[.+\] FAIL$",
        (
            Shape(
                r"^L: +(?P<line>\d+) \| P: +(?P<column>\d+) \| +(?P<code>[A-Z]{2,4}\d{0,3}) \| "
                r"(?P<message>.+)$",
                (" | P: ",),
                r"^== \[(?P<file>.+)\] FAIL$",
            ),
        ),
        triggers=("] FAIL",),
        fixable=AutoFixable.PARTIAL,
        matches="== [models/a.sql] FAIL\nL:   3 | P:   8 | LT01 | Expected single whitespace.",
        ignores="== [models/a.sql] PASS",
    ),
    pattern(
        "buf",
        r"^(?P<file>[^\s:]+\.proto):(?P<line>\d+):(?P<column>\d+):(?P<message>\S.*)$",
        triggers=(".proto:",),
        category=Category.LINTING_ERROR,
        tool="buf",
        weight=Weight.VERDICT,
        matches='proto/a.proto:3:1:Package name "a" should be suffixed with a version.',
        ignores="proto/a.proto:3:1: warning: Import b.proto is unused.",
    ),
    pattern(
        "protolint",
        r"^\[(?P<file>[^\s:\]]+\.proto):(?P<line>\d+):(?P<column>\d+)\] (?P<message>.+)$",
        triggers=(".proto:",),
        category=Category.LINTING_ERROR,
        tool="protolint",
        weight=Weight.VERDICT,
        matches='[proto/a.proto:3:1] Found an incorrect indentation style "".',
        ignores="[proto/a.proto] fine",
    ),
    checker(
        "luacheck",
        "luacheck",
        r"^Total: (?:[1-9]\d* warnings? / \d+ errors?|\d+ warnings? / [1-9]\d* errors?)"
        r" in \d+ files?$",
        (
            Shape(
                r"^ +(?P<file>[^\s:]+\.lua):(?P<line>\d+):(?P<column>\d+): (?:\((?P<code>\w+)\) )?"
                r"(?P<message>.+)$",
                (".lua:",),
            ),
        ),
        triggers=(" warnings / ", " warning / "),
        matches="    src/a.lua:3:7: unused variable x\n\nTotal: 1 warning / 0 errors in 2 files",
        ignores="Total: 0 warnings / 0 errors in 2 files",
    ),
    pattern(
        "own-checker",
        r"^(?!(?:fatal|syntax|parse|internal|compil\w*|runtime|type|build|link\w*|config\w*) )"
        r"(?P<code>[a-z][\w-]{1,30}) error: (?P<file>[^\s:]*[/.][^\s:]*):(?P<line>\d+)"
        r"(?::(?P<column>\d+))?: (?P<message>\S.*)$",
        triggers=(" error: ",),
        category=Category.LINTING_ERROR,
        weight=Weight.SIGN,
        confidence=0.45,
        matches="tidy error: src/a.rs:3: trailing whitespace",
        ignores="src/a.rs:3:1: error: trailing whitespace",
    ),
    checker(
        "cfn-lint",
        "cfn-lint",
        None,
        (
            Shape(
                r"^(?P<code>[EW]\d{4}) (?P<message>[^\n]+)\n(?P<file>[^\s:]{1,250}\.(?:ya?ml|json"
                r"|template)):(?P<line>\d+):(?P<column>\d+)$",
                (".yml:", ".yaml:", ".json:", ".template:"),
                spans=True,
            ),
        ),
        triggers=(".yml:", ".yaml:", ".json:", ".template:"),
        alone=Weight.SIGN,
        confidence=0.85,
        matches="W3005 Obsolete DependsOn on resource (Net)\nstacks/net.yml:102:5",
        ignores="stacks/net.yml:102:5",
    ),
)
