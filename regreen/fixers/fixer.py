"""What every fixer offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from regreen.model import Failure, Idea
from regreen.scene import Scene


class Fixer(Protocol):
    """A module (or object) with a name, a page that says how it mends, and ideas."""

    ID: str
    DOCS: str

    def propose(self, failure: Failure, scene: Scene, /) -> Iterable[Idea]:
        """Yield ideas for this failure, the likeliest first; nothing when it is not ours."""
