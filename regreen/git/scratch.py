"""A bare repository of regreen's own that borrows the user's objects.

Trees are computed here with git's plumbing; no file is ever checked out on the host.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regreen.git.command import git, must
from regreen.git.repository import Repository
from regreen_sandbox.trees import temporary_tree

AUTHOR = "regreen"
EMAIL = "regreen@users.noreply.localhost"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a tree: its mode (``100644``), kind (``blob``, ``commit``) and object id."""

    mode: str
    kind: str
    sha: str


class Scratch:
    """Plumbing over borrowed objects. Make one with :meth:`borrow`."""

    def __init__(self, folder: Path) -> None:
        """Use the bare repository at ``folder``."""
        self.folder = folder

    @classmethod
    @contextmanager
    def borrow(cls, repository: Repository) -> Iterator[Scratch]:
        """Yield a scratch repository that sees ``repository``'s objects; it goes on exit."""
        with temporary_tree("git") as folder:
            must(
                "init",
                "--bare",
                "--quiet",
                "--template=",
                f"--object-format={repository.object_format}",
                str(folder),
                cwd=folder,
            )
            info = folder / "objects" / "info"
            info.mkdir(parents=True, exist_ok=True)
            (info / "alternates").write_text(f"{repository.objects}\n", encoding="utf-8")
            yield cls(folder)

    def tree(self, commit: str) -> Tree:
        """Return the tree of ``commit``."""
        sha = must("rev-parse", "--verify", f"{commit}^{{tree}}", cwd=self.folder)
        return Tree(self, sha.decode().strip())

    def diff(self, before: Tree, after: Tree) -> bytes:
        """Return the unified diff (binary files included) from one tree to the other."""
        return must(
            "diff",
            "--binary",
            "--full-index",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            before.sha,
            after.sha,
            cwd=self.folder,
        )

    def apply(self, base: Tree, diff: bytes) -> Tree:
        """Return ``base`` with ``diff`` applied. Raises UsageError where it does not apply."""
        if not diff.strip():
            return base
        with self._index(base) as env:
            must(
                "apply",
                "--cached",
                "--whitespace=nowarn",
                "-",
                cwd=self.folder,
                stdin=diff,
                env=env,
            )
            return self._written(env)

    def replace(self, base: Tree, files: Mapping[str, str]) -> Tree:
        """Return ``base`` with the texts of ``files`` (path to text); modes are kept."""
        with self._index(base) as env:
            for path, text in files.items():
                sha = must("hash-object", "-w", "--stdin", cwd=self.folder, stdin=text.encode())
                known = base.entries.get(path)
                mode = known.mode if known else "100644"
                entry = f"{mode},{sha.decode().strip()},{path}"
                must("update-index", "--add", "--cacheinfo", entry, cwd=self.folder, env=env)
            return self._written(env)

    def commit(self, tree: Tree, parent: str, message: str, seconds: int) -> str:
        """Return a new commit on ``parent``; ``seconds`` (since 1970) date it."""
        date = f"@{seconds} +0000"
        env = {
            "GIT_AUTHOR_NAME": AUTHOR,
            "GIT_AUTHOR_EMAIL": EMAIL,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": AUTHOR,
            "GIT_COMMITTER_EMAIL": EMAIL,
            "GIT_COMMITTER_DATE": date,
        }
        made = must(
            "commit-tree",
            tree.sha,
            "-p",
            parent,
            "-F",
            "-",
            cwd=self.folder,
            stdin=message.encode(),
            env=env,
        )
        return made.decode().strip()

    def commit_time(self, commit: str) -> int:
        """Return when ``commit`` was made, in seconds since 1970."""
        found = must("show", "--no-patch", "--format=%ct", commit, cwd=self.folder)
        return int(found.decode().strip())

    def format_patch(self, commit: str) -> bytes:
        """Return ``commit`` as a mail that ``git am`` takes."""
        return must(
            "format-patch",
            "--stdout",
            "-1",
            "--binary",
            "--full-index",
            "--no-renames",
            "--no-signature",
            commit,
            cwd=self.folder,
        )

    def patch_of_mail(self, mail: bytes) -> bytes:
        """Return the diff inside a ``git am``-ready mail, split off as ``git am`` does it."""
        with temporary_tree("mail") as folder:
            patch = folder / "patch"
            must("mailinfo", str(folder / "msg"), str(patch), cwd=self.folder, stdin=mail)
            return patch.read_bytes()

    @contextmanager
    def _index(self, base: Tree) -> Iterator[dict[str, str]]:
        with temporary_tree("gitindex") as folder:
            env = {"GIT_INDEX_FILE": str(folder / "index")}
            must("read-tree", base.sha, cwd=self.folder, env=env)
            yield env

    def _written(self, env: Mapping[str, str]) -> Tree:
        sha = must("write-tree", "--missing-ok", cwd=self.folder, env=env)
        return Tree(self, sha.decode().strip())


@dataclass(frozen=True)
class Tree:
    """The files of one commit, read on demand. Two trees are equal when their ids are."""

    scratch: Scratch
    sha: str

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, Tree) and other.sha == self.sha

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(self.sha)

    @cached_property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file by its path, submodules included."""
        listing = must("ls-tree", "-r", "-z", self.sha, cwd=self.scratch.folder)
        entries: dict[str, TreeEntry] = {}
        for row in listing.decode("utf-8", "surrogateescape").split("\0"):
            if row:
                facts, path = row.split("\t", 1)
                mode, kind, sha = facts.split()
                entries[path] = TreeEntry(mode, kind, sha)
        return entries

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all regular files, sorted."""
        return tuple(
            sorted(p for p, e in self.entries.items() if e.kind == "blob" and e.mode != "120000")
        )

    def read(self, path: str) -> bytes | None:
        """Return a regular file's bytes; ``None`` when it is not there, a link or not at hand."""
        entry = self.entries.get(path)
        if entry is None or entry.kind != "blob" or entry.mode == "120000":
            return None
        found = git("cat-file", "blob", entry.sha, cwd=self.scratch.folder)
        return found.stdout if found.ok else None

    def text(self, path: str) -> str | None:
        """Return a file as text; ``None`` when it is not there or is no UTF-8."""
        data = self.read(path)
        if data is None:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def changed(self, other: Tree) -> tuple[str, ...]:
        """Return the paths that differ between this tree and ``other``, sorted."""
        listing = must(
            "diff-tree", "-r", "-z", "--name-only", "--no-renames", self.sha, other.sha,
            cwd=self.scratch.folder,
        )  # fmt: skip
        names = listing.decode("utf-8", "surrogateescape").split("\0")
        return tuple(sorted(n for n in names if n))
