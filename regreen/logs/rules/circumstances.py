"""How a step ended where its exit code or the runner says more than its output."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Example, Finding, Rule, Weight, diagnostic
from regreen.model import AutoFixable, Category

_KILLED = {
    124: (Category.TIMEOUT, "the command was stopped by a time limit"),
    137: (Category.RESOURCE_EXHAUSTION, "the process was killed, most likely for its memory"),
    -9: (Category.RESOURCE_EXHAUSTION, "the process was killed, most likely for its memory"),
}
_TESTS = re.compile(r"(?<![a-z])tests?(?![a-z])")
_CRASHES = {
    132: "the program ended with an illegal instruction",
    134: "the program aborted",
    135: "the program ended with a bus error",
    136: "the program ended with a floating point exception",
    139: "the program ended with a segmentation fault",
}
_BROKEN = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)(?:: .*)?$|^(?:fatal|panic|FATAL)\b.*"
)


def _last(excerpt: Excerpt) -> int:
    return max((i for i, line in enumerate(excerpt.lines) if line.strip()), default=-1)


def _cancelled(excerpt: Excerpt) -> Iterable[Finding]:
    """Broken off by the runner; an error as the last words has the better claim to be the cause."""
    if excerpt.cancelled:
        last = _last(excerpt)
        said = excerpt.lines[max(last - 6, 0) : last + 1]
        broken = any(_BROKEN.match(line) for line in said)
        yield Finding(
            None,
            Category.TIMEOUT,
            Weight.HINT if broken else Weight.SIGN,
            (last,) if last >= 0 else (),
            (diagnostic(None, None, "the runner cancelled the step"),),
            AutoFixable.YES,
            confidence=0.6,
        )


def _killed(excerpt: Excerpt) -> Iterable[Finding]:
    known = _KILLED.get(excerpt.exit_code or 0)
    if known is not None:
        last = _last(excerpt)
        made = diagnostic(None, f"exit {excerpt.exit_code}", known[1])
        yield Finding(
            None, known[0], Weight.SIGN, (last,) if last >= 0 else (), (made,), confidence=0.75
        )


def _crashed(excerpt: Excerpt) -> Iterable[Finding]:
    """A program that a signal of its own making ended: a test's failure where tests ran."""
    said = _CRASHES.get(excerpt.exit_code or 0)
    if said is not None and _TESTS.search(excerpt.script or ""):
        last = _last(excerpt)
        made = diagnostic(None, f"exit {excerpt.exit_code}", said)
        yield Finding(
            None,
            Category.TEST_FAILURE,
            Weight.HINT,
            (last,) if last >= 0 else (),
            (made,),
            confidence=0.55,
        )


RULES = (
    Rule("cancelled", ("",), _cancelled, "...", "...", example=Example(cancelled=True)),
    Rule("killed", ("",), _killed, "...", "...", example=Example(exit_code=137)),
    Rule(
        "crashed",
        ("",),
        _crashed,
        "...",
        "...",
        example=Example("make test", exit_code=139),
    ),
)
