"""Ruff's formatter: it rewrites what ``ruff format --check`` refuses."""

from __future__ import annotations

from collections.abc import Iterable

from regreen.fixers.lint.checker import Checker, runs
from regreen.model import Failure, Proposal, Scope
from regreen.scene import Scene

ID = "ruff format"
DOCS = "https://docs.astral.sh/ruff/formatter/"

_CHECKER = Checker(
    id=ID,
    tools=frozenset({"ruff format", "ruff-format"}),
    programs=("ruff",),
    after=("format",),
    drop=frozenset({"--check", "--diff", "-q", "--quiet"}),
    drop_valued=frozenset({"--output-format"}),
    why="ruff format rewrites the files that its check refuses",
    scope=Scope.FORM,
)


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield runs of the job's own ``ruff format`` without ``--check``."""
    return runs(_CHECKER, failure, scene)
