"""Ruff's linter: ``ruff check --fix`` mends what ruff itself calls safe to mend."""

from __future__ import annotations

from collections.abc import Iterable

from regreen.fixers.lint.checker import Checker, runs
from regreen.model import Failure, Proposal
from regreen.scene import Scene

ID = "ruff check --fix"
DOCS = "https://docs.astral.sh/ruff/linter/#fixes"

_TOOLS = frozenset({"ruff", "ruff check", "ruff-check"})
_DROP = frozenset(
    {"--no-fix", "--diff", "--exit-non-zero-on-fix", "--exit-zero", "-q", "--quiet", "-s"}
)
_VALUED = frozenset({"--output-format", "--format", "-o", "--output-file"})
_WHY = "ruff applies its own safe fixes for the rules that failed"

CHECK = Checker(ID, _TOOLS, ("ruff",), ("check",), _DROP, _VALUED, ("--fix",), _WHY)


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield runs of the job's own ruff with ``--fix``."""
    return runs(CHECK, failure, scene)
