"""Commits that the user's clone lacks, fetched into a repository of regreen's own.

It borrows the clone's objects, so that only what is missing is fetched, and keeps what it fetched
under ``refs/regreen/``. The clone itself is only read. It lies in the user's cache and never in a
work tree: a bare repository that came with a stranger's clone would bring hooks and settings that
git obeys. What of git's settings could run a program or turn a fetch elsewhere is set anew here.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from regreen.errors import UsageError
from regreen.git.command import git, must
from regreen.git.repository import Repository
from regreen.git.scratch import borrow_objects

_SECONDS = 900.0
_KEPT = (
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""What says how this machine reaches the network."""
_BARE = "[core]\n\tbare = true\n\trepositoryformatversion = {}\n"
_CONFIG = {
    "sha1": _BARE.format(0),
    "sha256": _BARE.format(1) + "[extensions]\n\tobjectFormat = sha256\n",
}
_ABSENT = re.compile(
    r"not our ref|couldn't find remote ref|no such remote ref|does not have|not found in upstream"
    r"|unadvertised object|Server does not allow request"
)
_REFUSED = re.compile(
    r"Authentication failed|could not read Username|could not read Password|terminal prompts"
    r"|Repository not found|repository '[^']*' not found|error: 40[134]|Access denied"
)


class UnreachableError(UsageError):
    """A server that cannot be reached, or that does not let us in."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where commits come from, and the user name and token to reach it with (never printed)."""

    url: str
    token: str | None = field(default=None, repr=False)
    user: str = "x-access-token"

    def settings(self) -> dict[str, str]:
        """Return the environment in which git may talk to this address, and to no other."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or "@" in parts.netloc:
            raise UsageError(f"cannot fetch from {self.url}", "use the server's https address")
        options = {"http.followRedirects": "false", "credential.helper": ""}
        if self.token:
            basic = base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
            options[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = (
                f"Authorization: Basic {basic}"
            )
        environment = {"GIT_ALLOW_PROTOCOL": parts.scheme, "GIT_CONFIG_COUNT": str(len(options))}
        for number, (name, value) in enumerate(options.items()):
            environment[f"GIT_CONFIG_KEY_{number}"] = name
            environment[f"GIT_CONFIG_VALUE_{number}"] = value
        return environment | _network(os.environ)


def _make_private(folder: Path) -> None:
    """Make ``folder``, for this user only. Raises UsageError for one that is not the user's."""
    try:
        for part in (folder.parent, folder):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = part.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                raise UsageError(
                    f"{part} is no folder of yours",
                    "remove it, or choose another cache with REGREEN_CACHE",
                )
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder}: {error.strerror or error}",
            "choose another cache with REGREEN_CACHE",
        ) from error


def _network(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in _KEPT if name in environment}


class Fetched:
    """The repository that holds fetched commits. Make one with :meth:`open`."""

    def __init__(self, folder: Path, *, shallow: bool) -> None:
        """Use the bare repository at ``folder``; ``shallow``: its lender's history is cut off."""
        self.folder = folder
        self._shallow = shallow

    @classmethod
    def open(cls, cache: Path, repository: Repository | None) -> Fetched:
        """Return the repository below ``cache`` that goes with ``repository``, made when missing.

        Without a ``repository`` it stands alone, and holds all that is fetched. Raises UsageError
        when the cache is not the user's own.
        """
        lender = os.fsencode(repository.objects) if repository else b""
        folder = cache / "fetched" / f"{hashlib.sha256(lender).hexdigest()[:24]}.git"
        format_ = repository.object_format if repository else "sha1"
        _make_private(folder)
        if not (folder / "HEAD").exists():
            asked = ("--bare", "--quiet", "--template=", f"--object-format={format_}")
            must("init", *asked, str(folder), cwd=folder)
        (folder / "config").write_text(_CONFIG[format_], encoding="utf-8")
        if repository is None:
            return cls(folder, shallow=False)
        borrow_objects(folder, repository.objects)
        asked_shallow = git("rev-parse", "--is-shallow-repository", cwd=repository.path)
        return cls(folder, shallow=asked_shallow.stdout.strip() == b"true")

    def commit(self, address: Address, wanted: str, name: str) -> str | None:
        """Fetch ``wanted`` (a commit's full id or a ref) and return its commit's id.

        It is kept as ``refs/regreen/<name>``. A commit that is here is not fetched again; ``None``
        when the server has none of that name. Raises UnreachableError when the server cannot
        be reached or does not let us in.
        """
        whole = re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", wanted) is not None
        if whole and self._has(wanted):
            self._keep(wanted, name)
            return wanted
        asked = ["--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--quiet", "--force"]
        if self._shallow:
            asked.append("--depth=1")
        done = git(
            "fetch",
            *asked,
            "--end-of-options",
            address.url,
            f"{wanted}:refs/regreen/{name}",
            cwd=self.folder,
            env=address.settings(),
            seconds=_SECONDS,
        )
        if done.ok:
            return self._resolved(f"refs/regreen/{name}")
        words = done.stderr.decode("utf-8", "replace").strip()
        if _ABSENT.search(words):
            return None
        raise _unreachable(address, wanted, words)

    def belongs(self, commit: str, head: str) -> bool:
        """Return whether ``commit`` is ``head`` or a merge of it."""
        row = git("rev-list", "--parents", "--max-count=1", commit, cwd=self.folder)
        return head in row.stdout.decode().split()

    def merge(self, base: str, head: str, name: str) -> str | None:
        """Return a commit that merges ``head`` into ``base`` as git does it, or ``None``.

        ``None`` when they conflict, or when this git (before 2.38) cannot merge without a work
        tree. Its files are those that the provider's own merge has; its id is not.
        """
        merged = git("merge-tree", "--write-tree", base, head, cwd=self.folder)
        if not merged.ok:
            return None
        tree = merged.stdout.split(b"\n", 1)[0].decode()
        who = {f"GIT_{role}_{what}": "regreen" for role in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")}  # fmt: skip
        when = must("show", "--no-patch", "--format=%ct", head, cwd=self.folder).decode().strip()
        dates = {f"GIT_{role}_DATE": f"@{when} +0000" for role in ("AUTHOR", "COMMITTER")}
        message = f"Merge {head} into {base}\n".encode()
        made = must(
            "commit-tree", tree, "-p", base, "-p", head, "-F", "-",
            cwd=self.folder, stdin=message, env=who | dates,
        )  # fmt: skip
        self._keep(made.decode().strip(), name)
        return made.decode().strip()

    def _has(self, commit: str) -> bool:
        return git("cat-file", "-e", f"{commit}^{{tree}}", cwd=self.folder).ok

    def _keep(self, commit: str, name: str) -> None:
        must("update-ref", f"refs/regreen/{name}", commit, cwd=self.folder)

    def _resolved(self, ref: str) -> str | None:
        found = git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", cwd=self.folder)
        return found.stdout.decode().strip() if found.ok else None


def _unreachable(address: Address, wanted: str, words: str) -> UnreachableError:
    last = words.splitlines()[-1] if words else "no word of why"
    what = f"cannot fetch {wanted} from {address.url}: {last}"
    if _REFUSED.search(words):
        return UnreachableError(what, "give a token that may read the repository (contents: read)")
    return UnreachableError(
        what, "run the command again, or fetch the commit into the clone yourself"
    )
