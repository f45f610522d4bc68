"""Coverage thresholds: coverage.py, pytest-cov, diff-cover.

The total itself is no part of the failure's identity: it moves with the platform and the Python.
"""

from __future__ import annotations

from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import Category

_BELOW = expression(
    r"^(?:(?:FAIL|ERROR:|Error:) )?(?:Required test coverage of (?P<percent>\d+(?:\.\d+)?)% not"
    r" reached|Coverage failure: total of \d\S* is less than fail-under=(?P<under>\d+(?:\.\d+)?)"
    r"|Failure\. Coverage is below (?P<diff>\d+(?:\.\d+)?)%"
    r"|.{0,80}?Coverage is below the failure threshold [\d.]+% < (?P<rust>\d+(?:\.\d+)?)%)"
)
_TOTAL = expression(r"^TOTAL +\d+ .*\d%$")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    hints = ("Required test coverage", "Coverage failure: total", "Coverage is below")
    hits = list(excerpt.grep(_BELOW, *hints))
    if hits:
        asked = (m["percent"] or m["under"] or m["diff"] or m["rust"] for _, m in hits)
        made = unique(diagnostic(None, None, f"coverage below {float(p):g}%") for p in asked)
        lines = tuple(index for index, _ in hits)
        yield Finding(
            "coverage", Category.TEST_FAILURE, Weight.VERDICT, lines, made, confidence=0.9
        )
    elif excerpt.exit_code == 2 and excerpt.mentions("coverage"):
        yield from _silent(excerpt)


def _silent(excerpt: Excerpt) -> Iterable[Finding]:
    """Before 6.0 ``coverage report`` said nothing: exit code 2 behind the table's last row."""
    last = excerpt.tail(1)
    if len(excerpt) and _TOTAL.match(excerpt.lines[last]):
        made = (diagnostic(None, None, "coverage below the threshold"),)
        yield Finding(
            "coverage", Category.TEST_FAILURE, Weight.SIGN, (last,), made, confidence=0.75
        )


RULES = (
    Rule(
        "coverage",
        ("Required test coverage", "Coverage failure: total", "Coverage is below", "TOTAL "),
        _find,
        "FAIL Required test coverage of 99% not reached. Total coverage: 60.00%",
        "Required test coverage of 50% reached. Total coverage: 60.00%",
    ),
    pattern(
        "coverage-data",
        r"^(?P<message>No data to (?:report|combine)\.?|No data was collected\..*"
        r"|Couldn't use data file .*|No source for code: .*|Can't combine .* data with .*"
        r"|Data file to combine from .*|Couldn't read config file .*"
        r"|Unrecognized option '\[?\w+.* in config file .*)$",
        triggers=(
            "No data ",
            "Couldn't use data file",
            "No source for code",
            "Can't combine ",
            "Data file to combine",
            "in config file",
            "read config file",
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="coverage",
        weight=Weight.HINT,
        final=Weight.VERDICT,
        confidence=0.75,
        matches="No data to report.",
        ignores="there is No data to report.",
    ),
)
