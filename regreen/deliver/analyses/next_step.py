"""What a person should do after an analysis, as something to copy where it is a command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from regreen.deliver.analyses.report import Report, Spot
from regreen.deliver.quotes import without_command
from regreen.deliver.remedies import may_pass_again, regreen_tries
from regreen.model import Category, Failure

_MOST = 8


def next_steps(report: Report) -> list[str]:
    """Return one line for each thing to do, the likeliest first; empty where nothing failed."""
    if not report.red:
        return []
    if report.kind == "folder":
        path = next((spot.path for spot in report.red if spot.path), None)
        return [f"regreen analyze --log {_quoted(path)}"]
    return list(dict.fromkeys(_steps(report)))[:_MOST]


def _steps(report: Report) -> Iterator[str]:
    for spot in report.red:
        cause = spot.failures[0]
        if regreen_tries(cause, spot.analysis.facts.provider or report.provider):
            yield _fix(report, spot)
        elif may_pass_again(cause):
            yield "run the job again" + (f": {report.url}" if report.url else "")
        elif cause.category == Category.UNKNOWN:
            yield f"regreen rules explain {_quoted(spot.path)}"
        else:
            yield _look(cause, spot)


def _fix(report: Report, spot: Spot) -> str:
    if report.url is None:
        return f"regreen fix --repo DIR --log {_quoted(spot.path)}"
    job = f" --job {shlex.quote(spot.job)}" if spot.job else ""
    return f"regreen fix --run {shlex.quote(report.url)}{job}"


def _look(cause: Failure, spot: Spot) -> str:
    placed = next((found for found in cause.diagnostics if found.file), None)
    if placed is not None:
        line = f":{placed.line}" if placed.line else ""
        return f"look at {without_command(placed.file or '')}{line}"
    if not cause.evidence:
        return f"regreen rules explain {_quoted(spot.path)}"
    return f"look at line {cause.evidence[-1].line} of {_quoted(spot.path, 'the log')}"


def _quoted(path: str | None, unknown: str = "FILE") -> str:
    return unknown if path is None else shlex.quote(path)
