"""What the comparison of one test file goes by, and the reasons that it finds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from regreen.verify.guard.reference import Reference


@dataclass(slots=True)
class Findings:
    """The comparison of one test file; ``reasons`` grows.

    ``known`` are the names that the old text uses, ``loaded`` those that it reads, ``stored`` those
    that the test at hand binds, ``taken`` its parameters.
    """

    path: str
    reference: Reference
    known: frozenset[str]
    is_test: Callable[[str], bool]
    loaded: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    reasons: list[str] = field(default_factory=list)

    def say(self, what: str, node: ast.AST) -> None:
        """Note a reason, with the line that it is about."""
        self.reasons.append(f"{what}: {self.path}:{getattr(node, 'lineno', 1)}")
