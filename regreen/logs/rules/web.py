"""JavaScript and TypeScript tools, by their own verdict lines."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, verdict
from regreen.model import AutoFixable, Category

RULES = (
    verdict(
        "jest",
        "jest",
        Category.TEST_FAILURE,
        r"^.{0,200}?(?P<message>Tests:? +(?:.*, )?[1-9]\d* failed\b|Test (?:Files"
        r"|Suites):? +(?:.*, )?[1-9]\d* failed\b|Failed: +\S+#test).*$",
        (" failed", "#test"),
        "Tests:       1 failed, 5 passed, 6 total",
        "Tests:       6 passed, 6 total",
    ),
    verdict(
        "node-tests",
        "node",
        Category.TEST_FAILURE,
        r"^\s*(?P<message>[1-9]\d* (?:failing|fail)|[1-9]\d* failed|# fail [1-9]\d*"
        r"|\u2139 fail [1-9]\d*)$",
        ("fail",),
        "  2 failing",
        "  2 passing",
    ),
    verdict(
        "tsc",
        "tsc",
        Category.TYPE_ERROR,
        r"^.{0,200}?(?P<file>[\w./@+-]+\.[cm]?[jt]sx?)(?:\((?P<line>\d+),(?P<column>"
        r"\d+)\)|:\d+:\d+)(?::| -) error (?P<code>TS\d+): (?P<message>.+)$",
        ("error TS",),
        "src/a.ts(4,26): error TS2307: Cannot find module 'b'.",
        "error TSX",
    ),
    verdict(
        "eslint",
        "eslint",
        Category.LINTING_ERROR,
        r"^\S? ?(?P<message>✖ \d+ problems? \([1-9]\d* errors?.*)$",
        ("problem",),
        "✖ 3 problems (1 error, 2 warnings)",
        "✖ 2 problems (0 errors, 2 warnings)",
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "prettier",
        "prettier",
        Category.LINTING_ERROR,
        r"^\[(?:warn|error)\] (?P<message>Code style issues (?:found|were found).*)$",
        ("Code style issues",),
        "[warn] Code style issues found in 2 files. Run Prettier to fix.",
        "All matched files use Prettier code style!",
        fixable=AutoFixable.YES,
    ),
    verdict(
        "npm",
        "npm",
        Category.DEPENDENCY_ISSUE,
        r"^npm (?:ERR!|error) (?:code )?(?P<message>(?:ERESOLVE|ETARGET|E404|EUSAGE"
        r"|EBADENGINE|notarget"
        r"|.*can only install packages when your package\.json).*)$",
        ("npm ERR!", "npm error"),
        "npm ERR! code ERESOLVE",
        "npm ERR! Test failed.",
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "webpack",
        "bundler",
        Category.BUILD_ERROR,
        r"^\s*(?P<message>Module not found: Error: .*|ERROR in .*"
        r"|Failed to compile\.?|error during build:|Build failed (?:with|because).*"
        r"|ERR_PNPM\S+.*|We were unable to automatically build your code.*)$",
        (
            "Module not found",
            "ERROR in ",
            "Failed to compile",
            "error during build",
            "Build failed",
            "ERR_PNPM",
            "unable to automatically build",
        ),
        "Failed to compile.",
        "Compiled successfully.",
        weight=Weight.SIGN,
    ),
    verdict(
        "javascript-syntax",
        "node",
        Category.SYNTAX_ERROR,
        r"^\s*(?P<message>SyntaxError: (?:Unexpected|Invalid or unexpected|missing"
        r"|Cannot use import|Identifier).*)$",
        ("SyntaxError: ",),
        "SyntaxError: Unexpected token 'export'",
        "SyntaxError: invalid syntax",
    ),
)
