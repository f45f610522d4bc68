"""Shell, YAML and infrastructure checkers, and test harnesses of their own kind."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, verdict
from regreen.model import Category

RULES = (
    verdict(
        "terraform",
        "terraform",
        Category.CONFIGURATION_ERROR,
        r"^[│╷ ]*Error: (?P<message>(?:Unsupported argument|Missing required argument"
        r"|Invalid (?:reference|function|expression)|Reference to undeclared"
        r"|Argument or block).*)$",
        ("Error: ",),
        "│ Error: Unsupported argument",
        "Error: other",
        weight=Weight.SIGN,
    ),
    verdict(
        "shell-linters",
        "shellcheck",
        Category.LINTING_ERROR,
        r"^(?P<message>In (?P<file>\S+) line (?P<line>\d+):)$|^ *\^-+\^? (?P<code>SC\d{4}) .*$",
        ("SC1", "SC2", "SC3"),
        "In a.sh line 3:\n  ^-- SC2086 (info): Double quote",
        "In a line 3",
    ),
    verdict(
        "yamllint",
        "yamllint",
        Category.LINTING_ERROR,
        r"^ +(?P<line>\d+):(?P<column>\d+) +error +(?P<message>.+?) +\((?P<code>[\w-]+)\)$",
        ("  error  ",),
        "  3:81      error    line too long (90 > 80 characters)  (line-length)",
        "  3:81      warning  line too long  (line-length)",
    ),
    verdict(
        "mozilla",
        "mozharness",
        Category.TEST_FAILURE,
        r"TEST-UNEXPECTED-\w+ \| (?P<message>[^|\n]+)",
        ("TEST-UNEXPECTED-",),
        "INFO - TEST-UNEXPECTED-FAIL | a/b.js | no",
        "TEST-PASS | a/b.js",
    ),
)
