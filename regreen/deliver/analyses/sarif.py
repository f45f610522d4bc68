"""The report as SARIF 2.1.0, as GitHub's code scanning takes it.

One result a finding. Code scanning refuses a whole file for one result without a physical
location, so what has no file stands at the workflow's file (at ``.github/workflows`` where that is
not known), with job and step as the logical location; property ``placed`` says which results have a
place of their own. Of more than 5,000 results code scanning shows 5,000, so no more are written.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from itertools import islice
from typing import Any
from urllib.parse import quote

from regreen.deliver.account import account
from regreen.deliver.analyses.report import Report, Spot
from regreen.model import Diagnostic, Evidence, Failure, Severity, normalise
from regreen.plain import visible

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST_RESULTS = 5000
_EVIDENCE = 20
_WORKFLOWS = ".github/workflows"
_LEVELS = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_DRIVE = re.compile(r"[A-Za-z]:")


def report_sarif(report: Report) -> dict[str, Any]:
    """Return the report as one SARIF log with one run."""
    rules: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    seen: Counter[str] = Counter()
    results: list[dict[str, Any]] = []
    for spot, failure, found in islice(_findings(report), _MOST_RESULTS):
        identity = _rule_id(failure, found)
        if identity not in rules:
            places[identity] = len(rules)
            rules[identity] = _rule(identity, failure, found)
        mark = _mark(failure, found)
        seen[mark] += 1
        known = {
            "ruleIndex": places[identity],
            "partialFingerprints": {"regreenSignature/v1": f"{mark}:{seen[mark]}"},
        }
        results.append(_result(report, spot, failure, found) | known)
    driver = {"name": "regreen", "version": version("regreen"), "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": _automation(report)},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The repository's root."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"logs": len(report.spots), "failed": len(report.red)},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _findings(report: Report) -> Iterator[tuple[Spot, Failure, Diagnostic | None]]:
    for spot, failure in report.failures():
        for found in failure.diagnostics or (None,):
            yield spot, failure, found


def _result(
    report: Report, spot: Spot, failure: Failure, found: Diagnostic | None
) -> dict[str, Any]:
    said = account(failure, provider=spot.analysis.facts.provider)
    message = found.message if found and found.message.strip() else said
    uri = _uri(found.file) if found and found.file else None
    return {
        "ruleId": _rule_id(failure, found),
        "level": _LEVELS[failure.severity],
        "message": {"text": _plain(message)},
        "locations": [_location(report, spot, failure, found, uri)],
        "properties": {
            "category": str(failure.category),
            "severity": str(failure.severity),
            "confidence": failure.confidence,
            "autoFixable": str(failure.auto_fixable),
            "account": said,
            "placed": uri is not None,
            "log": spot.name,
            "evidence": [_evidence(e) for e in failure.evidence[:_EVIDENCE]],
        },
    }


def _mark(failure: Failure, found: Diagnostic | None) -> str:
    """What stays the same when a finding moves to another line: its part of the signature."""
    file, code, message = found.key if found else (None, None, "")
    parts = (str(failure.category), failure.tool or "", file or "", code or "", normalise(message))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _location(
    report: Report, spot: Spot, failure: Failure, found: Diagnostic | None, uri: str | None
) -> dict[str, Any]:
    artifact = {"uri": uri or _workflow(report), "uriBaseId": "%SRCROOT%"}
    region = {"startLine": found.line if uri and found and found.line else 1}
    if uri and found and found.line and found.column:
        region["startColumn"] = found.column
    place: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    job = spot.job or spot.analysis.facts.job or report.job
    names = [visible(name) for name in (job, failure.step) if name]
    if names:
        whole = "/".join(names)
        logical = {"name": names[-1], "fullyQualifiedName": whole, "kind": "step"}
        place["logicalLocations"] = [logical]
    return place


def _uri(file: str) -> str | None:
    """The URI of a repository's file; ``None`` for a path that leads out of it."""
    parts = [part for part in file.replace("\\", "/").split("/") if part not in ("", ".")]
    if file.startswith(("/", "\\")) or _DRIVE.match(file) or ".." in parts or not parts:
        return None
    return quote("/".join(parts).encode("utf-8", "replace"), safe="/")


def _workflow(report: Report) -> str:
    named = report.workflow_file
    return (_uri(named) if named else None) or _WORKFLOWS


def _rule_id(failure: Failure, found: Diagnostic | None) -> str:
    tool = failure.tool or str(failure.category)
    code = found.code if found and found.code else str(failure.category)
    return f"{visible(tool)[:100]}/{visible(code)[:150]}"


def _rule(identity: str, failure: Failure, found: Diagnostic | None) -> dict[str, Any]:
    code = found.code if found and found.code else None
    said = f"{failure.tool or 'A CI log'}: {code or str(failure.category).replace('_', ' ')}"
    long = f"{said}, as a CI log shows it ({failure.category})."
    return {
        "id": identity,
        "shortDescription": {"text": _plain(said)},
        "fullDescription": {"text": _plain(long)},
        "help": {"text": "regreen analyze says where the log shows it."},
        "defaultConfiguration": {"level": _LEVELS[failure.severity]},
        "properties": {"tags": [str(failure.category)]},
    }


def _automation(report: Report) -> str:
    """What keeps the results of one workflow's job apart from those of another."""
    names = [name for name in (report.workflow, report.job) if name]
    return "/".join(["regreen", *(visible(name).replace("/", "-") for name in names), ""])


def _plain(text: str) -> str:
    """Text for a message: one line, and nothing in it a link or a placeholder."""
    return _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\\[", visible(text)))


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {"line": evidence.line, "text": evidence.text}
