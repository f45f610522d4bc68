"""What a fixer may look at besides the failure: the failing step and the repository's files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Files(Protocol):
    """The files of the commit as they stand with what was mended so far. Read only."""

    def paths(self) -> tuple[str, ...]:
        """Return all paths, relative to the repository, sorted."""

    def text(self, path: str) -> str | None:
        """Return a file's text, or ``None`` when it is not there or no text."""


@dataclass(frozen=True, slots=True)
class Context:
    """One failing step as it was run.

    ``script`` is what the shell got, ``output`` what it printed, ``directory`` where it ran
    (relative to the repository), ``installs`` the scripts of the job's steps up to this one.
    """

    files: Files
    script: str
    output: str
    directory: str
    installs: tuple[str, ...] = ()
