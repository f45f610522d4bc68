"""The report as GitHub-flavoured Markdown: short, for a job summary, a comment or an issue.

What a log holds is shown, never obeyed: it stands in code spans, where neither Markdown nor HTML
nor a mention means anything. Only the account is prose; there every sign is taken literally.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.deliver.analyses.report import Report, Spot
from regreen.deliver.analyses.table import headline, no_failure, place, told
from regreen.model import Failure
from regreen.plain import visible

_FINDINGS = 30
_EVIDENCE = 6
_LOGS = 50
_TEXT = 200
_SIGNS = re.compile(r"([\\`*_{}\[\]()#+.!|~$^=-])")
_APART = "<!-- -->"
"""A comment that is not shown: it parts what GitHub would otherwise make a mention or a link of."""
_LINKED = re.compile(r"(?<=@)|(?<=#)|(?<=:)(?=//)|(?<=www)(?=\\?\.)|(?<=GH)(?=\\-)", re.IGNORECASE)


def report_markdown(report: Report) -> str:
    """Return the report as Markdown, without the last line end."""
    if report.kind == "folder":
        return "\n".join(_folder(report))
    lines: list[str] = []
    for spot in report.spots:
        lines += _spot(spot, report)
    if not report.spots:
        lines.append("No job of the run failed.")
    lines += _skipped(report)
    return "\n".join(lines).rstrip("\n")


def _spot(spot: Spot, report: Report) -> list[str]:
    name = f"{code(spot.name)}: " if report.kind != "log" and spot.name else ""
    if not spot.failures:
        return [f"### {name}no failure", "", prose(no_failure(spot)), ""]
    cause, *also = spot.failures
    lines = [f"### {name}{prose(str(cause.category))}", "", prose(told(spot, beside=True)), ""]
    for failure in (cause, *also):
        lines += _failure(failure)
    return lines


def _failure(failure: Failure) -> list[str]:
    tool = f", tool {code(failure.tool)}" if failure.tool else ""
    step = f" in step {code(failure.step)}" if failure.step else ""
    verdict = f"severity **{failure.severity}**, auto-fixable **{failure.auto_fixable}**"
    lines = [
        f"- **{prose(str(failure.category))}**{step}{tool}",
        f"- {verdict}, confidence {failure.confidence:.2f}",
        "",
    ]
    if failure.diagnostics:
        total = len(failure.diagnostics)
        shown = (
            " ".join(filter(None, (_maybe(place(d)), _maybe(d.code), code(d.message))))
            for d in failure.diagnostics[:_FINDINGS]
        )
        lines += _details(f"{total} {'finding' if total == 1 else 'findings'}", shown, total)
    if failure.evidence:
        proof = failure.evidence[:_EVIDENCE]
        shown = (f"line {e.line}: {code(e.text)}" for e in proof)
        lines += _details("What the log says", shown, len(proof))
    return lines


def _details(summary: str, items: Iterable[str], total: int) -> list[str]:
    """A block that is folded, its items in a list; ``total`` counts those not given too."""
    rows = [f"- {item}" for item in items]
    more = [f"- ... and {total - len(rows)} more"] if total > len(rows) else []
    return [f"<details><summary>{summary}</summary>", "", *rows, *more, "", "</details>", ""]


def _folder(report: Report) -> list[str]:
    lines = ["### Failures", "", headline(report), ""]
    for group in report.same():
        names = ", ".join(code(spot.name) for spot in group[:5])
        more = f" and {len(group) - 5} more" if len(group) > 5 else ""
        lines.append(f"- **{len(group)} times:** {prose(told(group[0]))}")
        lines.append(f"  ({names}{more})")
    if lines[-1]:
        lines.append("")
    rows = (
        f"{code(spot.name)} **{prose(str(spot.failures[0].category))}** {prose(told(spot))}"
        for spot in report.red[:_LOGS]
    )
    if report.red:
        lines += _details("All failures", rows, len(report.red))
    return [*lines, *_skipped(report)]


def _skipped(report: Report) -> list[str]:
    if not report.skipped:
        return []
    rows = [f"{code(one.name)}: {prose(one.reason)}" for one in report.skipped[:_LOGS]]
    return _details("Not analysed", rows, len(report.skipped))


def _maybe(text: str | None) -> str:
    return code(text) if text else ""


def code(text: str) -> str:
    """Return ``text`` as a code span that nothing in it can end."""
    text = visible(text)
    text = text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str) -> str:
    """Return ``text`` so that every sign of it is shown as it is."""
    text = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINKED.sub(_APART, _SIGNS.sub(r"\\\1", text))
