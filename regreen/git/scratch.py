"""A bare repository of regreen's own that borrows the user's objects.

Trees are computed here with git's plumbing; no file is ever checked out on the host.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regreen.git.command import git, must
from regreen.git.patchsize import require_modest
from regreen.git.repository import Repository
from regreen_sandbox.trees import temporary_tree

AUTHOR = "regreen"
EMAIL = "regreen@users.noreply.localhost"

_READ_BYTES = 20 << 20
_KEPT_BYTES = 64 << 20
_APPLY_MEMORY = 4 << 30
_PLAIN, _EXECUTABLE = "100644", "100755"


_FULL_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a tree: its mode (``100644``), kind (``blob``, ``commit``) and object id."""

    mode: str
    kind: str
    sha: str


class Scratch:
    """Plumbing over borrowed objects. Make one with :meth:`borrow`."""

    def __init__(self, folder: Path, lender: Path) -> None:
        """Use the bare repository at ``folder``, which borrows from the one at ``lender``."""
        self.folder = folder
        self.lender = lender
        self._trees: dict[str, Tree] = {}
        self._blobs: dict[str, bytes] = {}
        self._room = _KEPT_BYTES

    @classmethod
    @contextmanager
    def borrow(cls, repository: Repository, fetched: Path | None = None) -> Iterator[Scratch]:
        """Yield a scratch repository that sees ``repository``'s objects; it goes on exit.

        It also sees those of the bare repository at ``fetched``.
        """
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
            more = (fetched / "objects",) if fetched else ()
            borrow_objects(folder, repository.objects, *more)
            yield cls(folder, repository.path)

    def must(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        memory: int | None = None,
    ) -> bytes:
        """Run ``git`` here and return its output.

        Raises UsageError with git's own words, and the repository that the objects are from as the
        one to check, since this one is gone by the time that someone reads it; DiskFull.
        """
        check = f"git -C {shlex.quote(str(self.lender))} fsck"
        return must(
            *arguments, cwd=self.folder, stdin=stdin, env=env, memory=memory, next_step=check
        )

    def tree(self, commit: str) -> Tree:
        """Return the tree of ``commit``; that of a full id is looked up once."""
        if commit in self._trees:
            return self._trees[commit]
        sha = self.must("rev-parse", "--verify", f"{commit}^{{tree}}")
        tree = Tree(self, sha.decode().strip())
        if _FULL_ID.fullmatch(commit):
            self._trees[commit] = tree
        return tree

    def blob(self, sha: str) -> bytes | None:
        """Return a blob's bytes; ``None`` when it is not at hand, or larger than 20 MiB.

        Small ones are remembered: fixers and the guard read the same files again and again.
        """
        if sha in self._blobs:
            return self._blobs[sha]
        size = git("cat-file", "-s", sha, cwd=self.folder)
        small = size.ok and int(size.stdout) <= _READ_BYTES
        found = git("cat-file", "blob", sha, cwd=self.folder) if small else size
        content = found.stdout if small and found.ok else None
        if content is not None and len(content) <= self._room:
            self._room -= len(content)
            self._blobs[sha] = content
        return content

    def diff(self, before: Tree, after: Tree) -> bytes:
        """Return the unified diff (binary files included) from one tree to the other."""
        return self.must(
            "diff",
            "--binary",
            "--full-index",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            before.sha,
            after.sha,
        )

    def apply(self, base: Tree, diff: bytes) -> Tree:
        """Return ``base`` with ``diff`` applied.

        Raises UsageError where it does not apply, or takes more room than `require_modest` allows.
        """
        if not diff.strip():
            return base
        require_modest(diff)
        with self.index(base) as env:
            self.must(
                "apply",
                "--cached",
                "--whitespace=nowarn",
                "-",
                stdin=diff,
                env=env,
                memory=_APPLY_MEMORY,
            )
            return self.written(env)

    def replace(
        self,
        base: Tree,
        files: Mapping[str, str],
        executable: Mapping[str, bool] | None = None,
    ) -> Tree:
        """Return ``base`` with the texts of ``files`` (path to text), and executable bits set anew.

        Modes are kept otherwise; bits of files that are not there, or no plain files, are not set.
        """
        rows = b""
        bits = executable or {}
        for path, text in files.items():
            sha = self.must("hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip()
            rows += _row(path, base.entries.get(path), sha, bits.get(path))
        for path, bit in bits.items():
            known = base.entries.get(path)
            if path not in files and known is not None and known.kind == "blob":
                rows += _row(path, known, known.sha, bit)
        with self.index(base) as env:
            self.must("update-index", "-z", "--index-info", stdin=rows, env=env)
            return self.written(env)

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
        made = self.must(
            "commit-tree",
            tree.sha,
            "-p",
            parent,
            "-F",
            "-",
            stdin=message.encode("utf-8", "replace"),
            env=env,
        )
        return made.decode().strip()

    def restored(self, base: Tree, other: Tree, paths: Iterable[str]) -> Tree:
        """Return ``base`` with ``paths`` as ``other`` has them: content and mode, or not at all."""
        rows = b""
        for path in paths:
            known = other.entries.get(path)
            mode, sha = (known.mode, known.sha) if known else ("0", "0" * len(base.sha))
            rows += f"{mode} {sha} 0\t{path}\0".encode("utf-8", "surrogateescape")
        if not rows:
            return base
        with self.index(base) as env:
            self.must("update-index", "-z", "--index-info", stdin=rows, env=env)
            return self.written(env)

    def parent(self, commit: str) -> str | None:
        """Return the id of a commit's first parent; ``None`` where it has none, or none here."""
        found = git("rev-parse", "--quiet", "--verify", f"{commit}^1^{{tree}}", cwd=self.folder)
        if not found.ok:
            return None
        return self.must("rev-parse", "--verify", f"{commit}^1").decode().strip()

    def commit_time(self, commit: str) -> int:
        """Return when ``commit`` was made, in seconds since 1970."""
        found = self.must("show", "--no-patch", "--format=%ct", commit)
        return int(found.decode().strip())

    def format_patch(self, commit: str) -> bytes:
        """Return ``commit`` as a mail that ``git am`` takes."""
        return self.must(
            "format-patch",
            "--stdout",
            "-1",
            "--binary",
            "--full-index",
            "--no-renames",
            "--no-signature",
            commit,
        )

    def patch_of_mail(self, mail: bytes) -> bytes:
        """Return the diff inside a ``git am``-ready mail, split off as ``git am`` does it."""
        with temporary_tree("mail") as folder:
            patch = folder / "patch"
            self.must("mailinfo", str(folder / "msg"), str(patch), stdin=mail)
            return patch.read_bytes()

    @contextmanager
    def index(self, base: Tree) -> Iterator[dict[str, str]]:
        """Yield the environment in which git's index holds the files of ``base``."""
        with temporary_tree("gitindex") as folder:
            env = {"GIT_INDEX_FILE": str(folder / "index")}
            self.must("read-tree", base.sha, env=env)
            yield env

    def written(self, env: Mapping[str, str]) -> Tree:
        """Return what the index of ``env`` holds as a tree."""
        sha = self.must("write-tree", "--missing-ok", env=env)
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
        listing = self.scratch.must("ls-tree", "-r", "-z", self.sha)
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
        """Return a regular file's bytes.

        ``None`` when it is not there, a link, not at hand, or larger than 20 MiB.
        """
        entry = self.entries.get(path)
        if entry is None or entry.kind != "blob" or entry.mode == "120000":
            return None
        return self.scratch.blob(entry.sha)

    def text(self, path: str) -> str | None:
        """Return a file as text; ``None`` when `read` gives none or it is no UTF-8."""
        data = self.read(path)
        if data is None:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def changed(self, other: Tree) -> tuple[str, ...]:
        """Return the paths that differ between this tree and ``other``, sorted."""
        listing = self.scratch.must(
            "diff-tree", "-r", "-z", "--name-only", "--no-renames", self.sha, other.sha
        )
        names = listing.decode("utf-8", "surrogateescape").split("\0")
        return tuple(sorted(n for n in names if n))


def _row(path: str, known: TreeEntry | None, sha: str, executable: bool | None) -> bytes:
    """Return a row for git's index: ``path`` with the content ``sha`` in the mode it is to have."""
    mode = known.mode if known else _PLAIN
    if executable is not None and mode in (_PLAIN, _EXECUTABLE):
        mode = _EXECUTABLE if executable else _PLAIN
    return f"{mode} {sha} 0\t{path}\0".encode("utf-8", "surrogateescape")


def borrow_objects(folder: Path, *objects: Path) -> None:
    """Let the bare repository at ``folder`` read the object folders of others."""
    info = folder / "objects" / "info"
    info.mkdir(parents=True, exist_ok=True)
    lines = b"".join(_quoted(os.fsencode(path)) + b"\n" for path in objects)
    with tempfile.NamedTemporaryFile(dir=info, delete=False) as file:
        file.write(lines)
    Path(file.name).replace(info / "alternates")


def _quoted(path: bytes) -> bytes:
    """Return ``path`` as git quotes it in C style, which its list of alternates may hold.

    Unquoted, a line feed would end it, a ``#`` begin a comment and a quote a quoted path.
    """
    plain = (bytes([b]) if 0x20 <= b < 0x7F and b not in b'"\\' else b"\\%03o" % b for b in path)
    return b'"' + b"".join(plain) + b'"'
