"""Summaries of a recovery for people."""

from __future__ import annotations

from regreen.deliver.account import account
from regreen.deliver.summary import Summary
from regreen.model import Failure, Severity
from regreen.plain import visible

_HEADINGS = {
    "verified": "Green: the patch is verified.",
    "passed": "Nothing to mend.",
    "reproduced": "Red: the job fails here.",
    "no-fix": "No fix found.",
    "advice": "No patch can be proven here; this is for a person.",
    "not-reproduced": "Not reproduced.",
    "unsupported": "Not supported yet.",
    "rejected": "A fix was found and rejected.",
    "transient": "Transient: the job passes here.",
    "flaky": "Flaky: the runs contradict one another.",
}
_EVIDENCE_LINES = 6
_REJECTED_LINES = 8


def summary_text(summary: Summary) -> str:
    """Return what a person reads at the end of a recovery."""
    lines = [_HEADINGS[summary.status]]
    if summary.run:
        lines.append(_row("run", str(summary.run["url"])))
    if summary.job:
        lines.append(_row("job", summary.job))
    if summary.failure is not None:
        lines += _failure_lines(summary.failure)
    if summary.reproduction_reason:
        lines.append(_row("here", f"{summary.verdict}: {summary.reproduction_reason}"))
    if summary.reason and summary.reason != summary.reproduction_reason:
        lines.append(_row("why", summary.reason))
    lines += [_row("note", words) for words in (*summary.substitutions, *summary.notes)]
    rejected = summary.rejected[:_REJECTED_LINES]
    lines += [_row("rejected", f"{r.fixer}: {r.reason}") for r in rejected]
    lines += _proof_lines(summary)
    lines += [_row("advice", advice.text) for advice in summary.advice]
    if summary.culprit:
        lines.append(_row("culprit", summary.culprit.text))
    if summary.report:
        lines.append(_row("report", summary.report))
    if summary.log:
        lines.append(_row("log", summary.log))
    lines.append(_row("seconds", f"{summary.seconds:.0f}"))
    lines.append(_row("next", summary.next))
    return "\n".join(lines)


def _failure_lines(failure: Failure) -> list[str]:
    kind = f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)
    lines = [_row("failed", f"{kind} in step {failure.step!r}"), _row("account", account(failure))]
    for evidence in failure.evidence[:_EVIDENCE_LINES]:
        lines.append(visible(f"              {evidence.line}: {evidence.text[:160]}"))
    return lines


def _proof_lines(summary: Summary) -> list[str]:
    proof = summary.proof
    if proof is None:
        return []
    lines = [_row("fixed by", ", ".join(summary.fixers))]
    half = proof.runs // 2
    always = f"red {half} of {half} times without it, green {half} of {half} times with it"
    lines.append(_row("proof", f"{always}, each in a fresh sandbox"))
    if not proof.today:
        lines.append(
            _row("proof", "green as of the run only: with today's package index it is red")
        )
    elif proof.as_of is not None:
        lines.append(_row("proof", "green with today's package index too"))
    lines += [_row("left out", words) for words in proof.excluded]
    lines.append(_row("severity", _severity(summary)))
    lines.append(_row("patch", summary.patch or ""))
    lines.append(_row("evidence", summary.evidence or ""))
    return lines


def _severity(summary: Summary) -> str:
    if summary.severity != Severity.HIGH:
        return summary.severity or ""
    return f"{summary.severity}: the patch may change what the code does, so read it"


def _row(name: str, text: str) -> str:
    """One line, whatever ``text`` holds: a row must not be able to forge another."""
    return visible(f"  {name + ':':<12}{text}")
