"""What a plan looks like: a table for people, JSON for machines, Markdown for issues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from regreen.course.action import SCHEMA, Action, Plan
from regreen.deliver.analyses.markdown import code, prose
from regreen.deliver.analyses.table import told
from regreen.deliver.analyses.wrap import Line, paragraph, row, unbroken
from regreen.deliver.quotes import without_command
from regreen.deliver.summary import failure_json
from regreen.errors import UsageError
from regreen.model import Severity

FORMATS = ("table", "json", "markdown")
WIDTH = 80
_FILES = 5


def format_of(name: str) -> str:
    """Return the form that a file's name asks for; JSON where it asks for none."""
    if name.lower().endswith((".md", ".markdown")):
        return "markdown"
    return "table" if name.lower().endswith(".txt") else "json"


def rendered(plan: Plan, form: str) -> str:
    """Return ``plan`` in one of ``FORMATS``, without the last line end. Raises UsageError."""
    if form == "json":
        return json.dumps(plan_json(plan), indent=2, ensure_ascii=False)
    if form == "markdown":
        return "\n".join(_markdown(plan)).rstrip("\n")
    if form == "table":
        return "\n".join(line.plain.rstrip() for line in lines(plan, WIDTH))
    raise UsageError(f"there is no format {form!r}", f"choose one of: {', '.join(FORMATS)}")


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the object that ``regreen recover`` writes. It only ever gains fields."""
    report = plan.report
    return {
        "schema": SCHEMA,
        "asked": {
            "source": report.source,
            "kind": report.kind,
            "workflow": report.workflow,
            "job": report.job,
            "step": report.step,
        },
        "failures": [
            {
                "job": spot.job or spot.analysis.facts.job,
                **failure_json(failure, spot.analysis.facts.provider),
            }
            for spot, failure in report.failures()
        ],
        "actions": [_action(one) for one in plan.actions],
        "next": next_step(plan),
    }


def next_step(plan: Plan) -> str:
    """Return the command to go on with; empty where nothing failed."""
    tries = next((one.regreen for one in plan.actions if one.regreen), "")
    if tries.startswith("regreen execute"):
        return f"{tries} --dry-run"
    if tries or not plan.actions:
        return tries
    first = plan.actions[0]
    return first.commands[0] if first.commands else f"do what action 1 says ({first.kind})"


def _action(one: Action) -> dict[str, Any]:
    return {
        "kind": str(one.kind),
        "title": one.title,
        "category": str(one.failure.category),
        "severity": str(one.severity),
        "confidence": one.failure.confidence,
        "auto_fixable": str(one.auto_fixable),
        "commands": list(one.commands),
        "files": list(one.files),
        "change": one.change,
        "requires_review": bool(one.review),
        "review": one.review,
        "regreen": one.regreen,
        "job": one.job,
        "step": one.failure.step,
    }


def lines(plan: Plan, width: int) -> list[Line]:
    """Return the table as lines with styles."""
    found: list[Line] = []
    if not plan.actions:
        return paragraph("No failure is shown: there is nothing to do.", width)
    for spot in plan.report.red:
        name = f"{spot.name}: " if plan.report.kind == "run" else ""
        found += paragraph(f"{name}{told(spot, beside=True)}", width, "bold")
    for number, one in enumerate(plan.actions, start=1):
        found += _lines(number, one, width)
    return found + unbroken("next", next_step(plan), width)


def _lines(number: int, one: Action, width: int) -> Iterator[Line]:
    yield from row(f"{number}. {one.kind}", one.title, width, "bold")
    words = f"{one.severity}, {one.failure.category}, confidence {one.failure.confidence:.2f}"
    yield from row("severity", f"{words}, auto-fixable: {one.auto_fixable}", width, _style(one))
    label = "run"
    for command in one.commands:
        yield from unbroken(label, command, width)
        label = ""
    label = "change"
    for text in one.change.splitlines():
        yield from unbroken(label, text, width)
        label = ""
    if one.files:
        shown = [without_command(name) for name in one.files[:_FILES]]
        more = f" and {len(one.files) - _FILES} more" if len(one.files) > _FILES else ""
        yield from row("files", f"{', '.join(shown)}{more}", width, "dim")
    if one.review:
        yield from row("review", one.review, width, "yellow")
    if one.regreen:
        yield from unbroken("regreen", one.regreen, width)


def _style(one: Action) -> str:
    return {Severity.LOW: "green", Severity.MEDIUM: "yellow"}.get(one.severity, "red")


def _markdown(plan: Plan) -> Iterator[str]:
    yield "### Recovery plan"
    yield ""
    for spot in plan.report.red:
        yield prose(told(spot, beside=True))
        yield ""
    for number, one in enumerate(plan.actions, start=1):
        yield f"{number}. **{one.kind}**: {prose(one.title)}"
        verdict = f"severity **{one.severity}**, auto-fixable **{one.auto_fixable}**"
        yield f"   - {verdict}, confidence {one.failure.confidence:.2f}"
        for command in one.commands:
            yield f"   - run {code(command)}"
        if one.change:
            yield ""
            yield from (f"         {text}" for text in one.change.splitlines())
            yield ""
        if one.review:
            yield f"   - review: {prose(one.review)}"
        if one.regreen:
            yield f"   - regreen tries it: {code(one.regreen)}"
    if plan.actions:
        yield ""
        yield f"Next: {code(next_step(plan))}"
    else:
        yield "No failure is shown: there is nothing to do."
