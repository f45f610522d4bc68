"""Black: the formatter rewrites what ``black --check`` refuses."""

from __future__ import annotations

from collections.abc import Iterable

from regreen.fixers.lint.checker import Checker, runs
from regreen.model import Failure, Proposal, Scope
from regreen.scene import Scene

ID = "black"
DOCS = "https://black.readthedocs.io/en/stable/usage_and_configuration/the_basics.html"

_CHECKER = Checker(
    id=ID,
    tools=frozenset({"black"}),
    programs=("black",),
    drop=frozenset({"--check", "--diff", "--color", "-q", "--quiet"}),
    why="black rewrites the files that its check refuses",
    scope=Scope.FORM,
)


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield runs of the job's own black without ``--check``."""
    return runs(_CHECKER, failure, scene)
