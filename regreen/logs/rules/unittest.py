"""unittest and Django's test runner."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.logs.rules.imports import missing
from regreen.model import AutoFixable, Category, Diagnostic

_HEAD = re.compile(
    r"^(?P<kind>FAIL|ERROR): (?P<test>\S+) \((?P<where>[\w.]+)\)(?P<sub>.*)$", re.MULTILINE
)
_SUMMARY = re.compile(
    r"^FAILED \((?=[^)\n]*(?:failures|errors|unexpected successes)=)[^)\n]*\)$", re.MULTILINE
)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    summaries = tuple(index for index, _ in excerpt.grep(_SUMMARY, "FAILED ("))
    heads = list(excerpt.grep(_HEAD, "FAIL: ", "ERROR: "))
    if not summaries:
        return
    lines = (*(index for index, _ in heads), *summaries)
    loading = [m for _, m in heads if "_FailedTest" in m["where"]]
    gone = missing(excerpt, prefix=None)
    if loading and len(loading) == len(heads) and gone.diagnostics:
        yield Finding(
            "python",
            Category.DEPENDENCY_ISSUE,
            Weight.VERDICT,
            (*gone.lines, *lines),
            gone.diagnostics,
            AutoFixable.PARTIAL,
            confidence=0.9,
        )
        return
    yield Finding(
        "unittest",
        Category.TEST_FAILURE,
        Weight.VERDICT,
        lines,
        unique(_made(match) for _, match in heads),
        confidence=0.96,
    )


def _made(match: re.Match[str]) -> Diagnostic:
    """The test by its dotted name: Python 3.11 and later repeat the method in the brackets."""
    where = match["where"].removesuffix(f".{match['test']}")
    code = "ERROR" if match["kind"] == "ERROR" else None
    return diagnostic(None, code, f"{where}.{match['test']}{match['sub']}")


RULES = (
    Rule(
        "unittest",
        ("FAILED (",),
        _find,
        "FAIL: test_a (tests.test_b.K)\n\nRan 1 test in 0.1s\n\nFAILED (failures=1)",
        "Ran 1 test in 0.1s\n\nOK",
    ),
)
