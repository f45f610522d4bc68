"""Between the values of the history and the rows of its tables."""

from __future__ import annotations

import json
from datetime import datetime

from regreen.history.records import Attempted, Recovery

RECOVERY = (
    "at, repository, commit_id, workflow, job, category, tool, codes, signature, status, fixers, "
    "severity, patch, sha256, seconds"
)
ATTEMPT = "category, tool, codes, fixer, ending, severity, seconds, reason"
"""The columns of the two tables, in the order of their rows here."""


def recovery_row(one: Recovery) -> tuple[object, ...]:
    """Return the columns of ``RECOVERY``."""
    return (
        one.at.isoformat(),
        one.repository,
        one.commit,
        one.workflow,
        one.job,
        one.category,
        one.tool,
        json.dumps(one.codes),
        one.signature,
        one.status,
        json.dumps(one.fixers),
        one.severity,
        one.patch,
        one.sha256,
        one.seconds,
    )


def attempt_row(one: Attempted) -> tuple[object, ...]:
    """Return the columns of ``ATTEMPT``."""
    codes = json.dumps(one.codes)
    kind = (one.category, one.tool, codes)
    return (*kind, one.fixer, one.ending, one.severity, one.seconds, one.reason)


def recovery(row: tuple[object, ...]) -> Recovery:
    """Return what a row of ``id`` and ``RECOVERY`` holds. Raises ValueError."""
    number, at, repository, commit, workflow, job, category, tool, codes, *rest = row
    signature, status, fixers, severity, patch, sha256, seconds = rest
    return Recovery(
        at=datetime.fromisoformat(str(at)),
        repository=str(repository),
        commit=str(commit),
        workflow=str(workflow),
        job=str(job),
        category=str(category),
        tool=None if tool is None else str(tool),
        codes=_texts(codes),
        signature=str(signature),
        status=str(status),
        fixers=_texts(fixers),
        severity=str(severity),
        patch=str(patch),
        sha256=str(sha256),
        seconds=float(str(seconds)),
        id=int(str(number)),
    )


def attempted(row: tuple[object, ...]) -> Attempted:
    """Return what a row of ``ATTEMPT`` holds. Raises ValueError."""
    category, tool, codes, fixer, ending, severity, seconds, reason = row
    return Attempted(
        category=str(category),
        tool=None if tool is None else str(tool),
        codes=_texts(codes),
        fixer=str(fixer),
        ending=str(ending),
        severity=str(severity),
        seconds=float(str(seconds)),
        reason=str(reason),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, json.loads(str(value))))
