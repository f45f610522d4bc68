"""One step's output to failures: ask the rules, weigh what they found, keep the cause first.

The same function serves a log's failing step and a step run in the sandbox, so that the two
failures compare equal when they are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from regreen.logs.commands import tolerated
from regreen.logs.excerpt import Excerpt
from regreen.logs.masking import mask
from regreen.logs.rules import BUILTIN, divide
from regreen.logs.rules.base import Finding, Weight, diagnostic
from regreen.logs.rules.registry import RuleSet
from regreen.model import (
    AutoFixable,
    Category,
    Diagnostic,
    Evidence,
    Failure,
    Severity,
    Signature,
)

_SEVERITY = {
    Category.LINTING_ERROR: Severity.MEDIUM,
    Category.DEPENDENCY_ISSUE: Severity.MEDIUM,
    Category.TIMEOUT: Severity.MEDIUM,
    Category.NETWORK_ERROR: Severity.MEDIUM,
    Category.PERMISSION_ERROR: Severity.CRITICAL,
    Category.SECURITY_SCAN: Severity.CRITICAL,
}
_FIXABLE = {
    Category.DEPENDENCY_ISSUE: AutoFixable.PARTIAL,
    Category.TIMEOUT: AutoFixable.YES,
    Category.NETWORK_ERROR: AutoFixable.YES,
    Category.PERMISSION_ERROR: AutoFixable.PARTIAL,
    Category.RESOURCE_EXHAUSTION: AutoFixable.PARTIAL,
}
_HARDNESS = (AutoFixable.NO, AutoFixable.PARTIAL, AutoFixable.YES)
_EVIDENCE = 4
"""Evidence lines kept from the beginning of a finding, and from its end."""
_SURE = 0.85
"""Confidence from which on the order in the output decides between findings of one weight."""
_TAIL = 3
"""Lines that stand for a failure that no rule knows."""
_NOISE = ("make: ***", "make[", "##[", "Error: Process completed", "Process completed with exit")


def failures(
    excerpt: Excerpt,
    step: str | None,
    *,
    failed: bool,
    secrets: Sequence[str] = (),
    rules: RuleSet = BUILTIN,
) -> tuple[Failure, ...]:
    """Return what failed in ``excerpt``, the cause of the step's end first.

    ``failed`` says that the step is known to have failed: then the result is never empty.
    ``secrets`` are masked in what is returned, besides what ``mask`` knows itself; ``rules`` are
    the ones to ask.
    """
    found = _weigh(_findings(excerpt, rules), excerpt)
    if not found and failed:
        found = [_unknown(excerpt)]
    return tuple(_failure(finding, excerpt, step, secrets) for finding in found)


def _findings(excerpt: Excerpt, rules: RuleSet) -> list[Finding]:
    """What the rules find: in each part that a wrapper (pre-commit) marks off, and in the rest."""
    parts, rest = divide(excerpt)
    found: list[Finding] = []
    for part in parts:
        inner = _strongest(
            _shift(finding, part.first)
            for finding in _ask(part.excerpt, rules)
            if part.accepts(finding)
        )
        found.append(part.finding(inner))
    found.extend(_ask(rest, rules))
    return _merge(found)


def _ask(excerpt: Excerpt, rules: RuleSet) -> list[Finding]:
    found: list[tuple[frozenset[str], Finding]] = []
    for rule in rules.awake(excerpt.text):
        found.extend((rule.beats, finding) for finding in rule.find(excerpt))
    beaten = frozenset[str]().union(*(b for b, f in found if f.weight >= Weight.SIGN))
    return [finding for _, finding in found if finding.tool not in beaten]


def _strongest(findings: Iterable[Finding]) -> Finding | None:
    return max(findings, key=lambda f: (f.weight, f.end), default=None)


def _shift(finding: Finding, by: int) -> Finding:
    return replace(finding, lines=tuple(line + by for line in finding.lines))


def _merge(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for each tool and category: the strongest, with the diagnostics of all."""
    merged: dict[tuple[str | None, Category], Finding] = {}
    for finding in findings:
        key = (finding.tool, finding.category)
        known = merged.get(key)
        if known is None:
            merged[key] = finding
            continue
        strong, weak = (known, finding) if known.weight >= finding.weight else (finding, known)
        diagnostics = {d.key: d for d in (*known.diagnostics, *finding.diagnostics)}
        merged[key] = replace(
            strong,
            lines=tuple(sorted({*strong.lines, *weak.lines})),
            diagnostics=tuple(diagnostics.values()),
            fixable=_less_fixable(known.fixable, finding.fixable),
        )
    return list(merged.values())


