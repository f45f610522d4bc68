"""Ideas for mending a failure, one file a fixer.

A fixer is a module with ``ID``, ``DOCS`` and a pure ``propose(failure, scene)`` that yields
proposals; it runs nothing and changes nothing. The search tries them in the order given here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from regreen.fixers import (
    bare_except,
    black,
    docformatter,
    isort,
    long_lines,
    missing_dependency,
    own_ruff,
    pins,
    redefinition,
    ruff_check,
    ruff_format,
    ruff_unsafe,
    step_changes,
    unused_global,
)
from regreen.model import Failure, Proposal
from regreen.scene import Scene

__all__ = ["FIXERS", "Fixer", "propose"]


class Fixer(Protocol):
    """What every module of this room offers."""

    ID: str
    DOCS: str

    def propose(self, failure: Failure, scene: Scene, /) -> Iterable[Proposal]:
        """Yield ideas for this failure, the likeliest first; nothing when it is not ours."""


FIXERS: tuple[Fixer, ...] = (
    black,
    isort,
    ruff_check,
    ruff_format,
    docformatter,
    bare_except,
    unused_global,
    redefinition,
    own_ruff,
    ruff_unsafe,
    long_lines,
    missing_dependency,
    pins,
    step_changes,
)


def propose(failures: Iterable[Failure], scene: Scene) -> Iterator[tuple[Failure, Proposal]]:
    """Yield every idea of every fixer for each of a step's failures, with the failure it is for."""
    for failure in failures:
        for fixer in FIXERS:
            for proposal in fixer.propose(failure, scene):
                yield failure, proposal
