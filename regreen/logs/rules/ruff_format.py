"""ruff format: files to reformat."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Severity

_WOULD = re.compile(r"^Would reformat: (?P<file>.+)$", re.MULTILINE)
_FRAMED = re.compile(
    r"^unformatted: File would be reformatted\n *--> (?P<file>\S[^\n]*?)(?::\d+:\d+)?$",
    re.MULTILINE,
)
_FLAT = re.compile(
    r"^(?P<file>[^\s:][^:\n]*+):\d+:\d+: unformatted: File would be reformatted", re.MULTILINE
)
_DIFF = re.compile(r"^--- (?P<file>\S[^\t\n]*?)(?:\t.*)?\n\+\+\+ ", re.MULTILINE)
_SUMMARY = re.compile(r"^\d+ files? would be reformatted\b.*$", re.MULTILINE)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    named = [
        (i, m["file"]) for e in (_WOULD, _FRAMED, _FLAT) for i, m in excerpt.finditer(e)
    ]
    summary = tuple(i for i, _ in excerpt.finditer(_SUMMARY))
    if not named and summary and (excerpt.script is None or excerpt.mentions("ruff")):
        named = [(i, m["file"]) for i, m in excerpt.finditer(_DIFF)]
    if named:
        yield Finding(
            "ruff-format",
            Category.LINTING_ERROR,
            Weight.VERDICT,
            (*(i for i, _ in named), *summary),
            unique(diagnostic(file, None, "would reformat") for _, file in named),
            AutoFixable.YES,
            Severity.LOW,
            0.99,
        )


RULES = (
    Rule(
        "ruff-format",
        ("Would reformat: ", "File would be reformatted", " would be reformatted"),
        _find,
        "Would reformat: src/a.py\n1 file would be reformatted, 3 files already formatted",
        "4 files already formatted",
    ),
)
