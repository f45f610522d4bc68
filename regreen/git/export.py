"""A commit as the ``.git`` folder that a fresh checkout would have, packed for a sandbox.

It holds the commit, as much history and as many tags as actions/checkout would fetch, a detached
HEAD and an empty configuration: no hooks, no credentials, no alternates.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regreen.git.command import git
from regreen.git.scratch import Scratch
from regreen_sandbox.trees import temporary_tree

RUNNER_UID = 1001


@dataclass(frozen=True, slots=True)
class Export:
    """``tar`` unpacks to ``.git``; ``missing`` are paths whose content the repository lacks."""

    commit: str
    tar: bytes
    missing: tuple[str, ...]


def export(scratch: Scratch, commit: str, *, depth: int = 1, remote: str | None = None) -> Export:
    """Pack ``commit`` with ``depth`` commits of history (0: all of it, with all tags known).

    Objects that the repository lacks (a partial clone) are left out and their paths named.
    """
    commits = _history(scratch, commit, depth)
    objects, absent = _objects(scratch, commits)
    with temporary_tree("export") as folder:
        pack = folder / "objects" / "pack"
        pack.mkdir(parents=True)
        (folder / "refs").mkdir()
        scratch.must(
            "pack-objects", "--quiet", "--threads=2", "--window=0", str(pack / "pack"),
            stdin="\n".join(objects).encode() + b"\n",
        )  # fmt: skip
        (folder / "HEAD").write_text(f"{commit}\n", encoding="utf-8")
        (folder / "config").write_text(_config(scratch, remote), encoding="utf-8")
        if boundary := _boundary(scratch, commits):
            (folder / "shallow").write_text("".join(f"{c}\n" for c in boundary), encoding="utf-8")
        tar = _tar(folder)
    paths = tuple(p for p, e in scratch.tree(commit).entries.items() if e.sha in absent)
    return Export(commit, tar, paths)


def _history(scratch: Scratch, commit: str, depth: int) -> list[str]:
    if depth == 1:
        return [commit]
    found = git("rev-list", "--parents", commit, cwd=scratch.folder)
    if not found.ok:
        return [commit]
    parents = {
        row[0]: row[1:] for row in (line.split() for line in found.stdout.decode().splitlines())
    }
    seen = {commit: None}
    level = [commit]
    generation = 1
    while level and (depth == 0 or generation < depth):
        level = [p for c in level for p in parents.get(c, []) if p in parents and p not in seen]
        level = list(dict.fromkeys(level))
        seen |= dict.fromkeys(level)
        generation += 1
    return list(seen)


def _objects(scratch: Scratch, commits: Sequence[str]) -> tuple[list[str], set[str]]:
    listing = scratch.must(
        "rev-list", "--objects", "--missing=print", "--no-walk=unsorted", "--stdin",
        stdin="\n".join(commits).encode() + b"\n",
    )  # fmt: skip
    present: list[str] = []
    absent: set[str] = set()
    for line in listing.split(b"\n"):  # a path, which follows, may hold any other byte
        name = line.split(b" ", 1)[0].decode()
        if name.startswith("?"):
            absent.add(name[1:])
        elif name:
            present.append(name)
    return present, absent


def _boundary(scratch: Scratch, commits: Sequence[str]) -> list[str]:
    kept = set(commits)
    listing = scratch.must(
        "rev-list", "--no-walk=unsorted", "--parents", "--stdin",
        stdin="\n".join(commits).encode() + b"\n",
    )  # fmt: skip
    rows = [line.split() for line in listing.decode().splitlines()]
    return [row[0] for row in rows if any(parent not in kept for parent in row[1:])]


def _config(scratch: Scratch, remote: str | None) -> str:
    sha256 = scratch.must("rev-parse", "--show-object-format").strip() == b"sha256"
    core = "[core]\n\trepositoryformatversion = {}\n\tfilemode = true\n\tbare = false\n"
    text = core.format(1 if sha256 else 0)
    if sha256:
        text += "[extensions]\n\tobjectFormat = sha256\n"
    if remote:
        text += f'[remote "origin"]\n\turl = {remote}\n'
        text += "\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
    return text


def _tar(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            info = tar.gettarinfo(str(path), str(Path(".git") / path.relative_to(folder)))
            info.uid = info.gid = RUNNER_UID
            info.uname = info.gname = ""
            info.mode = 0o755 if path.is_dir() else 0o644
            if path.is_dir():
                tar.addfile(info)
            else:
                with path.open("rb") as content:
                    tar.addfile(info, content)
    return buffer.getvalue()
