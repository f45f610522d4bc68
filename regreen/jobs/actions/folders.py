"""Checkouts of actions that the user keeps in a folder (``--actions-dir``).

Below it lie ``owner/name@ref`` or ``owner/name``: plain folders, work trees, or bare repositories
(also named with ``.git`` at the end). The first holds the files of that ref as they lie; of the
second, a repository is asked for the ref and a plain folder stands for every ref.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from regreen.errors import UsageError
from regreen.git import Repository
from regreen.git.remote_tree import CommitTree
from regreen.jobs.actions.reference import Remote
from regreen.model import Unsupported

_FILE_BYTES = 20 << 20
_BYTES = 1 << 30
_FILES = 200_000


class ActionTree(Protocol):
    """The files of an action's repository at one commit."""

    def read(self, path: str) -> bytes | None:
        """Return a file's content; ``None`` when there is none."""

    def tar(self) -> bytes:
        """Return all files as a tar."""


@dataclass(frozen=True, slots=True)
class FolderTree:
    """The files below ``root`` as they lie, without git's own."""

    root: Path

    def read(self, path: str) -> bytes | None:
        """Return a file's content, links followed as far as they stay below the root."""
        root = self.root.resolve()
        try:
            place = (root / path).resolve(strict=True)
            facts = place.stat()
            if not place.is_relative_to(root) or not stat.S_ISREG(facts.st_mode):
                return None
            return place.read_bytes() if facts.st_size <= _FILE_BYTES else None
        except (OSError, ValueError, RuntimeError):
            return None

    def tar(self) -> bytes:
        """Return all files as a tar, links as links. Raises UsageError when they are too many."""
        buffer, total, count = io.BytesIO(), 0, 0
        with tarfile.open(fileobj=buffer, mode="w", errors="surrogateescape") as tar:
            for path in self._files():
                facts = path.lstat()
                total, count = total + facts.st_size, count + 1
                if total > _BYTES or count > _FILES:
                    raise UsageError(
                        f"{self.root} holds more than an action may ({_BYTES >> 30} GiB, "
                        f"{_FILES} files)",
                        "keep only the action's own files there",
                    )
                if stat.S_IFMT(facts.st_mode) in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
                    tar.add(path, str(path.relative_to(self.root)), recursive=False)
        return buffer.getvalue()

    def _files(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name != ".git")
            names = (*folders, *sorted(name for name in files if name != ".git"))
            yield from (Path(folder, name) for name in names)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkout that the user keeps; ``commit`` is ``None`` where nothing says which it is."""

    tree: ActionTree
    commit: str | None


def kept(folder: Path, remote: Remote) -> Kept | Unsupported | None:
    """Return the user's checkout of ``remote`` below ``folder``, ``None`` without any.

    `Unsupported` when there is a repository of it without that ref.
    """
    own = _child(_child(folder, remote.owner), f"{remote.name}@{remote.ref}")
    if own is not None:
        return _as_it_lies(own)
    place = _child(_child(folder, remote.owner), remote.name)
    if place is None:
        return None
    repository = _repository(place)
    if repository is None:
        return Kept(FolderTree(place), None)
    for name in (f"refs/tags/{remote.ref}", f"refs/remotes/origin/{remote.ref}", remote.ref):
        try:
            commit = repository.commit(name)
        except UsageError:
            continue
        return Kept(CommitTree(place, commit), commit)
    return Unsupported(
        f"the action {remote}: {place} has no {remote.ref}; fetch it there, or rename the folder "
        f"to {place.name.removesuffix('.git')}@{remote.ref}"
    )


def _as_it_lies(place: Path) -> Kept:
    repository = _repository(place)
    if repository is None:
        return Kept(FolderTree(place), None)
    commit = repository.commit("HEAD")
    tree = CommitTree(place, commit) if repository.bare else FolderTree(place)
    return Kept(tree, commit)


def _repository(place: Path) -> Repository | None:
    """Return the repository at ``place`` itself, not one that it happens to lie in."""
    if not ((place / ".git").exists() or (place / "HEAD").is_file()):
        return None
    try:
        return Repository.open(place)
    except UsageError:
        return None


def _child(folder: Path | None, name: str) -> Path | None:
    """Return the folder of that name, which GitHub reads without regard to case.

    A ref with slashes names folders inside one another.
    """
    if folder is None:
        return None
    for asked in (name, f"{name}.git"):
        if (folder / asked).is_dir():
            return folder / asked
    first, slash, rest = name.partition("/")
    try:
        known = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return None
    wanted = (first,) if slash else (first, f"{first}.git")
    found = next((p for p in known if p.name.lower() in {w.lower() for w in wanted}), None)
    return _child(found, rest) if slash else found
