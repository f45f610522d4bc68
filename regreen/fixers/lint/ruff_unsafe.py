"""Ruff's unsafe fixes, where only those exist: a curated choice, by the job's own ruff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from regreen.fixers.lint.checker import Checker, runs
from regreen.fixers.lint.ruff_check import CHECK
from regreen.fixers.lint.rufftable import acceptable, codes, instead, reasons
from regreen.model import Failure, Proposal
from regreen.scene import Scene

ID = "ruff check --unsafe-fixes"
DOCS = "https://docs.astral.sh/ruff/linter/#fix-safety"


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield runs that apply the unsafe fixes of the failed codes that are good enough."""
    if failure.tool not in CHECK.tools:
        return
    if taken := acceptable(codes(failure), scene.named_files(failure), scene.files):
        yield from runs(_checker(taken), failure, scene)
    if rules := instead(codes(failure)):
        yield from runs(_checker(rules, "--extend-select", ",".join(rules)), failure, scene)


def _checker(taken: Iterable[str], *more: str) -> Checker:
    names = tuple(taken)
    return replace(
        CHECK,
        id=ID,
        drop=CHECK.drop | {"--fix", "--no-unsafe-fixes", "--fix-only", "--unsafe-fixes"},
        drop_valued=CHECK.drop_valued | {"--fixable", "--unfixable"},
        add=("--fix", "--unsafe-fixes", "--fixable", ",".join(names), *more),
        why=f"ruff can mend it, though it calls the fix unsafe ({reasons(names)})",
    )
