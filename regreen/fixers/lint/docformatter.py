"""docformatter: it rewrites the docstrings that ``docformatter --check`` refuses."""

from __future__ import annotations

from collections.abc import Iterable

from regreen.fixers.lint.checker import Checker, runs
from regreen.model import Failure, Proposal, Scope
from regreen.scene import Scene

ID = "docformatter"
DOCS = "https://docformatter.readthedocs.io/en/latest/usage.html"

_CHECKER = Checker(
    id=ID,
    tools=frozenset({"docformatter"}),
    programs=("docformatter",),
    drop=frozenset({"--check", "-c", "--diff", "-d"}),
    add=("--in-place",),
    why="docformatter rewrites the docstrings that its check refuses",
    scope=Scope.FORM,
)


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield runs of the job's own docformatter with ``--in-place``."""
    return runs(_CHECKER, failure, scene)
