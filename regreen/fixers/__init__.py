"""Ideas for mending a failure, one file a fixer.

A fixer is a module with ``ID``, ``DOCS`` and a pure ``propose(failure, scene)`` that yields ideas;
it runs nothing and changes nothing. Fixers are found through the entry point group
``regreen.fixers``: regreen's own first, in the order of `regreen.fixers.order`, then users'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from regreen.fixers.failing import words_of
from regreen.fixers.fixer import Fixer
from regreen.fixers.found import Broken, found
from regreen.model import Failure, Idea, Probe
from regreen.scene import Scene

__all__ = ["Broken", "Fixer", "found", "propose"]

Tell = Callable[[str], None]


def propose(fixer: Fixer, failure: Failure, scene: Scene, tell: Tell) -> Iterator[Idea]:
    """Yield a fixer's ideas; one that fails is told of with the place, and has no further ideas.

    It may be a stranger's: what it raises, also when it reads what a probe printed, must not end
    the search of all others.
    """
    yield from _guarded(fixer, lambda: fixer.propose(failure, scene), tell)


def _guarded(fixer: Fixer, ask: Callable[[], Iterable[Idea]], tell: Tell) -> Iterator[Idea]:
    try:
        for idea in ask():
            if not isinstance(idea, Idea):
                raise TypeError(f"{idea!r:.80} is no idea")
            yield _reading(fixer, idea, tell) if isinstance(idea, Probe) else idea
    except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
        tell(f"the fixer {fixer.ID} fails: {words_of(error, fixer.propose)}")


def _reading(fixer: Fixer, probe: Probe, tell: Tell) -> Probe:
    read = probe.read
    return replace(probe, read=lambda said: _guarded(fixer, lambda: read(said), tell))
