"""isort: the sorter rewrites the imports that ``isort --check`` refuses."""

from __future__ import annotations

from collections.abc import Iterable

from regreen.fixers.lint.checker import Checker, runs
from regreen.model import Failure, Proposal, Scope
from regreen.scene import Scene

ID = "isort"
DOCS = "https://pycqa.github.io/isort/docs/configuration/options.html"

_CHECKER = Checker(
    id=ID,
    tools=frozenset({"isort"}),
    programs=("isort",),
    drop=frozenset({"--check", "--check-only", "-c", "--diff", "--df", "-d", "-q", "--quiet"}),
    why="isort sorts the imports that its check refuses",
    scope=Scope.IMPORTS,
)


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield runs of the job's own isort without ``--check-only``."""
    return runs(_CHECKER, failure, scene)
