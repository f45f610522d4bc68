"""One failing step as it was run, for whoever has ideas: the step, and the files as they stand."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from regreen.model import Failure


class Files(Protocol):
    """The files of the commit as they stand with what was mended so far. Read only."""

    def paths(self) -> tuple[str, ...]:
        """Return all paths, relative to the repository, sorted."""

    def text(self, path: str) -> str | None:
        """Return a file's text, or ``None`` when it is not there or no text."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a distribution on the package index.

    ``requires_python`` is as its metadata has it (empty: any), ``uploaded`` when its first file
    was (``None`` where the index does not tell), ``yanked`` whether all of its files were, and
    ``wheels`` are the names of its wheels (empty: not known, or none).
    """

    version: str
    uploaded: datetime | None = None
    requires_python: str = ""
    yanked: bool = False
    wheels: tuple[str, ...] = ()


class Index(Protocol):
    """The package index as the job sees it. Only ever read; nothing of a package is run."""

    def releases(self, name: str) -> tuple[Release, ...]:
        """Return all releases of a distribution, the oldest first; none when it is not there."""

    def modules(self, name: str, version: str) -> frozenset[str]:
        """Return the dotted names of what a release's wheel lets one import; empty: not known."""

    def requires(self, name: str, version: str) -> tuple[str, ...]:
        """Return a release's own requirements (``Requires-Dist``); empty: none, or not known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the failing step is defined.

    ``workflow`` is the file's path in the commit, ``job`` the job's id, ``step`` its position among
    the job's steps as the file has them (from 0), ``line`` where it begins (from 1). ``provider``
    is github or gitlab.
    """

    workflow: str
    job: str
    step: int
    line: int
    provider: str = "github"


@dataclass(frozen=True, slots=True)
class Scene:
    """One failing step as it was run.

    ``script`` is what the shell got, ``output`` what it printed, ``directory`` where it ran
    (relative to the repository), ``installs`` the scripts of the job's steps up to this one.

    ``parent`` are the files of the commit before the red one (``None`` where they are not at hand).
    ``place`` is where the step is defined. ``python`` is the job's Python as written (``3.8``;
    empty: the image's own), ``pythons`` those of all combinations of the job's matrix. ``as_of``
    is when the run was (``None``: today), ``index`` the package index as of then, ``log`` what CI's
    own log shows of the whole job (empty without one), ``setup`` what the steps before printed
    here, in order.
    """

    files: Files
    script: str
    output: str
    directory: str
    installs: tuple[str, ...] = ()
    parent: Files | None = None
    place: Place | None = None
    python: str = ""
    pythons: tuple[str, ...] = ()
    as_of: datetime | None = None
    index: Index | None = None
    log: str = ""
    setup: tuple[str, ...] = ()

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
