"""A commit as the ``.git`` folder that a fresh checkout would have, packed for a sandbox.

It holds the commit and as much as actions/checkout would fetch with the same inputs, a detached
HEAD and a configuration with nothing but the remote's address: no hooks, no credentials, no
alternates. With ``fetch-depth: 0`` that is all history of all branches and tags, as they are known
to the clone and as far as they are no younger than the commit: the run could not see what came
later. Otherwise it is so many commits, and with ``fetch-tags`` the tags that point to these (git's
own following of tags, git-fetch(1); checkout asks for no more than that).
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from regreen.git.command import git
from regreen.git.scratch import Scratch
from regreen_sandbox.trees import temporary_tree

RUNNER_UID = 1001


@dataclass(frozen=True, slots=True)
class Export:
    """``tar`` unpacks to ``.git``; ``missing`` are paths whose content the repository lacks.

    ``inside`` are submodules, outer ones first; ``large`` is a tar of the files of Git LFS, empty
    without any. ``lacking`` says what of both was wanted and is not there.
    """

    commit: str
    tar: bytes
    missing: tuple[str, ...]
    inside: tuple[Inside, ...] = ()
    large: bytes = b""
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inside:
    """A submodule: where it lies, in which other one (empty: in none), its name and address."""

    path: str
    parent: str
    name: str
    url: str
    packed: Export


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a checkout fetches: ``depth`` commits of history (0: all of it), and ``tags``.

    ``submodules`` is empty, ``true`` or ``recursive``; ``lfs``: files of Git LFS and not pointers.
    """

    depth: int = 1
    tags: bool = False
    submodules: str = ""
    lfs: bool = False


@dataclass(frozen=True, slots=True)
class _Ref:
    """A branch or tag: its name in a checkout, what it names, and the commit behind that."""

    name: str
    target: str
    commit: str
    date: int


def export(
    scratch: Scratch, commit: str, wanted: Wanted | None = None, *, remote: str | None = None
) -> Export:
    """Pack ``commit`` with what of history, branches and tags is ``wanted``.

    Objects that the repository lacks (a partial clone) are left out and their paths named.
    """
    wanted = wanted or Wanted()
    known = _refs(scratch, scratch.commit_time(commit)) if wanted.tags or not wanted.depth else []
    tips = dict.fromkeys((commit, *(ref.commit for ref in known if not wanted.depth)))
    commits = _history(scratch, tuple(tips), wanted.depth)
    refs = [ref for ref in known if ref.commit in set(commits)]
    if wanted.depth:
        refs = [ref for ref in refs if ref.name.startswith("refs/tags/")]
    objects, absent = _objects(scratch, commits)
    objects += [ref.target for ref in refs]
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
        if refs:
            (folder / "packed-refs").write_bytes(_packed(refs))
        if boundary := _boundary(scratch, commits):
            (folder / "shallow").write_text("".join(f"{c}\n" for c in boundary), encoding="utf-8")
        tar = _tar(folder)
    paths = tuple(p for p, e in scratch.tree(commit).entries.items() if e.sha in absent)
    return Export(commit, tar, paths)


def _refs(scratch: Scratch, until: int) -> list[_Ref]:
    """Return the branches and tags of the clone that are no younger than ``until``.

    Branches are those of the remote ``origin`` as they were last seen; a clone without any has its
    own for it. What a broken clone cannot tell is left out.
    """
    form = "%(refname)%00%(objectname) %(*objectname) %(committerdate:unix) %(*committerdate:unix)"
    listing = git("for-each-ref", f"--format={form}", "refs/", cwd=scratch.lender)
    rows = [row.split(b"\0") for row in listing.stdout.split(b"\n") if row]
    found = {name.decode("utf-8", "surrogateescape"): facts.split() for name, facts in rows}
    origin = {name for name in found if name.startswith("refs/remotes/origin/")}
    own = () if origin else (name for name in found if name.startswith("refs/heads/"))
    branches = [name for name in (*origin, *own) if name != "refs/remotes/origin/HEAD"]
    tags = [name for name in found if name.startswith("refs/tags/")]
    refs = [_ref(name, found[name]) for name in sorted([*branches, *tags])]
    return [ref for ref in refs if ref is not None and ref.date <= until]


def _ref(name: str, facts: Sequence[bytes]) -> _Ref | None:
    """Read what for-each-ref said; ``None`` for a tag of something that is no commit."""
    if len(facts) not in (2, 3) or not facts[-1].isdigit():
        return None
    target, commit, date = facts[0], facts[-2], facts[-1]
    kept = name.replace("refs/heads/", "refs/remotes/origin/", 1)
    return _Ref(kept, target.decode(), commit.decode(), int(date))


def _packed(refs: Iterable[_Ref]) -> bytes:
    """Return the refs as git keeps many of them, sorted by name (git-pack-refs(1))."""
    rows = sorted((ref.name.encode("utf-8", "surrogateescape"), ref.target) for ref in refs)
    return b"".join(target.encode() + b" " + name + b"\n" for name, target in rows)


def _history(scratch: Scratch, tips: Sequence[str], depth: int) -> list[str]:
    """Return ``depth`` generations of commits (0: all), fewer where some are not here."""
    if depth == 1:
        return list(tips)
    found = git("rev-list", "--parents", *tips, cwd=scratch.folder)
    if not found.ok:
        return list(tips) if len(tips) == 1 else _history(scratch, tips[:1], depth)
    parents = {
        row[0]: row[1:] for row in (line.split() for line in found.stdout.decode().splitlines())
    }
    seen = dict.fromkeys(tips)
    level = list(tips)
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
