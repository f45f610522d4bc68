"""The user's repository: where its objects lie and what its names mean. Read only."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from regreen.errors import UsageError
from regreen.git.command import git

_ADDRESS = re.compile(
    r"(?:(?:https?|ssh|git)://[^/]+/|[\w.-]+@[\w.-]+:)"
    r"(?:[\w.-]+/)*(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?"
)
"""A remote by URL, or in the short form ``user@host:owner/name`` of ssh."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository, bare or not, found from any folder inside it."""

    path: Path
    objects: Path
    object_format: str
    bare: bool

    @classmethod
    def open(cls, path: Path) -> Repository:
        """Find the repository at or above ``path``. Raises UsageError when there is none."""
        if not path.is_dir():
            raise UsageError(
                f"{path} is not a folder", next_step="name a git repository with --repo DIR"
            )
        asked = ("--git-path", "objects", "--show-object-format", "--is-bare-repository")
        found = git("rev-parse", *asked, cwd=path)
        if not found.ok:
            raise UsageError(
                f"{path} is not a git repository",
                next_step="name a git repository with --repo DIR, or run `git init` there",
            )
        # Any byte but NUL may be in a path, line feeds too; the other two answers are plain words.
        objects, object_format, bare = found.stdout.removesuffix(b"\n").rsplit(b"\n", 2)
        return cls(
            path.resolve(),
            (path / os.fsdecode(objects)).resolve(),
            object_format.decode(),
            bare == b"true",
        )

    def commit(self, revision: str) -> str:
        """Return the full id of the commit that ``revision`` names.

        Any object of the repository will do, also one that no branch reaches. Raises UsageError
        when there is no such commit.
        """
        name = f"{revision}^{{commit}}"
        found = git("rev-parse", "--verify", "--quiet", "--end-of-options", name, cwd=self.path)
        if not found.ok:
            raise UsageError(
                f"there is no commit {revision} in {self.path}", self._how_to_get(revision)
            )
        return found.stdout.decode().strip()

    def has(self, commit: str) -> bool:
        """Return whether the commit with this full id lies here."""
        return git("cat-file", "-e", f"{commit}^{{commit}}", cwd=self.path).ok

    def _how_to_get(self, revision: str) -> str:
        if revision == "HEAD":
            return "make a commit first, or name one with --commit"
        whole = re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision)
        remote = git("config", "--get", "remote.origin.url", cwd=self.path)
        if whole is None or not remote.ok:
            return "name a commit that is there with --commit, by its full id"
        return f"git -C {shlex.quote(str(self.path))} fetch origin {revision}"

    def remote(self) -> str | None:
        """Return the address that the clone fetches from: ``origin``'s, else the only remote's."""
        done = git("config", "-z", "--get-regexp", r"^remote\..*\.url$", cwd=self.path)
        rows = (row.partition("\n") for row in done.stdout.decode("utf-8", "replace").split("\0"))
        remotes = {name: address for name, _, address in rows if address}
        alone = next(iter(remotes.values())) if len(remotes) == 1 else None
        return remotes.get("remote.origin.url", alone)

    def web_name(self) -> str | None:
        """Return ``owner/name`` from the remote's address.

        ``None`` when there is none, or when it is a path of this machine.
        """
        match = _ADDRESS.fullmatch((self.remote() or "").strip())
        return f"{match['owner']}/{match['name']}" if match else None
