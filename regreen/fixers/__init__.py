"""Ideas for mending a failure, one file a fixer.

A fixer is a module with ``ID``, ``DOCS`` and a pure ``propose(failure, scene)`` that yields ideas;
it runs nothing and changes nothing. Fixers are found through the entry point group
``regreen.fixers``: regreen's own first, in the order of `regreen.fixers.order`, then users'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from regreen.fixers.fixer import Fixer
from regreen.fixers.found import Broken, found
from regreen.model import Failure, Idea
from regreen.scene import Scene

__all__ = ["Broken", "Fixer", "found", "propose"]


def propose(
    failures: Iterable[Failure], scene: Scene, fixers: Sequence[Fixer]
) -> Iterator[tuple[Failure, Idea]]:
    """Yield every idea of every fixer for each of a step's failures, with the failure it is for."""
    for failure in failures:
        for fixer in fixers:
            for idea in fixer.propose(failure, scene):
                yield failure, idea
