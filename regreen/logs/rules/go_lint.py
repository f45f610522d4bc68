"""Linters and scanners of Go: golangci-lint 1 and 2, staticcheck, govulncheck, gosec."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern, verdict
from regreen.logs.rules.shapes import Shape, checker
from regreen.model import AutoFixable, Category

RULES = (
    checker(
        "golangci-lint",
        "golangci-lint",
        r"^[1-9]\d* issues?:$|^(?:Error: )?issues found$",
        (
            Shape(
                r"^(?P<file>[\w./@+-]+\.go):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>.+) "
                r"\((?!typecheck)(?P<code>[a-z][\w-]+)\)$",
                (".go:",),
            ),
        ),
        triggers=(".go:", " issues:"),
        needs_rows=True,
        alone=Weight.VERDICT,
        fixable=AutoFixable.PARTIAL,
        matches="a/b.go:45:1: File is not properly formatted (gofmt)",
        ignores="a/b.go:45:1: undefined: x",
    ),
    pattern(
        "golangci-typecheck",
        r"^(?P<file>[\w./@+-]+\.go):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>.+) "
        r"\((?P<code>typecheck)\)$",
        triggers=("(typecheck)",),
        category=Category.BUILD_ERROR,
        tool="golangci-lint",
        weight=Weight.VERDICT,
        matches="a/b.go:4:1: undefined: x (typecheck)",
        ignores="a/b.go:4:1: undefined: x",
    ),
    verdict(
        "golangci-configuration",
        "golangci-lint",
        Category.CONFIGURATION_ERROR,
        r"^(?:Error: |level=error msg=\")(?P<message>(?:can't load config|can't read (?:viper )"
        r"?config"
        r"|unsupported version of the configuration|you are using a configuration file for golangci"
        r"|[Uu]nknown linters?|Running error: (?:context loading failed|unknown linters"
        r"|\d+ errors? occurred|error)|failed to validate|the configuration contains invalid"
        r"|the Go language version \(.*\) used to build golangci-lint).*)$",
        ("Error: ", "level=error msg="),
        "Error: can't load config: unsupported version of the configuration",
        "Error: issues found",
    ),
    verdict(
        "golangci-timeout",
        "golangci-lint",
        Category.TIMEOUT,
        r"^.{0,60}?(?P<message>Timeout exceeded: try increasing it by passing --timeout option.*)$",
        ("Timeout exceeded: try increasing",),
        'level=error msg="Timeout exceeded: try increasing it by passing --timeout option"',
        "Timeout of 5m",
    ),
    pattern(
        "staticcheck",
        r"^(?P<file>[\w./@+-]+\.go):(?P<line>\d+):(?P<column>\d+): (?P<message>.+) "
        r"\((?P<code>(?:SA|ST|S|QF|U)\d{4})\)$",
        triggers=("(SA", "(ST", "(S1", "(QF", "(U1"),
        category=Category.LINTING_ERROR,
        tool="staticcheck",
        weight=Weight.VERDICT,
        matches="a/b.go:4:1: this value of err is never used (SA4006)",
        ignores="a/b.go:4:1: this value of err is never used",
    ),
    verdict(
        "govulncheck",
        "govulncheck",
        Category.SECURITY_SCAN,
        r"^(?P<message>Your code is affected by [1-9]\d* vulnerabilit.*"
        r"|\s*Issues *: *(?:\x1b\S*)?[1-9]\d*.*)$",
        ("Your code is affected by", "Issues "),
        "Your code is affected by 3 vulnerabilities from 1 module.",
        "Your code is affected by 0 vulnerabilities.",
    ),
)
