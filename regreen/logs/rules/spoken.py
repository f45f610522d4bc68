"""Words of trouble (a time-out, a refusal, a lost connection) that count only where they are said.

The same words stand in source lines that a compiler shows, in the names of tests, in warnings and
in the report of a try that was made again. A rule made here leaves those out, looks at the end of
the output only, and is the surer the nearer its words stand to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import NOISE, Finding, Rule, Weight, diagnostic, unique
from regreen.logs.rules.shapes import compiled
from regreen.model import AutoFixable, Diagnostic

_QUOTED = re.compile(
    r"^\s*+(?:(?:> {0,8})?\d+ *+[|\u2502] |[|\u2502>] |\++ |E  |>  |at |-{3} (?:PASS"
    r"|FAIL|SKIP)|=== |ok \d|not ok \d|[\u2713\u2714\u2717\u2718\u2715\u221a\u25cf\u25cb\u00d7] "
    r"|\((?:pass|fail|skip|todo)\) )"
    r"|\.\w{1,4}::\S|\b(?:PASSED|FAILED|SKIPPED|XFAIL|XPASS)\b(?: +\[ *\d+%\])?$"
    r"|\.\.\. (?:ok|FAILED|skipped|ignored)\b"
    r"|^\s*(?:raise|throw|return|assert|if|elif|else|def|fn|func|echo|print\w*|it|test|expect"
    r"|describe|const|let|var|#\w+)\b[ (].*[\"'`]"
    r"|\b(?:assert\w*|expect\w*|XCTAssert\w*|toThrow\w*|toEqual|toBe)\(.*[\"'`]"
    r"|^\s*(?:\"[^\"]*\"|'[^']*'),?$"
)
"""Source lines behind a compiler's gutter, traced commands, tests' names, assertions, literals."""
_MILD = re.compile(
    r"^\s*(?:\S{0,40} )?\[?(?:warning|warn|debug|notice|info|trace|hint|note)\b[\]:]?"
    r"|^W: |^npm warn|\b(?:retry(?:ing)?|will retry|trying again|back off|attempt \d+ of \d+"
    r"|retries left|falling back|ignored|ignoring|skipping|non-fatal|continuing)\b"
    r"|^\s*Failed to (?:save|restore): ",
    re.IGNORECASE,
)
"""Words of a line that says itself that the program goes on."""
_GRAVE = re.compile(
    r"^\s*(?:[!\u274c\u2717\u2716] *|\[?[\w.@/-]{0,40}\]?:? )?\[?"
    r"(?:error|fatal|failed|failure|panic|err!|e:|curl: \(|ssh: |scp: |rsync: |remote: "
    r"|(?:[\w.]{1,80}\.)?\w{1,60}(?:error|exception)(?: \[\w{1,40}\])?: )",
    re.IGNORECASE,
)
"""How a line begins that is an error message."""
_FAREWELL = re.compile(
    r"^\s*(?:Exited with code|CircleCI received exit code|user command error|\^{3} \+{3}"
    r"|\S{0,4} ?Error: The command exited with status|ERROR: Job failed: (?:exit|command)"
    r"|Cleaning up project directory|Done\. Your build exited|The command \".*\" exited"
    r"|Finished: |error: Recipe |task: Failed to run task|(?:Bash|Cmd\.exe|PowerShell) exited with"
    r"|ERROR: script returned exit code|error: script \"|error Command failed|info Visit https"
    r"|npm (?:ERR!|error)|\S*ELIFECYCLE|Error: Process completed|Process completed with"
    r"|Node\.js v\d|error: process \"|ERROR: process \"|\[Pipeline\]|Build step '|Build \S+ marked"
    r"|exit status \d+|exit code:? \d+|Error: (?:exit status|The process) .*|make(?:\[\d+\])?: "
    r"|at (?:async )?[\w$.<>\[\] /:]{1,200}(?:\(|:\d+)|\.\.\. \d+ more$)"
)
"""What runners, shells and task runners say behind the program that failed; frames of a stack."""
_NEAR = 10
"""Lines from the end within which words count without an error's beginning."""


def quoted(line: str) -> bool:
    """Whether ``line`` shows somebody else's words: source, a test's name, an expectation."""
    return _QUOTED.search(line) is not None


def mild(line: str) -> bool:
    """Whether ``line`` is a warning, or says that the program goes on."""
    return _MILD.search(line) is not None


def is_last(excerpt: Excerpt, index: int) -> bool:
    """Whether nothing but farewells of the programs around it stands below line ``index``."""
    below = islice(excerpt.lines, index + 1, index + 42)
    return len(excerpt) - index <= 42 and all(_farewell(line) for line in below)


def _farewell(line: str) -> bool:
    line = line.strip()
    return not line or bool(NOISE.match(line) or _FAREWELL.match(line))


def ending(excerpt: Excerpt, count: int) -> int:
    """The index of the first of the last ``count`` lines that are no farewells."""
    left = count
    for index in range(len(excerpt) - 1, max(len(excerpt) - 400, -1), -1):
        if not _farewell(excerpt.lines[index]):
            left -= 1
            if left <= 0:
                return index
    return max(len(excerpt) - 400, 0)


def spoken(
    rule_id: str,
    expression: str,
    *,
    triggers: tuple[str, ...],
    category: str,
    matches: str,
    ignores: str,
    tool: str | None = None,
    weight: Weight = Weight.HINT,
    final: Weight = Weight.SIGN,
    fixable: AutoFixable = AutoFixable.NO,
    confidence: float = 0.8,
    beats: frozenset[str] = frozenset(),
    tail: int = 25,
) -> Rule:
    """A rule for words that only count when a program says them near its end.

    The groups ``code`` and ``message`` become the diagnostic. ``final`` is the weight when nothing
    but farewells follows, ``weight`` that of an error message with more behind it. What is neither
    final nor an error message counts in the last lines only, and is a guess.
    """

    def find(excerpt: Excerpt) -> Iterable[Finding]:
        hits = [
            (index, match)
            for index, match in excerpt.grep(
                compiled(expression), *triggers, first=excerpt.tail(tail)
            )
            if not (quoted(excerpt.lines[index]) or mild(excerpt.lines[index]))
        ]
        if not hits:
            return
        last = hits[-1][0]
        ends = is_last(excerpt, last)
        grave = _GRAVE.match(excerpt.lines[last]) is not None
        if not (ends or grave or last >= ending(excerpt, _NEAR)):
            return
        yield Finding(
            tool,
            category,
            final if ends else weight,
            tuple(index for index, _ in hits),
            unique(_said(match) for _, match in hits),
            fixable,
            confidence=confidence if ends else min(confidence, 0.75 if grave else 0.55),
        )

    return Rule(rule_id, triggers, find, matches, ignores, beats)


def _said(match: re.Match[str]) -> Diagnostic:
    got = match.groupdict()
    return diagnostic(None, got.get("code"), got.get("message") or match[0])
