"""Test runners with words of their own: doctest, behave, Robot Framework, stestr."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import Category


def _runner(
    tool: str,
    end: str,
    item: str,
    *,
    triggers: tuple[str, ...],
    items: tuple[str, ...],
    matches: str,
    ignores: str,
) -> Rule:
    """A rule for a runner that counts failures on the line ``end`` and names each by ``item``."""
    verdict, named = re.compile(end), re.compile(item, re.MULTILINE)

    def find(excerpt: Excerpt) -> Iterable[Finding]:
        ends = [index for index, _ in excerpt.grep(verdict, *triggers)]
        if not ends:
            return
        hits = list(excerpt.near(named, *items))
        made = []
        for _, match in hits:
            got = match.groupdict()
            made.append(diagnostic(got.get("file"), None, match["message"], got.get("line")))
        yield Finding(
            tool,
            Category.TEST_FAILURE,
            Weight.VERDICT,
            (*(index for index, _ in hits), *ends),
            unique(made),
            confidence=0.95,
        )

    return Rule(tool, triggers, find, matches, ignores)


RULES = (
    _runner(
        "doctest",
        r"^\*\*\*Test Failed\*\*\* \d+ failures?\.?$",
        r'^File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<message>\S+)\nFailed example:$',
        triggers=("***Test Failed*** ",),
        items=("Failed example:",),
        matches='File "a.py", line 3, in a.f\nFailed example:\n    f()\n'
        "***Test Failed*** 1 failure.",
        ignores="Test passed.",
    ),
    _runner(
        "behave",
        r"^\d+ (?:feature|scenario)s? passed, (?:\d+ failed, [1-9]\d* error|[1-9]\d* failed)",
        r"^  (?P<file>\S+\.feature):(?P<line>\d+)  (?P<message>.+)$",
        triggers=(" passed, ",),
        items=(".feature:",),
        matches="Failing scenarios:\n  features/a.feature:2  Log in\n\n"
        "0 scenarios passed, 1 failed, 0 skipped",
        ignores="3 scenarios passed, 0 failed, 0 skipped",
    ),
    _runner(
        "robot",
        r"^\d+ (?:critical )?tests?(?: total)?, \d+ passed, [1-9]\d* failed",
        r"^(?P<message>\S.*?) +\| FAIL \|$(?!\n\d+ (?:critical )?tests?\b)",
        triggers=(" passed, ",),
        items=("| FAIL |",),
        matches="Log in                          | FAIL |\n1 != 2\n2 tests, 1 passed, 1 failed",
        ignores="2 tests, 2 passed, 0 failed",
    ),
    _runner(
        "stestr",
        r"^ - Failed: +[1-9]\d*$",
        r"^\{\d+\} (?P<message>\S.*?) \[[\d.]+s\] \.\.\. FAILED$",
        triggers=(" - Failed: ",),
        items=("... FAILED",),
        matches="{0} tests.test_a.K.test_b [0.000094s] ... FAILED\n - Passed: 1\n - Failed: 1",
        ignores=" - Failed: 0",
    ),
)
