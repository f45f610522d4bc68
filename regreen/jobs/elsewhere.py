"""Reusable workflows of other repositories, brought here one tree at a time and kept by commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from regreen.errors import UnsupportedError, UsageError
from regreen.git import Address, UnreachableError
from regreen.git.remote_tree import NoRepository, RemoteTrees
from regreen.jobs.actions.folders import kept
from regreen.jobs.actions.reference import Remote
from regreen.model import Unsupported
from regreen_sandbox.locks import exclusive, own_folder

GITHUB = "https://github.com"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NEXT = "put a checkout into a folder, as {0}@{1}, and name the folder with --actions-dir"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where workflows of other repositories come from.

    ``cache`` is the user's cache folder, ``server`` the web address that is asked; ``folder`` holds
    the user's own checkouts (``owner/name@ref``) and wins; ``offline`` asks no server.
    """

    cache: Path
    server: str = GITHUB
    folder: Path | None = None
    offline: bool = False
    report: Callable[[str], None] = lambda _text: None

    def __call__(self, repository: str, path: str, ref: str) -> str:
        """Return the text of the workflow at ``path`` of ``owner/name`` at ``ref``.

        Raises UnsupportedError where it cannot be had, UsageError for a cache that cannot be used.
        """
        owner, _, name = repository.partition("/")
        own = kept(self.folder, Remote(owner, name, path, ref)) if self.folder else None
        if isinstance(own, Unsupported):
            raise UnsupportedError(own.what, _NEXT.format(repository, ref))
        data = own.tree.read(path) if own else self._from_server(repository, path, ref)
        if data is None:
            raise self._missing(repository, ref, f"it has no {path}")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self._missing(repository, ref, f"{path} is not UTF-8 text") from error

    def _from_server(self, repository: str, path: str, ref: str) -> bytes | None:
        place = self._place(repository)
        lock = f"workflow-{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"
        with exclusive(lock, report=self.report):
            try:
                trees = RemoteTrees.open(place)
                commit = self._commit(trees, repository, ref)
            except NoRepository as error:
                raise self._missing(repository, ref, "it does not exist, or is private") from error
            except UnreachableError as error:
                raise self._missing(repository, ref, error.message) from error
            return trees.tree(commit).read(path)

    def _commit(self, trees: RemoteTrees, repository: str, ref: str) -> str:
        """Return the commit that ``ref`` means, its tree brought here."""
        address = Address(f"{self.server}/{repository}")
        if _SHA.fullmatch(ref.lower()) and trees.has(ref.lower()):
            return ref.lower()
        if self.offline:
            raise self._missing(repository, ref, "--offline asks no server")
        commit = ref.lower() if _SHA.fullmatch(ref.lower()) else trees.resolve(address, ref)
        if commit is not None and not trees.has(commit):
            commit = trees.fetch(address, commit)
        if commit is None:
            raise self._missing(repository, ref, f"it has no {ref}")
        return commit

    def _place(self, repository: str) -> Path:
        host = urlsplit(self.server).netloc.replace(":", "_").lower()
        place = self.cache / "workflows" / host / f"{repository.lower()}.git"
        try:
            self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (*reversed(place.parents[:3]), place):
                own_folder(folder)
        except OSError as error:
            raise UsageError(
                f"cannot write to {place}: {error.strerror or error}",
                "choose another cache with REGREEN_CACHE",
            ) from error
        return place

    def _missing(self, repository: str, ref: str, why: str) -> UnsupportedError:
        return UnsupportedError(
            f"{repository}@{ref} cannot be had: {why}", _NEXT.format(repository, ref)
        )
