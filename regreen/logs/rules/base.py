"""What a rule is, and what it finds.

A rule knows the output of one tool (or of one kind of trouble). It gets an ``Excerpt`` and yields
``Finding`` values; ranking them and making them a ``Failure`` is not its business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cache

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.paths import relative
from regreen.model import AutoFixable, Diagnostic, Severity, normalise


class Weight(IntEnum):
    """How strongly a finding claims to be the cause of the step's end."""

    HINT = 1
    """Words that often go with a failure, and as often with a success."""
    SIGN = 2
    """An error message, though the program may have gone on after it."""
    VERDICT = 3
    """The tool itself says that it failed, and that is what makes its exit code."""
    DECISIVE = 4
    """Nothing else can have ended the step: the runner's or the kernel's own word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one tool said; ``lines`` are indices into the excerpt."""

    tool: str | None
    category: str
    weight: Weight
    lines: tuple[int, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    fixable: AutoFixable = AutoFixable.NO
    severity: Severity | None = None
    confidence: float = 0.95
    collected: bool = False
    """The program went on after it and failed at its end for all it had collected."""
    rule: str = ""
    """The id of the rule that found it."""

    @property
    def end(self) -> int:
        """The index of the last line that belongs to the finding."""
        return max(self.lines, default=-1)


@dataclass(frozen=True, slots=True)
class Example:
    """How the step of a rule's example ran and ended, for rules that ask for more than words."""

    script: str | None = None
    exit_code: int | None = 1
    cancelled: bool = False

    def excerpt(self, output: str) -> Excerpt:
        """The step with ``output`` as all that it printed."""
        return Excerpt(
            output.split("\n"),
            script=self.script,
            exit_code=self.exit_code,
            cancelled=self.cancelled,
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """How one tool's failure is recognised.

    ``triggers`` are literal texts of which one must be in the output before ``find`` is asked.
    ``beats`` names tools (or other rules, by id) whose findings are only echoes of this one's.
    ``matches`` is an output that must be found, ``ignores`` one that must not. ``words`` are
    literals that ``find`` looks for besides: one pass over the output tells which are missing.
    ``example`` is the step that printed ``matches``; of the one that printed ``ignores`` nothing
    is known but that it failed.
    """

    id: str
    triggers: tuple[str, ...]
    find: Callable[[Excerpt], Iterable[Finding]]
    matches: str
    ignores: str
    beats: frozenset[str] = field(default=frozenset())
    words: tuple[str, ...] = ()
    example: Example = Example()

    def __call__(self, excerpt: Excerpt) -> Iterable[Finding]:
        """Yield what the rule finds in ``excerpt``, signed with its id."""
        if any(trigger in excerpt for trigger in self.triggers):
            for finding in self.find(excerpt):
                yield finding if finding.rule else replace(finding, rule=self.id)


def diagnostic(
    file: str | None,
    code: str | None,
    message: str,
    line: str | int | None = None,
    column: str | int | None = None,
) -> Diagnostic:
    """A diagnostic with a repository-relative file and a message free of run-specific parts."""
    return Diagnostic(
        relative(file) if file else None,
        code or None,
        normalise(message),
        int(line) if line else None,
        int(column) if column else None,
    )


def _multiline(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.MULTILINE)


def pattern(
    rule_id: str,
    expression: str,
    *,
    triggers: tuple[str, ...],
    category: str,
    matches: str,
    ignores: str,
    tool: str | None = None,
    weight: Weight = Weight.SIGN,
    fixable: AutoFixable = AutoFixable.NO,
    severity: Severity | None = None,
    confidence: float = 0.9,
    beats: frozenset[str] = frozenset(),
    tail: int | None = None,
    final: Weight | None = None,
    spans: bool = False,
    compiler: Callable[[str], re.Pattern[str]] = _multiline,
) -> Rule:
    """A rule of one regular expression, matched against lines that hold a trigger.

    The groups ``file``, ``line``, ``column``, ``code`` and ``message`` become the diagnostic, the
    whole match where there is no ``message``. All matches make one finding. With ``tail`` only
    matches in so many last lines count; ``final`` is the weight when nothing but wrappers'
    farewells follows. ``spans`` is for an expression that reaches over lines. ``compiler`` makes
    the pattern from the expression, once it is needed.
    """

    @cache
    def compile_once() -> re.Pattern[str]:
        return compiler(expression)

    def find(excerpt: Excerpt) -> Iterable[Finding]:
        compiled = compile_once()
        first = 0 if tail is None else excerpt.tail(tail)
        if spans:
            hits = [hit for hit in excerpt.near(compiled, *triggers) if hit[0] >= first]
        else:
            hits = list(excerpt.grep(compiled, *triggers, first=first))
        if hits:
            last = final is not None and is_final(excerpt, hits[-1][0])
            yield Finding(
                tool,
                category,
                final if last and final is not None else weight,
                tuple(index for index, _ in hits),
                unique(_from_groups(match, compiled.groupindex) for _, match in hits),
                fixable,
                severity,
                confidence,
            )

    return Rule(rule_id, triggers, find, matches, ignores, beats)


def verdict(
    rule_id: str,
    tool: str,
    category: str,
    expression: str,
    triggers: tuple[str, ...],
    matches: str,
    ignores: str,
    weight: Weight = Weight.VERDICT,
    fixable: AutoFixable = AutoFixable.NO,
    beats: frozenset[str] = frozenset(),
) -> Rule:
    """A ``pattern`` for the line with which a tool itself says that it failed."""
    return pattern(
        rule_id,
        expression,
        triggers=triggers,
        category=category,
        tool=tool,
        weight=weight,
        fixable=fixable,
        beats=beats,
        confidence=0.9,
        matches=matches,
        ignores=ignores,
    )


def without_folder(text: str, file: str | None) -> str:
    """``text`` with ``file`` as the repository knows it, wherever the checkout lies."""
    return text.replace(file, relative(file) or file) if file else text


def _from_groups(match: re.Match[str], names: Mapping[str, int]) -> Diagnostic:
    got = {name: match[name] for name in names}
    return diagnostic(
        got.get("file"),
        got.get("code"),
        got.get("message") or without_folder(match[0], got.get("file")),
        got.get("line"),
        got.get("column"),
    )


NOISE = expression(
    r"^\s*(?:$|make(?:\[\d+\])?: |nox > |npm (?:ERR!|error)|error Command failed|exit status \d+$"
    r"|(?:Error: )?Process completed with|ERROR: (?:InvocationError|could not install deps)"
    r"|[\w.-]+: (?:exit \d+|FAIL|OK|commands\[)|_+ summary _+|[\s_=-]*$"
    r"|subprocess\.CalledProcessError"
    r"|Command .* (?:returned non-zero|failed|exited)|\s*(?:FAIL|evaluation failed)|.*ELIFECYCLE"
    r"|sys:1: |\s*\^+\s*$|Error: Command failed|The command .* (?:failed|exited))"
)
"""Lines that programs around the failing one print after it."""


def is_final(excerpt: Excerpt, index: int) -> bool:
    """Whether nothing but wrappers' farewells stands below line ``index``."""
    return all(NOISE.match(line.strip()) for line in excerpt.lines[index + 1 : index + 200]) and (
        len(excerpt) - index <= 200
    )


def unique(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics in order, each key once."""
    kept: dict[tuple[str | None, str | None, str], Diagnostic] = {}
    for one in diagnostics:
        kept.setdefault(one.key, one)
    return tuple(kept.values())
