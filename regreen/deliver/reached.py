"""The words for which changed lines the tests reach, as every place that people read has them."""

from __future__ import annotations

from regreen.model import Coverage

_NAMED = 20


def reached(found: Coverage) -> str:
    """Return how many changed lines the tests reach, or that it could not be measured, and why."""
    if not found.jobs:
        return f"which changed lines the tests reach could not be measured: {found.reason}"
    said = f"changed lines reached by the tests of {', '.join(found.jobs)}: "
    said += f"{found.reached} of {found.changed}"
    return f"{said}; not all could be measured: {found.reason}" if found.reason else said


def unreached(found: Coverage) -> tuple[str, ...]:
    """Return the places of the changed lines that no test reached, of very many the first."""
    places = [f"{path}:{line}" for path, lines in found.missed.items() for line in lines]
    more = len(places) - _NAMED
    return (*places[:_NAMED], *([f"{more} more"] if more > 0 else []))
