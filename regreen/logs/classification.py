"""One step's output to failures: ask the rules, weigh what they found, keep the cause first.

The same function serves a log's failing step and a step run in the sandbox, so that the two
failures compare equal when they are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from regreen.logs.commands import forgiven, tolerated
from regreen.logs.excerpt import Excerpt
from regreen.logs.masking import mask
from regreen.logs.rules import BUILTIN, divide
from regreen.logs.rules.base import Finding, Weight, diagnostic
from regreen.logs.rules.places import placed
from regreen.logs.rules.registry import RuleSet
from regreen.logs.rules.steps import RULE, purpose
from regreen.logs.rules.wrappers import unwrap
from regreen.model import (
    AutoFixable,
    Category,
    Diagnostic,
    Evidence,
    Failure,
    Severity,
    Signature,
)

_SEVERITY: Mapping[str, Severity] = {
    Category.LINTING_ERROR: Severity.MEDIUM,
    Category.DEPENDENCY_ISSUE: Severity.MEDIUM,
    Category.TIMEOUT: Severity.MEDIUM,
    Category.NETWORK_ERROR: Severity.MEDIUM,
    Category.PERMISSION_ERROR: Severity.CRITICAL,
    Category.SECURITY_SCAN: Severity.CRITICAL,
}
_FIXABLE: Mapping[str, AutoFixable] = {
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
_FAREWELL = re.compile(
    r"^(?:[\w.-]+: (?:exit -?\d+ \(|FAIL\b|OK\b|SKIP\b|commands\[\d+\])"
    r"|  [\w.-]+: (?:FAIL|OK|SKIP|commands succeeded)\b|\s*evaluation failed :\("
    r"|ERROR: +[\w.-]+: commands failed|ERROR: InvocationError for command|_{9,} summary _{9,}$"
    r"|nox > (?:Command .* failed with|Session \S+ failed\.$|Ran (?:multiple|\d+) sessions|\* )"
    r"|nox > (?:Running session |uv binary not found|Session \S+ was successful))"
    r"|^[\w.-]+ (?:create|inst|installdeps|installed|run-test(?:-pre|-post)?): "
)
"""What tox and nox say behind a failed command: it holds times, and is not the cause."""
_TRACE = "python-traceback"
"""The rule that knows any traceback, and only that it is one."""
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
    excerpt = unwrap(excerpt)
    found = weigh(findings(excerpt, rules), excerpt)
    if not found and failed:
        found = [_unknown(excerpt)]
    return tuple(_failure(placed(f, excerpt), excerpt, step, secrets) for f in found)


def findings(
    excerpt: Excerpt, rules: RuleSet, beaten: list[Finding] | None = None
) -> list[Finding]:
    """What the rules find: in each part that a wrapper (pre-commit) marks off, and in the rest.

    What another finding beats is left out; ``beaten`` takes it.
    """
    parts, rest = divide(excerpt)
    found: list[Finding] = []
    lost: list[Finding] = []
    for part in parts:
        kept, echoes = _ask(part.excerpt, rules)
        lost.extend(_shift(one, part.first) for one in echoes)
        inner = _strongest(_shift(one, part.first) for one in kept if part.accepts(one))
        found.append(part.finding(inner))
    kept, echoes = _ask(rest, rules)
    if beaten is not None:
        beaten.extend((*lost, *echoes))
    return _merge(_explained([*found, *kept]))


def _explained(found: list[Finding]) -> list[Finding]:
    """A traceback says where, its last line what: known as words of no tool, the two are one."""
    trace = next((f for f in found if f.rule == _TRACE and f.category == Category.UNKNOWN), None)
    known = next(
        (f for f in found if trace and f.tool is None and trace.end in f.lines),
        None,
    )
    if trace is None or known is None:
        return found
    whole = replace(trace, category=known.category, confidence=known.confidence)
    return [whole if f is trace else f for f in found if f is not known]


def _ask(excerpt: Excerpt, rules: RuleSet) -> tuple[list[Finding], list[Finding]]:
    """What the rules find, and those findings that are only echoes of others."""
    found: list[tuple[frozenset[str], Finding]] = []
    for rule in rules.awake(excerpt):
        found.extend((rule.beats, finding) for finding in rule(excerpt))
    beaten = frozenset[str]().union(*(b for b, f in found if f.weight >= Weight.SIGN))
    kept = [f for _, f in found if beaten.isdisjoint((f.tool or "", f.rule))]
    return kept, [f for _, f in found if not beaten.isdisjoint((f.tool or "", f.rule))]


def _strongest(findings: Iterable[Finding]) -> Finding | None:
    return max(findings, key=lambda f: (f.weight, f.end), default=None)


def _shift(finding: Finding, by: int) -> Finding:
    return replace(finding, lines=tuple(line + by for line in finding.lines))


def _merge(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for each tool and category: the strongest, with the diagnostics of all."""
    merged: dict[tuple[str | None, str], Finding] = {}
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


def weigh(found: Sequence[Finding], excerpt: Excerpt) -> list[Finding]:
    """The findings that can have failed the step, the one that ended it first.

    The shell stops at the first failing command, so the last tool that spoke is the cause; what a
    tool said in a command that the shell passed over was tolerated.
    """
    pardoned = forgiven(excerpt.script, [f.tool for f in found])
    found = [f for f in found if f.tool not in pardoned]
    last = max((f.end for f in found if f.collected), default=-1)
    ranked = sorted(found, key=lambda f: _rank(f, last if f.collected else f.end))
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
    """The last words of a step whose failure no rule knows, and what the step was for."""
    said = [
        index
        for index, line in enumerate(excerpt.lines)
        if line.strip() and not line.startswith(_NOISE) and not _FAREWELL.match(line)
    ][-_TAIL:]
    return purpose(excerpt, said) or Finding(
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
        _signature(finding, diagnostics),
    )


def _signature(finding: Finding, diagnostics: Sequence[Diagnostic]) -> Signature:
    """What a step is called is no part of how it failed, and may differ between log and sandbox."""
    category = Category.UNKNOWN if finding.rule == RULE else finding.category
    return Signature(category, finding.tool, frozenset(d.key for d in diagnostics))


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
