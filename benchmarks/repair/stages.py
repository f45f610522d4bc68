"""How far a case came: run here, red in the same way, fixed, verified."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from benchmarks.fidelity.finding import Place
from benchmarks.fidelity.judging import failed_step, judge
from benchmarks.repair.recheck import NOT_MADE, PASS
from benchmarks.repair.rows import STAGES, Case
from benchmarks.repair.trying import Ended

_RED = ("same", "failed")
_REASONS = 4
_REPRODUCTION, _SEARCH = "== Reproduce the failure", "== Look for a fix"
"""How the transcript heads what it tells."""
_FOUND = re.compile(r"== (?:Leave out what is not needed|Verify )")
"""What the transcript shows only when the job was green with a change."""
_TRYING = re.compile(r"^(?:\S+Z )? +trying (?!the step with )(?P<fixer>.+)$", re.MULTILINE)


def reached(case: Case, place: Place | None, ended: Ended) -> dict[str, Any]:
    """Return the fields of a row that regreen's own words decide.

    ``place`` is where the real workflow fails, ``None`` for the workflow made from the case.
    """
    summary = ended.summary
    if summary is None:
        status = "time" if ended.late else "error"
        return {**_cut_off(case, place, ended.log), "status": status, "reason": ended.fault}
    status = summary["status"]
    red = (summary["reproduction"] or {}).get("verdict") in _RED
    same, how = _same(case, place, summary["failure"], ended.log) if red else (False, "")
    tries = _tries(summary, ended.log)
    green = status == "verified" or bool(summary["fixers"]) or _FOUND.search(ended.log) is not None
    return {
        "runnable": status not in ("unsupported", "error"),
        "red": same,
        "fixed": same and green,
        "verified": same and status == "verified",
        "status": status,
        "reason": _why(summary) if same or not red else f"{how}; {_why(summary)}",
        "same": how,
        "fixers": list(summary["fixers"]),
        "severity": summary["severity"],
        "tried": tries,
        "tries": len(tries),
        "rejected": summary["rejected"],
        "fix_seconds": summary["seconds"],
        "failure": _kind(summary["failure"]),
        "today": (summary["verification"] or {}).get("today"),
        "complete": (summary["verification"] or {}).get("complete"),
    }


def not_found(why: str) -> dict[str, Any]:
    """Return the fields of a row whose place in the real workflow is not known."""
    return {"status": "not found", "reason": why}


def judged(words: str) -> dict[str, bool]:
    """Return what the ``words`` of `recheck` say of a patch that regreen calls verified.

    Where the check passes, what was mended is what the case recorded, however it was worded here.
    """
    if words == PASS:
        return {**dict.fromkeys(STAGES, True), "false": False}
    return {"rechecked": False, "false": not words.startswith(NOT_MADE)}


def _cut_off(case: Case, place: Place | None, log: str) -> dict[str, bool]:
    """Return what a run reached that was ended: its transcript's headings tell."""
    searched = _SEARCH in log
    return {
        "runnable": searched or _REPRODUCTION in log,
        "red": searched and _same(case, place, None, log)[0],
    }


def _same(
    case: Case, place: Place | None, failure: Mapping[str, Any] | None, log: str
) -> tuple[bool, str]:
    """Return whether what is red here is what the case recorded, and by what that is known."""
    if place is not None and (place.refused or place.step is None):
        same = failure is not None and failure["category"] == case["category"]
        return same, "refused as by GitHub" if same else "another failure"
    wanted = case["step"] if place is None else place.step or ""
    name, output = failed_step(log)
    elsewhere = name != "" and not _is_step(name, wanted)
    judged = judge(case, failure, output, words=elsewhere or failure is None)
    if elsewhere and not judged.same:
        return False, f"another step fails: {name}"
    return judged.same, judged.what


def _is_step(name: str, title: str) -> bool:
    """Return whether a step that ran as ``name`` is the one written as ``title``."""
    written = title.partition("${{")[0].strip()
    return name == title or name.startswith(written) or title.startswith(name)


def _tries(summary: Mapping[str, Any], log: str) -> list[dict[str, str]]:
    """Return each idea that was tried, and how it ended where that is told.

    The summary tells, or else the transcript.
    """
    told = summary.get("tries")
    if told is not None:
        return [{"fixer": one["fixer"], "ending": one["ending"]} for one in told]
    return [{"fixer": found["fixer"], "ending": ""} for found in _TRYING.finditer(log)]


def _why(summary: Mapping[str, Any]) -> str:
    """Return why there is no patch: regreen's own words, and what was refused."""
    reasons = (f"{r['fixer']}: {r['reason']}" for r in summary["rejected"])
    refused = [text for text in reasons if "changes nothing" not in text]
    return "; ".join(filter(None, (summary["reason"], *refused[:_REASONS])))


def _kind(failure: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {key: failure[key] for key in ("category", "tool")} if failure else None
