"""isort: imports to sort."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category, Severity

_ERROR = expression(
    r"^(?:ERROR: )?(?P<file>\S.*?) Imports are incorrectly sorted(?: and/or formatted)?\.?\s*$",
    re.MULTILINE,
)
_DIFF = expression(r"^--- (?P<file>\S.*?):before(?:\t.*)?$", re.MULTILINE)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    named = [(i, m["file"]) for i, m in excerpt.grep(_ERROR, "Imports are incorrectly")]
    diffs = [(i, m["file"]) for i, m in excerpt.grep(_DIFF, ":before")]
    found = named or diffs
    if found:
        yield Finding(
            "isort",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            tuple(i for i, _ in found),
            unique(diagnostic(file, None, "imports are incorrectly sorted") for _, file in found),
            AutoFixable.YES,
            Severity.LOW,
            0.99,
        )


RULES = (
    Rule(
        "isort",
        ("Imports are incorrectly sorted", ":before"),
        _find,
        "ERROR: /home/runner/work/a/a/b.py Imports are incorrectly sorted and/or formatted.",
        "Skipped 1 files",
    ),
    pattern(
        "isort-paths",
        r"^Broken \d+ paths?$",
        triggers=("Broken ",),
        category=Category.CONFIGURATION_ERROR,
        tool="isort",
        weight=Weight.HINT,
        final=Weight.VERDICT,
        matches="Broken 1 paths",
        ignores="Broken paths",
    ),
)
