"""Ideas for mending a failure, one file a fixer.

A fixer is a module with ``ID``, ``DOCS`` and a pure ``propose(failure, scene)`` that yields ideas;
it runs nothing and changes nothing. Fixers are found through the entry point group
``regreen.fixers``: regreen's own first, in the order of `regreen.fixers.order`, then users'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from regreen.fixers.fixer import Fixer
from regreen.fixers.found import Broken, found
from regreen.model import Failure, Idea
from regreen.scene import Scene

__all__ = ["Broken", "Fixer", "found", "propose"]


def propose(
    fixer: Fixer, failure: Failure, scene: Scene, tell: Callable[[str], None]
) -> Iterator[Idea]:
    """Yield a fixer's ideas; one that fails is told of, and has no further ideas.

    It may be a stranger's: what it raises must not end the search of all others.
    """
    try:
        for idea in fixer.propose(failure, scene):
            if not isinstance(idea, Idea):
                raise TypeError(f"{idea!r:.80} is no idea")
            yield idea
    except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
        tell(f"the fixer {fixer.ID} fails: {type(error).__name__}: {error}")
