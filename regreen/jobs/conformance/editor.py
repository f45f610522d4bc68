"""Faults of events that GitHub's editor extension names and its server does not: cron, inputs."""

from __future__ import annotations

from collections.abc import Iterator

from regreen.jobs import tree
from regreen.jobs.expressions.values import kind, parse_number
from regreen.jobs.schema import Fault
from regreen.jobs.yamltree import Node

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_RANGES: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_TOKENS = {
    "Null": "NullToken",
    "Boolean": "BooleanToken",
    "Number": "NumberToken",
    "String": "StringToken",
}


def event_faults(on: Node | None) -> Iterator[Fault]:
    """Yield each fault of the events' schedules and inputs."""
    for name, _, value in tree.entries(on):
        if name == "schedule":
            for item in tree.items(value):
                cron = tree.fields(item).get("cron")
                if cron is not None and not is_cron(tree.text(cron) or ""):
                    reason = (
                        "Invalid cron expression. Expected format: '* * * * *' "
                        "(minute hour day month weekday)"
                    )
                    yield Fault(reason, cron.line, cron.column)
        elif name in {"workflow_call", "workflow_dispatch"}:
            for _, _, spec in tree.entries(tree.fields(value).get("inputs")):
                yield from _input_faults(spec)


def _input_faults(spec: Node) -> Iterator[Fault]:
    known = tree.fields(spec)
    wanted = tree.text(known.get("type")) or "string"
    default = known.get("default")
    if default is not None and wanted != "number" and not tree.is_computed(default):
        token = "BooleanToken" if wanted == "boolean" else "StringToken"
        found = _TOKENS[kind(tree.value(default))]
        if found != token:
            reason = (
                f"Unexpected type '{found}' encountered while reading 'input default'. "
                f"The type '{token}' was expected."
            )
            yield Fault(reason, default.line, default.column)
    options = known.get("options")
    if wanted == "choice" and not tree.items(options):
        yield Fault("Missing 'options' for choice input", spec.line, spec.column)
    elif wanted != "choice" and options is not None:
        reason = "Input type is not 'choice', but 'options' is defined"
        yield Fault(reason, spec.line, spec.column)


def is_cron(text: str) -> bool:
    """Return whether ``text`` is a time table as GitHub takes it: five fields."""
    parts = [part for part in text.split(" ") if part] if text.strip() == text else []
    return len(parts) == len(_RANGES) and all(
        _is_part(part, *bounds) for part, bounds in zip(parts, _RANGES, strict=True)
    )


def _is_part(
    text: str, low: int, high: int, names: dict[str, int], *, single: bool = False
) -> bool:
    if text.lower() in names or text == "*":
        return True
    if "," in text and not single:
        return all(part and _is_part(part, low, high, names) for part in text.split(","))
    if "/" in text and not single:
        start, _, step = text.partition("/")
        return (
            parse_number(step) > 0
            and bool(start)
            and _is_part(start, low, high, names)
            and _is_part(step, low, high, names, single=True)
        )
    if "-" in text and not single:
        first, _, last = text.partition("-")
        ends = [names.get(end.lower(), parse_number(end)) for end in (first, last)]
        return (
            bool(first and last)
            and _is_part(first, low, high, names, single=True)
            and _is_part(last, low, high, names, single=True)
            and ends[1] >= ends[0]
        )
    return bool(text) and low <= parse_number(text) <= high
