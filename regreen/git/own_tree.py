"""The user's own work tree: where it is, whether it is clean, and how git may look at it.

git runs none of the programs that the repository's settings name: no hook, no file-system monitor,
and no filter, which ``git status`` else calls for a file whose times have changed.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regreen.errors import UsageError
from regreen.git.command import git, must
from regreen.git.landing import Healed, heal
from regreen.git.repository import Repository

_NAMED = 5
_DRIVER = re.compile(r"filter\.(.+)\.(?:clean|smudge|process|required)", re.DOTALL)
_PROGRAMS = ("clean", "smudge", "process")
_ENDS = ("core.autocrlf", "core.eol")
"""Of the user's own settings those by which git writes line ends."""
_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")


@dataclass(frozen=True)
class WorkTree:
    """The work tree of a user's repository."""

    repository: Repository
    root: Path
    git_dir: Path

    @classmethod
    def of(cls, repository: Repository) -> WorkTree:
        """Return the work tree of ``repository``. Raises UsageError for a bare one."""
        if repository.bare:
            raise UsageError(
                f"{repository.path} is a bare repository, without a work tree",
                "name a clone with a work tree with --repo DIR",
            )
        asked = ("rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir")
        found = os.fsdecode(must(*asked, cwd=repository.path)).removesuffix("\n")
        root, _, git_dir = found.rpartition("\n")
        return cls(repository, Path(root), Path(git_dir))

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """The environment in which git runs no filter, and writes line ends as the user's git."""
        listing = git("config", "-z", "--name-only", "--list", cwd=self.root).stdout
        names = os.fsdecode(listing).split("\0")
        drivers = dict.fromkeys(m[1] for name in names if (m := _DRIVER.fullmatch(name)))
        found = {f"filter.{one}.{what}": "" for one in drivers for what in _PROGRAMS}
        found |= {f"filter.{one}.required": "false" for one in drivers}
        found |= {name: value for name in _ENDS if (value := self.setting(name))}
        env = {"GIT_CONFIG_COUNT": str(len(found))}
        for number, (name, value) in enumerate(found.items()):
            env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return env

    def setting(self, name: str) -> str | None:
        """Return a setting of the repository, else of the user."""
        own = git("config", "--get", name, cwd=self.root)
        if own.ok:
            return own.stdout.decode("utf-8", "replace").strip()
        for file in _user_files():
            found = git("config", "--includes", "--file", str(file), "--get", name, cwd=self.root)
            if found.ok:
                return found.stdout.decode("utf-8", "replace").strip()
        return None

    def tracks(self, path: Path) -> bool:
        """Return whether ``path`` is a file of the repository itself."""
        whole = path.resolve()
        if self.root.resolve() not in whole.parents:
            return False
        name = str(whole.relative_to(self.root.resolve()))
        env = {"GIT_LITERAL_PATHSPECS": "1"}
        return bool(must("ls-files", "-z", "--", name, cwd=self.root, env=env))

    def heal(self) -> bool:
        """Undo what a killed `apply_patch` left half done; say whether anything was undone."""
        return heal(self.git_dir, self.root) is Healed.UNDONE

    def require_clean(self) -> None:
        """Raise UsageError when a tracked file or the index is not as in the commit."""
        asked = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no",
                 "--ignore-submodules=dirty")  # fmt: skip
        rows = os.fsdecode(must(*asked, cwd=self.root, env=self.settings)).split("\0")
        changed = [row[3:] for row in rows if row]
        if changed:
            raise UsageError(
                f"the work tree is not clean: {_listed(changed)}",
                f"commit it, or put it aside: git -C {shlex.quote(str(self.root))} stash",
            )

    def require_quiet(self) -> None:
        """Raise UsageError when a merge or rebase is under way."""
        for name in _UNDER_WAY:
            if (self.git_dir / name).exists():
                raise UsageError(
                    f"a merge or rebase is under way in {self.root} ({name})",
                    "end it first: git status says how",
                )


def _user_files() -> list[Path]:
    """Return the user's own configuration files, the stronger first (git-config(1), FILES)."""
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    if named is not None:
        return [Path(named)] if named else []
    home = Path.home()
    more = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git" / "config"
    return [one for one in (home / ".gitconfig", more) if one.is_file()]


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more
