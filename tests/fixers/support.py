"""A failing step as fixers see it, without a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regreen.model import (
    AutoFixable,
    Category,
    Diagnostic,
    Failure,
    Severity,
    Signature,
)
from regreen.scene import Scene


@dataclass(frozen=True)
class Texts:
    """Files held in memory."""

    files: Mapping[str, str]

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def text(self, path: str) -> str | None:
        return self.files.get(path)


def context(
    script: str,
    files: Mapping[str, str],
    *,
    output: str = "",
    installs: tuple[str, ...] = (),
    parent: Mapping[str, str] | None = None,
    python: str = "",
) -> Scene:
    """Return a context whose step runs ``script`` in the repository's root."""
    before = Texts(parent) if parent is not None else None
    return Scene(Texts(files), script, output, ".", installs, parent=before, python=python)


def failure(category: Category, tool: str | None, *diagnostics: Diagnostic) -> Failure:
    """Return a failure with these diagnostics."""
    signature = Signature(category, tool, frozenset(d.key for d in diagnostics))
    return Failure(
        category, Severity.LOW, 1.0, AutoFixable.YES, "check", None, 1, tool,
        diagnostics, (), signature,
    )  # fmt: skip
