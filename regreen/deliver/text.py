"""Summaries of a recovery for people."""

from __future__ import annotations

from regreen.deliver.account import account
from regreen.deliver.reached import reached, unreached
from regreen.deliver.summary import Summary
from regreen.model import Compared, Failure, FlakyTest, Proof, Severity
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
        lines += _failure_lines(summary.failure, mended=summary.status == "verified")
    if summary.reproduction_reason:
        lines.append(_row("here", f"{summary.verdict}: {summary.reproduction_reason}"))
    if summary.reason and summary.reason != summary.reproduction_reason:
        lines.append(_row("why", summary.reason))
    lines += [_row("note", words) for words in (*summary.substitutions, *summary.notes)]
    rejected = summary.rejected[:_REJECTED_LINES]
    lines += [_row("rejected", f"{r.fixer}: {r.reason}") for r in rejected]
    lines += _proof_lines(summary)
    lines += [_row("flaky", _often(one)) for one in summary.flaky]
    for advice in summary.advice:
        lines.append(_row("advice", advice.text))
        lines += [visible(f"              {line}") for line in advice.change.splitlines()]
    if summary.culprit:
        lines.append(_row("culprit", summary.culprit.text))
    if summary.report:
        lines.append(_row("report", summary.report))
    if summary.log:
        lines.append(_row("log", summary.log))
    lines.append(_row("seconds", f"{summary.seconds:.0f}"))
    lines.append(_row("next", summary.next))
    return "\n".join(lines)


def _failure_lines(failure: Failure, *, mended: bool) -> list[str]:
    kind = f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)
    lines = [
        _row("failed", f"{kind} in step {failure.step!r}"),
        _row("account", account(failure, remedy=not mended)),
    ]
    for evidence in failure.evidence[:_EVIDENCE_LINES]:
        lines.append(visible(f"              {evidence.line}: {evidence.text[:160]}"))
    return lines


def _proof_lines(summary: Summary) -> list[str]:
    if summary.proof is None:
        return []
    lines = [_row("fixed by", ", ".join(summary.fixers)), *proof_lines(summary.proof)]
    lines.append(_row("severity", _severity(summary)))
    files = (("patch", summary.patch), ("evidence", summary.evidence))
    lines += [_row(name, path) for name, path in files if path]
    return lines


def proof_lines(proof: Proof) -> list[str]:
    """Return how sure a proof is, a line each."""
    lines = [_row("proof", f"{_always(proof)}, each in a fresh sandbox")]
    if not proof.today:
        why = f" ({proof.today_reason})" if proof.today_reason else ""
        words = f"green as of the run only, so not for a pull request{why}"
        lines.append(_row("proof", words))
    elif proof.as_of is not None:
        lines.append(_row("proof", "green with today's package index too"))
    if not proof.complete:
        lines.append(_row("proof", "partial: what is listed here was left out of it"))
    lines += [_row("left out", words) for words in proof.excluded]
    lines += [_row("excused", f"{name}: the parent fails it here too") for name in proof.excused]
    lines += [_row("tests", _compared(one)) for one in proof.vouched]
    lines += [_row("sibling", _compared(one)) for one in proof.siblings]
    if proof.coverage is not None:
        lines.append(_row("reached", reached(proof.coverage)))
        if places := unreached(proof.coverage):
            lines.append(_row("review", f"no test reaches {', '.join(places)}"))
    return lines


def _often(one: FlakyTest) -> str:
    cause = f"; {one.cause} makes the difference" if one.cause else ""
    return f"{one.test}: failed {one.failed} of {one.runs} times{cause}"


def _always(proof: Proof) -> str:
    red, green = len(proof.before), len(proof.after)
    without = f"red {red} of {red} times without it"
    if proof.refused:
        without = f"refused without it ({proof.refused})"
    return f"{without}, green {green} of {green} times with it"


def _compared(one: Compared) -> str:
    """Return a line of the table of other jobs."""
    return f"{one.job}: {one.ended}{f'; {one.reason}' if one.reason else ''}"


def _severity(summary: Summary) -> str:
    if summary.proof is not None and summary.proof.severity_reason:
        return f"{summary.severity}: {summary.proof.severity_reason}"
    if summary.severity != Severity.HIGH:
        return summary.severity or ""
    return f"{summary.severity}: the patch may change what the code does, so read it"


def _row(name: str, text: str) -> str:
    """One line, whatever ``text`` holds: a row must not be able to forge another."""
    return visible(f"  {name + ':':<12}{text}")