def _less_fixable(one: AutoFixable, other: AutoFixable) -> AutoFixable:
    return one if one is other else AutoFixable.PARTIAL


def _weigh(findings: list[Finding], excerpt: Excerpt) -> list[Finding]:
    """The findings that can have failed the step, the one that ended it first.

    The shell stops at the first failing command, so the last tool that spoke is the cause; what a
    tool said in a command that the shell passed over was tolerated.
    """
    last = max((f.end for f in findings if f.collected), default=-1)
    ranked = sorted(findings, key=lambda f: _rank(f, last if f.collected else f.end))
    ranked = [f for f in ranked if f.weight > Weight.HINT] or ranked[:1]
    if len(ranked) < 2:
        return ranked
    cause = ranked[0]
    if cause.weight is Weight.DECISIVE:
        return [cause]
    passed_over = tolerated(excerpt.script, [f.tool for f in ranked])
    kept = [f for f in ranked if f.tool not in passed_over] or ranked
    floor = kept[0].weight
    return [f for f in kept if f.weight == floor]


def _rank(finding: Finding, end: int) -> tuple[int, bool, int, bool, int]:
    """Weight, then order; of what a program collected, the hardest to mend stands for all."""
    syntax = finding.category is Category.SYNTAX_ERROR
    hardness = _HARDNESS.index(finding.fixable) if finding.collected else 0
    unsure = finding.confidence < _SURE
    return (-finding.weight, unsure, -end, not (syntax and finding.collected), hardness)


def _unknown(excerpt: Excerpt) -> Finding:
    """The last words of a step whose failure no rule knows."""
    said = [
        index
        for index, line in enumerate(excerpt.lines)
        if line.strip() and not line.startswith(_NOISE)
    ][-_TAIL:]
    return Finding(
        None,
        Category.UNKNOWN,
        Weight.HINT,
        tuple(said),
        tuple(diagnostic(None, None, excerpt.lines[index]) for index in said),
        confidence=0.2,
    )


def _failure(
    finding: Finding, excerpt: Excerpt, step: str | None, secrets: Sequence[str]
) -> Failure:
    said = finding.diagnostics or _stand_in(finding, excerpt)
    diagnostics = tuple(replace(d, message=mask(d.message, secrets)) for d in said)
    severity = finding.severity or _SEVERITY.get(finding.category, Severity.HIGH)
    fixable = finding.fixable
    if fixable is AutoFixable.NO:
        fixable = _FIXABLE.get(finding.category, AutoFixable.NO)
    return Failure(
        finding.category,
        severity,
        finding.confidence,
        fixable,
        step,
        excerpt.script,
        excerpt.exit_code,
        finding.tool,
        diagnostics,
        tuple(
            Evidence(excerpt.numbers[index], mask(excerpt.lines[index].strip(), secrets))
            for index in _sample(finding.lines)
        ),
        Signature(finding.category, finding.tool, frozenset(d.key for d in diagnostics)),
    )


def _stand_in(finding: Finding, excerpt: Excerpt) -> tuple[Diagnostic, ...]:
    """Without diagnostics the tool's own last word identifies the failure."""
    if finding.end < 0:
        return (diagnostic(None, None, f"exit code {excerpt.exit_code}"),)
    return (diagnostic(None, None, excerpt.lines[finding.end]),)


def _sample(lines: tuple[int, ...]) -> tuple[int, ...]:
    ordered = sorted(set(lines))
    if len(ordered) <= 2 * _EVIDENCE:
        return tuple(ordered)
    return tuple(ordered[:_EVIDENCE] + ordered[-_EVIDENCE:])
