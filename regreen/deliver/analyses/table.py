"""What a person reads: of one log, of a run's jobs, of a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from regreen.deliver.account import account
from regreen.deliver.analyses.next_step import next_steps
from regreen.deliver.analyses.report import Report, Spot
from regreen.deliver.analyses.wrap import Line, paragraph, row, unbroken
from regreen.deliver.quotes import cut, without_command
from regreen.model import AutoFixable, Diagnostic, Failure, Severity

WIDTH = 80
_FINDINGS = 8
_EVIDENCE = 6
_EVIDENCE_TEXT = 160
_GROUPS = 10
_LISTED = 10
_LOGS = 200
_STYLES = {
    Severity.LOW: "green",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}


def report_text(report: Report, width: int = WIDTH) -> str:
    """Return the report as plain lines, none but what is to copy wider than ``width``."""
    return "\n".join(line.plain.rstrip() for line in report_lines(report, width))


def report_lines(report: Report, width: int) -> list[Line]:
    """Return the report as lines with styles."""
    if report.kind == "folder":
        return _folder(report, width)
    lines: list[Line] = []
    for spot in report.spots:
        if report.kind == "run":
            lines += paragraph(f"Job {spot.name}", width, "bold underline")
        lines += _spot(spot, width)
    if not report.spots:
        lines += paragraph("No job of the run failed.", width)
    for skipped in report.skipped:
        lines += row("skipped", f"{skipped.name}: {skipped.reason}", width)
    return lines + _next(report, width)


def _next(report: Report, width: int) -> list[Line]:
    lines: list[Line] = []
    for step in next_steps(report):
        lines += unbroken("next", step, width)
    return lines


def _spot(spot: Spot, width: int) -> list[Line]:
    if not spot.failures:
        lines = paragraph(no_failure(spot), width)
    else:
        lines = paragraph(told(spot, beside=True), width, "bold")
    for failure in spot.failures:
        lines += _failure(failure, width)
    for words in spot.analysis.notes:
        lines += row("note", words, width)
    return lines


def no_failure(spot: Spot) -> str:
    """Return what can be said of a log that shows no failure."""
    if spot.analysis.ended:
        return "The log shows no failure."
    return "The log shows no failure, but breaks off before it says how its job ended."


def _failure(failure: Failure, width: int) -> list[Line]:
    kind = f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)
    lines = row("failed", f"{kind} in step {failure.step!r}", width, "red")
    words = f"auto-fixable: {failure.auto_fixable}, confidence {failure.confidence:.2f}"
    lines += row("severity", f"{failure.severity}, {words}", width, _STYLES[failure.severity])
    placed = [found for found in failure.diagnostics if found.file]
    label = "where"
    for found in placed[:_FINDINGS]:
        lines += row(label, finding(found), width)
        label = ""
    if len(placed) > _FINDINGS:
        lines += row("", f"... and {len(placed) - _FINDINGS} more", width, "dim")
    label = "log"
    for evidence in failure.evidence[:_EVIDENCE]:
        text = cut(evidence.text, _EVIDENCE_TEXT)
        lines += row(label, f"{evidence.line}: {text}", width, "dim")
        label = ""
    return lines


def told(spot: Spot, *, beside: bool = False) -> str:
    """Return the account of what failed in a log; with ``beside`` of what failed beside it too."""
    cause, *also = spot.failures
    return account(cause, also if beside else (), spot.analysis.facts.provider)


def finding(found: Diagnostic) -> str:
    """Return one finding on a line: where, what code, what was said."""
    code = f" {found.code}" if found.code else ""
    return f"{place(found)}{code} {found.message}"


def place(found: Diagnostic) -> str:
    """Return ``file:line:column`` as far as they are known."""
    line = f":{found.line}" if found.line is not None else ""
    column = f":{found.column}" if line and found.column is not None else ""
    return f"{without_command(found.file or '')}{line}{column}"


def _folder(report: Report, width: int) -> list[Line]:
    lines = paragraph(headline(report), width, "bold")
    causes = report.causes
    lines += row("categories", _counts(f.category for f in causes), width)
    lines += row("severities", _in_order(list(Severity), [f.severity for f in causes]), width)
    fixable = _in_order(list(AutoFixable), [f.auto_fixable for f in causes])
    lines += row("fixable", fixable, width)
    lines += row("tools", _counts(f.tool or "(none)" for f in causes), width)
    groups = report.same()
    for group in groups[:_GROUPS]:
        names = ", ".join(spot.name for spot in group[:3])
        more = f" and {len(group) - 3} more" if len(group) > 3 else ""
        lines += row("same", f"{len(group)} logs: {told(group[0])} ({names}{more})", width)
    if len(groups) > _GROUPS:
        lines += row("", f"... and {len(groups) - _GROUPS} more groups", width, "dim")
    for spot in report.red[:_LOGS]:
        cause = spot.failures[0]
        lines += paragraph(spot.name, width, _STYLES[cause.severity])
        lines += row("", f"{cause.category}: {told(spot)}", width)
    if len(report.red) > _LOGS:
        lines += paragraph(f"... and {len(report.red) - _LOGS} more logs", width, "dim")
    for skipped in [*report.broken, *(s for s in report.skipped if not s.broken)][:_LISTED]:
        label = "broken" if skipped.broken else "skipped"
        lines += row(label, f"{skipped.name}: {skipped.reason}", width)
    if len(report.skipped) > _LISTED:
        lines += row("", f"... and {len(report.skipped) - _LISTED} more", width, "dim")
    return lines + _next(report, width)


def headline(report: Report) -> str:
    """Return how many logs of how many show a failure."""
    total = len(report.spots) + len(report.broken)
    words = f"{len(report.red)} of {total} {'log shows' if total == 1 else 'logs show'} a failure"
    broken = f", {len(report.broken)} could not be read" if report.broken else ""
    skipped = len(report.skipped) - len(report.broken)
    return f"{words}{broken}{f', {skipped} skipped' if skipped else ''}."


def _counts(names: Iterable[str]) -> str:
    found = sorted(Counter(map(str, names)).items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {count}" for name, count in found) or "none"


def _in_order(order: Sequence[str], found: Sequence[str]) -> str:
    return ", ".join(f"{name} {found.count(name)}" for name in order if name in found) or "none"
