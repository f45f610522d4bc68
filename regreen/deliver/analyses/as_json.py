"""The JSON objects of ``regreen analyze`` and ``regreen batch``. They only ever gain fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from regreen.deliver.analyses.report import Report, Skipped, Spot
from regreen.deliver.analyses.table import told
from regreen.deliver.summary import SCHEMA, failure_json
from regreen.model import Analysis, AutoFixable, LogFacts, Segment, Severity


def report_json(report: Report) -> dict[str, Any]:
    """Return the object for ``report``: of a folder the batch's, otherwise the analysis's."""
    return _folder(report) if report.kind == "folder" else _analysis(report)


def _analysis(report: Report) -> dict[str, Any]:
    first = next(iter(report.red or report.spots), None)
    return {
        "schema": SCHEMA,
        **(_spot(first) if first else _NOTHING),
        "asked": _asked(report),
        "jobs": [{"name": s.name, **_spot(s)} for s in report.spots if report.kind == "run"],
        "skipped": [_skipped(one) for one in report.skipped],
    }


def _folder(report: Report) -> dict[str, Any]:
    found = report.causes
    return {
        "schema": SCHEMA,
        "asked": _asked(report),
        "totals": {
            "logs": len(report.spots) + len(report.broken),
            "failed": len(report.red),
            "passed": len(report.spots) - len(report.red),
            "broken": len(report.broken),
            "skipped": len(report.skipped) - len(report.broken),
        },
        "by_category": _counted(f.category for f in found),
        "by_severity": {str(s): sum(f.severity is s for f in found) for s in Severity},
        "by_auto_fixable": {str(a): sum(f.auto_fixable is a for f in found) for a in AutoFixable},
        "by_tool": _counted(f.tool or "" for f in found),
        "same": [_group(group) for group in report.same()],
        "logs": [
            {"name": spot.name, "job": spot.job or spot.analysis.facts.job, **_spot(spot)}
            for spot in report.spots
        ],
        "skipped": [_skipped(one) for one in report.skipped],
    }


def _spot(spot: Spot) -> dict[str, Any]:
    analysis: Analysis = spot.analysis
    provider = analysis.facts.provider
    return {
        "failure": failure_json(analysis.failure, provider) if analysis.failure else None,
        "also": [failure_json(failure, provider) for failure in analysis.also],
        "segment": _segment(analysis.failing),
        "run": _run(analysis.facts),
        "log": {"sha256": analysis.sha256, "lines": analysis.lines},
        "ended": analysis.ended,
        "notes": list(analysis.notes),
    }


def _segment(failing: Segment | None) -> dict[str, Any] | None:
    if failing is None:
        return None
    return {"first": failing.first, "last": failing.last, "name": failing.name}


def _run(facts: LogFacts) -> dict[str, Any]:
    return {
        "provider": facts.provider,
        "repository": facts.repository,
        "tested": facts.tested,
        "job": facts.job,
        "image": facts.image,
        "started_at": facts.started_at.isoformat() if facts.started_at else None,
    }


_NOTHING: dict[str, Any] = {
    "failure": None,
    "also": [],
    "segment": None,
    "run": _run(LogFacts()),
    "log": None,
    "ended": True,
    "notes": [],
}
"""A run none of whose jobs failed."""


def _asked(report: Report) -> dict[str, Any]:
    return {
        "source": report.source,
        "kind": report.kind,
        "workflow": report.workflow,
        "job": report.job,
        "step": report.step,
    }


def _skipped(one: Skipped) -> dict[str, Any]:
    return {"name": one.name, "reason": one.reason, "broken": one.broken}


def _counted(names: Iterable[str]) -> dict[str, int]:
    """How often each name occurs, the commonest first."""
    counts = Counter(str(name) for name in names)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _group(group: list[Spot]) -> dict[str, Any]:
    failure = group[0].analysis.failure
    return {
        "category": str(failure.category) if failure else None,
        "tool": failure.tool if failure else None,
        "account": told(group[0]) if failure else "",
        "logs": [spot.name for spot in group],
    }
