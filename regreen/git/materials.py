"""What a checkout holds besides its own repository: submodules, and files of Git LFS.

By default both are as actions/checkout leaves them: a submodule's folder is empty, a file of Git
LFS its pointer. With ``submodules: true`` (``recursive``: those of the submodules too) and with
``lfs: true`` they are taken from where git keeps them in the user's clone: ``modules/NAME``
(gitrepository-layout(5)) and ``lfs/objects/XX/YY/OID`` (git-lfs, docs/spec.md). Nothing is fetched.
What the clone lacks is named, with the command that gets it, and the job is then unsupported.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shlex
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from regreen.errors import UsageError
from regreen.git.command import git
from regreen.git.export import RUNNER_UID, Export, Inside, Wanted, export
from regreen.git.repository import Repository
from regreen.git.scratch import Scratch, Tree

_DEEPEST = 16
_POINTER_BYTES = 1024
"""The longest that a pointer may be (git-lfs, docs/spec.md)."""
_LFS_BYTES = 1 << 30
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>[0-9]{1,18})\n"
)


def checkout_materials(
    scratch: Scratch, commit: str, wanted: Wanted, *, remote: str | None = None
) -> Export:
    """Pack ``commit`` as `export` does, with the submodules and files of Git LFS ``wanted``."""
    packed = export(scratch, commit, wanted, remote=remote)
    asked = _submodules(scratch, commit, wanted, "", _DEEPEST) if wanted.submodules else ()
    found = tuple(asked)
    inside = tuple(module for module in found if isinstance(module, Inside))
    lacking = tuple(words for words in found if isinstance(words, str))
    files, absent = _large_files(scratch, commit) if wanted.lfs else (b"", ())
    return replace(packed, inside=inside, large=files, lacking=(*lacking, *absent))


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    path: str
    commit: str
    url: str


def _submodules(
    scratch: Scratch, commit: str, wanted: Wanted, below: str, deepest: int
) -> Iterator[Inside | str]:
    """Yield the packed submodules of ``commit``, outer ones first, or in words what is lacking."""
    command = f"git -C {shlex.quote(str(scratch.lender))} submodule update --init --recursive"
    for module in _named(scratch, scratch.tree(commit)):
        path = f"{below}{module.path}"
        place = _store(scratch.lender, module.name)
        repository = _opened(place) if place is not None else None
        if repository is None or not repository.has(module.commit) or not deepest:
            yield f"the submodule {path} at {module.commit[:12]} is not in the clone: {command}"
            continue
        with Scratch.borrow(repository) as inner:
            plain = Wanted(wanted.depth, wanted.tags)
            packed = export(inner, module.commit, plain, remote=module.url or None)
            yield Inside(path, below.rstrip("/"), module.name, module.url, packed)
            if wanted.submodules == "recursive":
                yield from _submodules(inner, module.commit, wanted, f"{path}/", deepest - 1)


def _named(scratch: Scratch, tree: Tree) -> Iterator[_Module]:
    """Yield the submodules that the tree holds and its ``.gitmodules`` names."""
    links = {path: entry.sha for path, entry in tree.entries.items() if entry.kind == "commit"}
    if not links or ".gitmodules" not in tree.entries:
        return
    blob = f"--blob={tree.entries['.gitmodules'].sha}"
    said = git("config", "-z", blob, "--get-regexp", r"^submodule\.", cwd=scratch.folder)
    rows = said.stdout.decode("utf-8", "surrogateescape").split("\0")
    known = dict(row.split("\n", 1) for row in rows if "\n" in row)
    for key, path in known.items():
        name, _, what = key.removeprefix("submodule.").rpartition(".")
        if what == "path" and path in links:
            yield _Module(name, path, links[path], known.get(f"submodule.{name}.url", ""))


def _store(lender: Path, name: str) -> Path | None:
    """Return where git keeps the submodule of this name; no name leads out of that place."""
    common = _common(lender)
    if common is None or not name or ".." in PurePosixPath(name).parts or name.startswith("/"):
        return None
    modules = (common / "modules").resolve()
    place = (modules / name).resolve()
    return place if place.is_dir() and place.is_relative_to(modules) else None


def _common(lender: Path) -> Path | None:
    found = git("rev-parse", "--git-common-dir", cwd=lender)
    folder = os.fsdecode(found.stdout.removesuffix(b"\n"))
    return (lender / folder).resolve() if found.ok and folder else None


def _opened(place: Path) -> Repository | None:
    try:
        return Repository.open(place)
    except UsageError:
        return None


def _large_files(scratch: Scratch, commit: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the files of Git LFS as a tar, and in words which are lacking."""
    common = _common(scratch.lender)
    command = f"git -C {shlex.quote(str(scratch.lender))} lfs pull"
    lacking: list[str] = []
    buffer, total = io.BytesIO(), 0
    with tarfile.open(fileobj=buffer, mode="w", errors="surrogateescape") as tar:
        for path, mode, oid, size in _pointers(scratch.tree(commit)):
            place = common / "lfs" / "objects" / oid[:2] / oid[2:4] / oid if common else None
            total += size
            if total > _LFS_BYTES:
                return b"", (f"its files of Git LFS are more than {_LFS_BYTES >> 30} GiB",)
            content = place.read_bytes() if place is not None and place.is_file() else b""
            if hashlib.sha256(content).hexdigest() != oid:
                lacking.append(f"the file {path} of Git LFS is not in the clone: {command}")
                continue
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o755 if mode == "100755" else 0o644
            info.uid = info.gid = RUNNER_UID
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue(), tuple(lacking)


def _pointers(tree: Tree) -> Iterator[tuple[str, str, str, int]]:
    """Yield path, mode, object id and size of each pointer that the attributes say is one."""
    blobs = {p: e for p, e in tree.entries.items() if e.mode in ("100644", "100755")}
    asked = "".join(f"{path}\0" for path in blobs).encode("utf-8", "surrogateescape")
    with tree.scratch.index(tree) as env:
        said = tree.scratch.must(
            "check-attr", "-z", "--cached", "--stdin", "filter", stdin=asked, env=env
        ).decode("utf-8", "surrogateescape").split("\0")  # fmt: skip
    for path, value in zip(said[0:-1:3], said[2::3], strict=True):
        data = tree.read(path) if value == "lfs" else None
        if data is not None and len(data) <= _POINTER_BYTES and (m := _POINTER.fullmatch(data)):
            yield path, blobs[path].mode, m["oid"].decode(), int(m["size"])
