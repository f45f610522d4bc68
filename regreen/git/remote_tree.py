"""Single trees of repositories on a server, each at one commit, without clone and history.

What a repository's trees are kept in is a bare repository of regreen's own in the user's cache. It
is fetched without a token, helper, prompt or hook, over the address's own protocol only, within
bounds of time and size. Nothing is checked out: a tree is read file by file, or handed on as the
tar that ``git archive`` makes of it, which is what GitHub serves for the same commit.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from regreen.errors import UsageError
from regreen.git.command import git, must
from regreen.git.fetched import Address, UnreachableError
from regreen_sandbox.errors import ProgramTimeout

_BYTES = 1 << 30
"""The largest pack that is fetched, and the largest tar made of it."""
_FILE_BYTES = 20 << 20
_FETCH_SECONDS = 300.0
_ASK_SECONDS = 60.0
_REDIRECTED = ("-c", "http.followRedirects=initial")
"""A renamed repository is found under its new name; nothing is sent that could be taken there."""

_FILTERS = r"^filter\..*\.(smudge|clean|process|required)$"

_NOT_THERE = re.compile(
    r"could not read Username|could not read Password|terminal prompts disabled"
    r"|Authentication failed|Repository not found|repository '[^']*' not found|error: 40[134]"
)
_NO_COMMIT = re.compile(
    r"not our ref|couldn't find remote ref|no such remote ref|not found in upstream"
    r"|unadvertised object|Server does not allow request"
)


class NoRepository(UsageError):
    """The server has no such repository, or shows it only to whom it knows."""


@dataclass(frozen=True, slots=True)
class CommitTree:
    """The files of ``commit`` in the repository at ``folder``."""

    folder: Path
    commit: str

    def read(self, path: str) -> bytes | None:
        """Return a file's content, links inside the tree followed.

        ``None`` when there is none, when it is no file, or larger than 20 MiB.
        """
        if "\n" in path:
            return None
        name = f"{self.commit}:{path}\n".encode("utf-8", "surrogateescape")
        asked = ("cat-file", "--follow-symlinks")
        told = git(*asked, "--batch-check", cwd=self.folder, stdin=name).stdout.split()
        if len(told) != 3 or told[1] != b"blob" or int(told[2]) > _FILE_BYTES:
            return None
        size = int(told[2])
        found = git(*asked, "--batch", cwd=self.folder, stdin=name).stdout
        return found[-size - 1 : -1]

    def tar(self) -> bytes:
        """Return all files as a tar, as the server would. Raises UsageError."""
        # A repository's filters are programs, and archive would run them: they are set to none.
        named = git("config", "-z", "--name-only", "--get-regexp", _FILTERS, cwd=self.folder)
        keys = [key for key in named.stdout.decode("utf-8", "surrogateescape").split("\0") if key]
        none = {f"GIT_CONFIG_KEY_{at}": key for at, key in enumerate(keys)}
        none |= {f"GIT_CONFIG_VALUE_{at}": "" for at in range(len(keys))}
        done = git(
            "-c", "tar.umask=0022", "archive", "--format=tar", self.commit,
            cwd=self.folder, largest=_BYTES,
            env={**none, "GIT_CONFIG_COUNT": str(len(keys))},
        )  # fmt: skip
        if not done.ok:
            raise UsageError(
                f"the tree of {self.commit} in {self.folder} cannot be packed: "
                f"{_last(done.stderr)}",
                f"see what is missing there: git -C {shlex.quote(str(self.folder))} fsck",
            )
        return done.stdout


class RemoteTrees:
    """The bare repository that keeps trees of one repository on a server.

    Callers take turns: of the methods only `has` and `tree` may run beside another.
    """

    def __init__(self, folder: Path) -> None:
        """Use the bare repository at ``folder``."""
        self.folder = folder

    @classmethod
    def open(cls, folder: Path) -> RemoteTrees:
        """Return the one at ``folder``, which exists and is the user's; made when it is empty."""
        if not (folder / "HEAD").exists():
            must("init", "--bare", "--quiet", "--template=", str(folder), cwd=folder)
        return cls(folder)

    def has(self, commit: str) -> bool:
        """Whether the whole tree of ``commit`` is here."""
        return git("rev-parse", "--verify", "--quiet", _kept(commit), cwd=self.folder).ok

    def tree(self, commit: str) -> CommitTree:
        """Return the tree of ``commit``, which is here."""
        return CommitTree(self.folder, commit)

    def resolve(self, address: Address, ref: str) -> str | None:
        """Return the commit that ``ref`` names on the server: a tag's before a branch's.

        ``None`` when there is no such ref. Raises NoRepository, UnreachableError.
        """
        names = [f"refs/tags/{ref}", f"refs/heads/{ref}"]
        if ref.startswith("refs/"):
            names = [ref]
        elif ref.startswith(("heads/", "tags/")):
            names = [*names, f"refs/{ref}"]
        asked = [part for name in names for part in (f"{name}^{{}}", name)]
        done = self._spoken(address, ref, _ASK_SECONDS, "ls-remote", address.url, *asked)
        rows = (line.split(b"\t", 1) for line in done.splitlines())
        found = {row[1].decode("utf-8", "replace"): row[0].decode() for row in rows if row[1:]}
        return next((found[name] for name in asked if name in found), None)

    def fetch(self, address: Address, commit: str) -> str | None:
        """Bring the tree of ``commit`` (its full id) here and return the commit's id.

        That of a tag's own id is another. ``None`` when the server does not have it. Raises
        NoRepository, UnreachableError.
        """
        try:
            self._spoken(
                address, commit, _FETCH_SECONDS,
                "fetch", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-gc",
                "--no-recurse-submodules", "--quiet", "--force", "--end-of-options",
                address.url, f"{commit}:{_kept(commit)}",
            )  # fmt: skip
        except _NoCommit:
            return None
        asked = f"{_kept(commit)}^{{commit}}"
        found = git("rev-parse", "--verify", "--quiet", asked, cwd=self.folder)
        if not found.ok:
            return None
        behind = found.stdout.decode().strip()
        must("update-ref", _kept(behind), behind, cwd=self.folder)
        return behind

    def _spoken(self, address: Address, wanted: str, seconds: float, *words: str) -> bytes:
        try:
            done = git(
                *_REDIRECTED, *words,
                cwd=self.folder, env=address.settings(), seconds=seconds, largest=_BYTES,
            )  # fmt: skip
        except ProgramTimeout as error:
            raise _unreachable(address, wanted, str(error)) from error
        said = done.stderr.decode("utf-8", "replace")
        if done.ok:
            return done.stdout
        if _NOT_THERE.search(said):
            raise NoRepository(
                f"{address.url} does not exist, or is private",
                "give a checkout of it with --actions-dir DIR",
            )
        if _NO_COMMIT.search(said):
            raise _NoCommit
        raise _unreachable(address, wanted, _last(done.stderr))


class _NoCommit(Exception):
    """The server has the repository and not the commit."""


def _kept(commit: str) -> str:
    return f"refs/regreen/{commit}"


def _last(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "no word of why"


def _unreachable(address: Address, wanted: str, why: str) -> UnreachableError:
    return UnreachableError(
        f"cannot fetch {wanted} from {address.url}: {why}",
        "run the command again, or give a checkout of it with --actions-dir DIR",
    )
