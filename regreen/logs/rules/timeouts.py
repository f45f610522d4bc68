"""Time limits: the runner's, the provider's, a wait loop's, a program's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern
from regreen.logs.rules.shapes import compiled
from regreen.logs.rules.spoken import ending, is_last, mild, quoted, spoken
from regreen.model import AutoFixable, Category

_WAITED = (
    r"^(?P<message>.{0,200}?\b(?:did not|didn't|failed to|never|not|could not) (?:become|became"
    r"|come|get|be|start(?:ed)?|respond(?:ed)?|ready|healthy|available|reachable|up)\b.{0,60}?"
    r"(?:\bin time\b|\b(?:within|after|for)\b \d+ ?(?:s\b|sec|m\b|min|attempts|tries|retries|ms))"
    r".{0,80})$"
)
_TRIES = re.compile(
    r"(?i:\b(?:attempt|try|retry|waiting)\b)[^\d\n]{0,20}(?P<tried>\d+)(?: ?/ ?| of )(?P<most>\d+)"
)


def _exhausted(excerpt: Excerpt) -> Iterable[Finding]:
    """A loop that waited for something and whose last try was the last one it had."""
    first = ending(excerpt, 6)
    for index, match in excerpt.grep(compiled(_WAITED), *_WAITED_HINTS, first=first):
        if not (quoted(excerpt.lines[index]) or mild(excerpt.lines[index])):
            yield _finding(excerpt, index, match["message"], 0.8)
            return
    tries = list(excerpt.grep(_TRIES, *_TRY_HINTS, first=first))
    if tries and tries[-1][1]["tried"] == tries[-1][1]["most"] and int(tries[-1][1]["most"]) > 4:
        yield _finding(excerpt, tries[-1][0], "every try was used up", 0.55)


def _finding(excerpt: Excerpt, index: int, message: str, confidence: float) -> Finding:
    return Finding(
        None,
        Category.TIMEOUT,
        Weight.SIGN if confidence > 0.6 and is_last(excerpt, index) else Weight.HINT,
        (index,),
        (diagnostic(None, None, message),),
        AutoFixable.PARTIAL,
        confidence=confidence,
    )


_WAITED_HINTS = ("in time", "within ", " after ", " for ")
_TRY_HINTS = ("ttempt", "etry", "try ", "aiting")

RULES = (
    pattern(
        "time-limit",
        r"^.{0,200}?(?P<message>(?:Task aborted - max run time exceeded"
        r"|has exceeded the maximum execution time of .*"
        r"|ran longer than the maximum time of \d+ minutes.*"
        r"|execution took longer than .{1,40}|Build timed out \(after .*"
        r"|(?:The action '.*' has|The (?:action|task) has) timed out(?: after .*|\.)"
        r"|The job exceeded the maximum time limit for jobs, and has been terminated\.?"
        r"|No output has been received in the last \S+.*"
        r"|Too long with no output \(exceeded .*"
        r"|Cancelling nested steps due to timeout|Timeout has been exceeded"
        r"|There has been a timeout failure or the job got stuck.*"
        r"|max build time exceeded.*))$",
        triggers=(
            "max run time",
            "maximum execution time",
            "longer than the maximum",
            "took longer than",
            "Build timed out",
            "has timed out",
            "maximum time limit",
            "No output has been received",
            "Too long with no output",
            "due to timeout",
            "Timeout has been exceeded",
            "timeout failure",
            "build time exceeded",
        ),
        category=Category.TIMEOUT,
        weight=Weight.DECISIVE,
        fixable=AutoFixable.YES,
        tail=25,
        confidence=0.95,
        matches="The action 'Run tests' has timed out after 10 minutes.",
        ignores="the request timed out",
    ),
    Rule(
        "waited",
        (*_WAITED_HINTS, *_TRY_HINTS),
        _exhausted,
        "The API did not become ready in time.",
        "attempt 3/60: still starting",
    ),
    spoken(
        "timeout",
        r"^.{0,300}?(?P<message>(?:exceeded the maximum execution time"
        r"|has timed out after \d+|[Tt]imed out waiting for|[Tt]imeout waiting for"
        r"|[Tt]imeout expired waiting|timed out after \d+"
        r"|max run time exceeded|was terminated after \d+"
        r"|[Tt]imeout of \d+ ?\w* exceeded|attempts? of \d+s failed|Build timed out"
        r"|context deadline exceeded|deadline exceeded|DEADLINE_EXCEEDED|Job timed out"
        r"|timed out waiting on|TimeoutError: |TimeoutExpired: |sending signal \w+ to command"
        r"|\+{3,} Timeout \+{3,}|[Ee]xecution timed out|maximum time limit"
        r"|(?:command|process|operation|step|task|request|test|build|job) (?:has )?timed out\b"
        r"|exceeded .{0,20}time(?:out| limit)).*)$",
        triggers=(
            "xecution time",
            "imed out",
            "max run time",
            "terminated after",
            "imeout",
            "attempts of",
            "eadline exceeded",
            "DEADLINE_EXCEEDED",
            "time limit",
            "sending signal",
        ),
        category=Category.TIMEOUT,
        fixable=AutoFixable.YES,
        tail=12,
        matches="Error: Timed out waiting for: http://127.0.0.1:3001",
        ignores="the timeout is 5 seconds",
    ),
)
