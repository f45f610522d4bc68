"""A whole change, read once: every changed file before and after, and questions about the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from regreen.git import Tree
from regreen.git.command import git

_LARGEST = 4 << 20
"""Bytes. What is larger is no source that a person reads, and is not judged but refused."""

_MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Side:
    """One version of a file: git's mode, and its bytes (``None`` when they cannot be read)."""

    mode: str
    data: bytes | None

    @property
    def text(self) -> str | None:
        """The file as UTF-8 text without a byte-order mark; ``None`` when it is no such text."""
        if self.data is None or b"\0" in self.data:
            return None
        try:
            return self.data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True, slots=True)
class FileChange:
    """A changed file; ``before`` is ``None`` for an added one, ``after`` for a deleted one."""

    path: str
    before: Side | None
    after: Side | None

    @property
    def name(self) -> str:
        """The path's last part."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def old(self) -> str:
        """The text before; empty when there was none."""
        return (self.before.text or "") if self.before else ""

    @property
    def new(self) -> str:
        """The text after; empty when there is none."""
        return (self.after.text or "") if self.after else ""


class Files(Protocol):
    """The patched tree, as far as a judge asks about it."""

    def paths(self) -> Collection[str]:
        """Return the path of every file."""

    def text(self, path: str) -> str | None:
        """Return a file's text, ``None`` when there is none."""

    def using(self, word: str) -> tuple[str, ...]:
        """Return the Python files in which ``word`` stands as a word, sorted."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch does: the changed files, and the patched tree around them."""

    files: tuple[FileChange, ...]
    patched: Files


def read(base: Tree, patched: Tree) -> Change:
    """Return the change between two trees. Raises what git raises for trees that are not there."""
    names = patched.changed(base)
    wanted = {
        entry.sha
        for path in names
        for tree in (base, patched)
        if (entry := tree.entries.get(path)) and entry.kind == "blob" and entry.mode != "120000"
    }
    blobs = _blobs(patched, sorted(wanted))
    files = tuple(
        FileChange(path, _side(base, path, blobs), _side(patched, path, blobs)) for path in names
    )
    return Change(files, TreeFiles(patched))


def _side(tree: Tree, path: str, blobs: Mapping[str, bytes]) -> Side | None:
    entry = tree.entries.get(path)
    return None if entry is None else Side(entry.mode, blobs.get(entry.sha))


def _blobs(tree: Tree, ids: Collection[str]) -> dict[str, bytes]:
    """Read all blobs with two calls of git; those too large, or not at hand, are left out."""
    folder, found, total = tree.scratch.folder, {}, 0
    wanted = "".join(f"{sha}\n" for sha in ids).encode()
    checked = git("cat-file", "--batch-check", cwd=folder, stdin=wanted)
    modest: list[str] = []
    for line in checked.stdout.decode("ascii", "replace").splitlines():
        sha, *facts = line.split()
        size = int(facts[1]) if len(facts) == 2 and facts[1].isdigit() else _LARGEST + 1
        if size <= _LARGEST and total + size <= _MOST_BYTES:
            modest.append(sha)
            total += size
    wanted = "".join(f"{sha}\n" for sha in modest).encode()
    output, at = git("cat-file", "--batch", cwd=folder, stdin=wanted).stdout, 0
    for sha in modest:
        end = output.find(b"\n", at)
        facts = output[at:end].decode("ascii", "replace").split()[1:]
        if end < 0 or len(facts) != 2:
            break
        at = end + 1 + int(facts[1])
        found[sha] = output[end + 1 : at]
        at += 1
    return found


@dataclass(frozen=True, slots=True)
class TreeFiles:
    """A git tree, asked through git's own search."""

    tree: Tree
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def paths(self) -> Collection[str]:
        """Return the path of every file."""
        return self.tree.entries.keys()

    def text(self, path: str) -> str | None:
        """Return a file's text."""
        return self.tree.text(path)

    def using(self, word: str) -> tuple[str, ...]:
        """Return the Python files in which ``word`` stands as a word, sorted."""
        if word not in self._known:
            found = git(
                *("grep", "-l", "-z", "-w", "-F", "-e", word, self.tree.sha),
                *("--", "*.py", "*.pyi"),
                cwd=self.tree.scratch.folder,
            )
            names = found.stdout.decode("utf-8", "surrogateescape").split("\0")
            paths = sorted(name.partition(":")[2] for name in names if name)
            self._known[word] = tuple(paths)
        return self._known[word]
