"""unittest and the runners that print as it does: Django's, trial, nose2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, unique
from regreen.logs.rules.imports import missing
from regreen.model import AutoFixable, Category, Diagnostic

_HEAD = expression(
    r"^(?P<kind>FAIL|ERROR|UNEXPECTED SUCCESS): (?P<test>\S+)"
    r"(?: \((?P<where>[\w.<>]+)\)(?P<sub>.*))?$"
)
_SUMMARY = expression(
    r"^FAILED \((?=[^)\n]*(?:failures|errors|unexpected successes|successes)=)[^)\n]*\)$"
)
_TRIAL = expression(r"^\[(?P<kind>FAIL|ERROR|SUCCESS!\?!)\]$")
_NAME = expression(r"^(?P<test>[A-Za-z_][\w]*(?:\.\w+)+|[a-z_]\w*)$")
_RULE = expression(r"^(?:=|-){70,}$")
_FRAME = expression(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?$')
_BROKEN = expression(r"^(?P<code>SyntaxError|IndentationError|TabError): (?P<message>.*)$")
_NONE = expression(r"^NO TESTS RAN(?: \([^)\n]*\))?$")
_LOADER = "_FailedTest"


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    """What failed in each run of the output, a run ending at its ``FAILED (…)``."""
    begin = 0
    for index, _ in excerpt.grep(_SUMMARY, "FAILED ("):
        part = excerpt.part(begin, index + 1)
        finding = _run(part)
        yield replace(finding, lines=tuple(line + begin for line in finding.lines))
        begin = index + 1
    nothing = [index for index, _ in excerpt.grep(_NONE, "NO TESTS RAN")]
    if not begin and nothing and (excerpt.exit_code == 5 or is_final(excerpt, nothing[-1])):
        yield Finding(
            "unittest",
            Category.CONFIGURATION_ERROR,
            Weight.VERDICT,
            (nothing[-1],),
            (diagnostic(None, None, "no tests ran"),),
            confidence=0.6,
        )


def _run(part: Excerpt) -> Finding:
    heads = list(part.grep(_HEAD, "FAIL: ", "ERROR: ", "UNEXPECTED SUCCESS: "))
    end = len(part) - 1
    lines = (*(index for index, _ in heads), end)
    loading = [m for _, m in heads if _LOADER in (m["where"] or "")]
    if loading and len(loading) == len(heads):
        cause = _not_loaded(part, end)
        if cause is not None:
            return cause
    made = [_made(part, heads, at) for at in range(len(heads))]
    if not made:
        named = list(_trial(part))
        made = [one for _, one in named]
        lines = (*(index for index, _ in named), end)
    return Finding(
        "unittest",
        Category.TEST_FAILURE,
        Weight.VERDICT,
        lines,
        unique(made),
        confidence=0.96,
    )


def _not_loaded(part: Excerpt, end: int) -> Finding | None:
    """What kept every failed module from being imported, when that is no test's fault."""
    gone = missing(part, prefix=None)
    if gone.diagnostics:
        return Finding(
            "python",
            Category.DEPENDENCY_ISSUE,
            Weight.VERDICT,
            (*gone.lines, end),
            gone.diagnostics,
            AutoFixable.PARTIAL,
            confidence=0.9,
        )
    broken = list(part.grep(_BROKEN, "Error: "))
    if not broken:
        return None
    made = [_at_frame(part, index, match) for index, match in broken]
    return Finding(
        "python",
        Category.SYNTAX_ERROR,
        Weight.VERDICT,
        (*(index for index, _ in broken), end),
        unique(made),
        confidence=0.9,
    )


def _at_frame(part: Excerpt, index: int, match: re.Match[str]) -> Diagnostic:
    for line in reversed(part.lines[max(index - 5, 0) : index]):
        if frame := _FRAME.match(line):
            return diagnostic(frame["file"], match["code"], match["message"], frame["line"])
    return diagnostic(None, match["code"], match["message"])


def _made(part: Excerpt, heads: list[tuple[int, re.Match[str]]], at: int) -> Diagnostic:
    """The test by its dotted name: Python 3.11 and later repeat the method in the brackets."""
    index, match = heads[at]
    end = heads[at + 1][0] if at + 1 < len(heads) else len(part)
    code = "ERROR" if match["kind"] == "ERROR" else None
    where = (match["where"] or "").removesuffix(f".{match['test']}")
    name = f"{where}.{match['test']}" if where else match["test"]
    method = match["test"].rsplit(".", 1)[-1]
    line = next(
        (
            frame["line"]
            for text in part.lines[index:end]
            if (frame := _FRAME.match(text)) and frame["name"] == method
        ),
        None,
    )
    return diagnostic(None, code, f"{name}{match['sub'] or ''}", line)


def _trial(part: Excerpt) -> Iterator[tuple[int, Diagnostic]]:
    """Twisted's trial: ``[FAIL]``, a traceback, and then the names of the tests it belongs to."""
    kind: str | None = None
    for index, line in enumerate(part.lines):
        if head := _TRIAL.match(line):
            kind = head["kind"]
        elif _RULE.match(line):
            kind = None
        elif kind is not None and (name := _NAME.match(line)):
            yield index, diagnostic(None, "ERROR" if kind == "ERROR" else None, name["test"])


RULES = (
    Rule(
        "unittest",
        ("FAILED (", "NO TESTS RAN"),
        _find,
        "FAIL: test_a (tests.test_b.K)\n\nRan 1 test in 0.1s\n\nFAILED (failures=1)",
        "Ran 1 test in 0.1s\n\nOK",
    ),
)
