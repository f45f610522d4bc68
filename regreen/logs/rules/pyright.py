"""pyright, basedpyright and ty."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import Category

_ERROR = re.compile(
    r"^ +(?P<file>\S[^\n]*?):(?P<line>\d+):(?P<column>\d+) - error: (?P<message>.+?)"
    r"(?: \((?P<code>report\w+)\))?$",
    re.MULTILINE,
)
_SUMMARY = re.compile(
    r"^[1-9]\d* errors?, \d+ warnings?, \d+ (?:informations?|notes?).*$", re.MULTILINE
)
_TY = re.compile(
    r"^error\[(?P<code>[\w-]+)\]: (?P<message>.+)\n *-->"
    r" (?P<file>\S.*?):(?P<line>\d+):(?P<column>\d+)$",
    re.MULTILINE,
)
_TY_SUMMARY = re.compile(r"^Found \d+ diagnostics?$", re.MULTILINE)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    name = "basedpyright" if excerpt.mentions("basedpyright") else "pyright"
    for tool, found, summary in (
        (name, excerpt.grep(_ERROR, " - error: "), _SUMMARY),
        ("ty", excerpt.finditer(_TY) if "error[" in excerpt else (), _TY_SUMMARY),
    ):
        hits = list(found)
        ends = tuple(index for index, _ in excerpt.grep(summary, " errors", "Found ", " error,"))
        if hits and (tool != "ty" or ends):
            yield Finding(
                tool,
                Category.TYPE_ERROR,
                Weight.VERDICT,
                (*(index for index, _ in hits), *ends),
                unique(
                    diagnostic(m["file"], m["code"], m["message"], m["line"], m["column"])
                    for _, m in hits
                ),
                confidence=0.98,
            )


RULES = (
    Rule(
        "pyright",
        (" - error: ", "error["),
        _find,
        "  /home/runner/work/a/a/b.py:1:6 - error: Expected expression (reportGeneral)\n"
        "1 error, 0 warnings, 0 informations",
        "  /home/runner/work/a/a/b.py:1:6 - warning: Import is not accessed",
    ),
)
