"""The list of a repository's jobs, for people (plain or as a table) and for machines."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from regreen.model.listing import ListedJob, ListedLeg, ListedWorkflow, Support
from regreen.plain import fitting, visible, visible_lines

SCHEMA = 1
_STYLES = {
    Support.SUPPORTED: "green",
    Support.DIFFERS: "yellow",
    Support.UNSUPPORTED: "red",
    Support.REFUSED: "bold red",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """Combinations of one job of which the same can be said."""

    names: tuple[str, ...]
    leg: ListedLeg

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.leg.reasons, *self.leg.notes)


def listing_json(listed: Sequence[ListedWorkflow], repository: str, commit: str) -> dict[str, Any]:
    """Return the object that ``regreen jobs --json`` prints. It only ever gains fields."""
    return {
        "schema": SCHEMA,
        "repository": repository,
        "commit": commit,
        "counts": _counts(listed),
        "workflows": [_workflow_json(workflow) for workflow in listed],
    }


def _counts(listed: Sequence[ListedWorkflow]) -> dict[str, int]:
    counts = Counter(support for workflow in listed for support in workflow.supports)
    return {str(support): counts[support] for support in Support}


def _workflow_json(workflow: ListedWorkflow) -> dict[str, Any]:
    return {
        "path": workflow.path,
        "name": workflow.name,
        "events": list(workflow.events),
        "faults": list(workflow.faults),
        "jobs": [
            {
                "id": job.id,
                "line": job.line,
                "needs": list(job.needs),
                "combinations": [_leg_json(leg) for leg in job.legs],
            }
            for job in workflow.jobs
        ],
    }


def _leg_json(leg: ListedLeg) -> dict[str, Any]:
    return {
        "name": leg.name,
        "matrix": dict(leg.combination),
        "runner": leg.runner,
        "support": str(leg.support),
        "notes": list(leg.notes),
        "reasons": list(leg.reasons),
    }


def listing_text(listed: Sequence[ListedWorkflow]) -> str:
    """Return the list as plain lines."""
    lines: list[str] = []
    for workflow in listed:
        lines.append(visible(_heading(workflow)))
        lines += [visible(f"  refused      {fault}") for fault in workflow.faults]
        for row in _rows(workflow):
            lines.append(visible(f"  {row.leg.support:<12} {', '.join(row.names)}"))
            lines += [visible(f"    {words}") for words in row.words]
    return "\n".join([*lines, _total(listed)])


def print_listing(listed: Sequence[ListedWorkflow]) -> None:
    """Print the list on stdout: a table in colour on a terminal, else plain lines."""
    stream = sys.stdout
    if stream.isatty():
        _print_table(listed)
        return
    stream.write(fitting(visible_lines(f"{listing_text(listed)}\n"), stream.encoding))
    stream.flush()


def _print_table(listed: Sequence[ListedWorkflow]) -> None:
    """Print a table for each workflow; rich knows ``NO_COLOR``, ``TERM`` and the width."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = shutil.get_terminal_size((80, 24)).columns
    console = Console(file=sys.stdout, highlight=False, width=width)

    def text(words: str, style: str = "") -> Text:
        return Text(fitting(visible(words), console.encoding), style)

    for workflow in listed:
        console.print(text(_heading(workflow), "bold"))
        for fault in workflow.faults:
            console.print(text(f"refused: {fault}", _STYLES[Support.REFUSED]))
        table = Table(box=box.SIMPLE, show_header=False, pad_edge=False, padding=(0, 1))
        for ratio in (3, None, 6):
            table.add_column(ratio=ratio, overflow="fold")
        for row in _rows(workflow):
            names, words = (Text("\n").join(map(text, many)) for many in (row.names, row.words))
            table.add_row(names, text(row.leg.support, _STYLES[row.leg.support]), words)
        if workflow.jobs:
            console.print(table)
    console.print(text(_total(listed)))


def _heading(workflow: ListedWorkflow) -> str:
    name = f" ({workflow.name})" if workflow.name != workflow.path else ""
    events = f", on {', '.join(workflow.events)}" if workflow.events else ""
    return f"{workflow.path}{name}{events}"


def _rows(workflow: ListedWorkflow) -> Iterator[_Row]:
    """Yield the rows of a workflow: combinations that are alike share one."""
    for job in workflow.jobs:
        yield from _job_rows(job)


def _job_rows(job: ListedJob) -> Iterator[_Row]:
    alike: dict[tuple[object, ...], list[ListedLeg]] = {}
    for leg in job.legs:
        alike.setdefault((leg.support, leg.notes, leg.reasons), []).append(leg)
    for legs in alike.values():
        yield _Row(tuple(leg.name for leg in legs), legs[0])


def _total(listed: Sequence[ListedWorkflow]) -> str:
    said = (f"{count} {name}" for name, count in _counts(listed).items() if count)
    return ", ".join(said) or "no job"
