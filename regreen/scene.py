"""One failing step as it was run, for whoever has ideas: the step, and the files as they stand."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Protocol

from regreen.model import Failure


class Files(Protocol):
    """The files of the commit as they stand with what was mended so far. Read only."""

    def paths(self) -> tuple[str, ...]:
        """Return all paths, relative to the repository, sorted."""

    def text(self, path: str) -> str | None:
        """Return a file's text, or ``None`` when it is not there or no text."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One failing step as it was run.

    ``script`` is what the shell got, ``output`` what it printed, ``directory`` where it ran
    (relative to the repository), ``installs`` the scripts of the job's steps up to this one.
    """

    files: Files
    script: str
    output: str
    directory: str
    installs: tuple[str, ...] = ()

    def named_files(self, failure: Failure) -> list[str]:
        """Return the files that ``failure`` names and the repository has, relative to it.

        Tools print names relative to the folder that they run in.
        """
        known = set(self.files.paths())
        choices = (
            (f, posixpath.normpath(posixpath.join(self.directory, f))) for f in failure.files
        )
        found = (next((f for f in reversed(both) if f in known), None) for both in choices)
        return list(dict.fromkeys(f for f in found if f is not None))
