"""Submodules and files of Git LFS: from the clone, or named as lacking."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from regreen.git import Export, Repository, Scratch, Wanted, checkout_materials
from tests.repositories import commit, git

LARGE = b"\0large" * 1000
OID = hashlib.sha256(LARGE).hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize {len(LARGE)}\n"


def with_submodules(folder: Path) -> str:
    """Make a repository with a submodule in a submodule, and a file of Git LFS; return its head."""
    local = ("-c", "protocol.file.allow=always")
    commit(folder / "inner", {"inner.txt": "inner\n"})
    commit(folder / "outer", {"outer.txt": "outer\n"})
    git(folder / "outer", *local, "submodule", "add", "-q", str(folder / "inner"), "in/ner")
    git(folder / "outer", "commit", "-q", "-m", "nested")
    files = {".gitattributes": "*.bin filter=lfs\n", "a.bin": POINTER, "b.txt": POINTER}
    commit(folder / "r", files)
    git(folder / "r", *local, "submodule", "add", "-q", str(folder / "outer"), "lib/outer")
    git(folder / "r", *local, "submodule", "update", "-q", "--init", "--recursive")
    store = folder / "r" / ".git" / "lfs" / "objects" / OID[:2] / OID[2:4]
    store.mkdir(parents=True)
    (store / OID).write_bytes(LARGE)
    return commit(folder / "r", {"c.txt": "c\n"})


@pytest.fixture
def head(tmp_path: Path) -> str:
    return with_submodules(tmp_path)


def pack(tmp_path: Path, head: str, wanted: Wanted, name: str = "r") -> Export:
    with Scratch.borrow(Repository.open(tmp_path / name)) as scratch:
        return checkout_materials(scratch, head, wanted)


@pytest.mark.parametrize(
    ("asked", "paths"),
    [
        ("", []),
        ("true", [("lib/outer", "")]),
        ("recursive", [("lib/outer", ""), ("lib/outer/in/ner", "lib/outer")]),
    ],
)
def test_the_submodules_that_are_asked_for_come_from_the_clone(
    tmp_path: Path, head: str, asked: str, paths: list[tuple[str, str]]
) -> None:
    packed = pack(tmp_path, head, Wanted(submodules=asked))
    assert packed.lacking == ()
    assert [(module.path, module.parent) for module in packed.inside] == paths
    assert packed.large == b""
    for module in packed.inside:
        with tarfile.open(fileobj=io.BytesIO(module.packed.tar)) as tar:
            assert ".git/HEAD" in tar.getnames()
            assert not [n for n in tar.getnames() if "hooks" in n or "alternates" in n]


def test_files_of_lfs_come_from_the_clone_only_where_the_attributes_say_so(
    tmp_path: Path, head: str
) -> None:
    packed = pack(tmp_path, head, Wanted(lfs=True))
    assert packed.lacking == ()
    with tarfile.open(fileobj=io.BytesIO(packed.large)) as tar:
        assert tar.getnames() == ["a.bin"]
        content = tar.extractfile("a.bin")
        assert content is not None
        assert content.read() == LARGE


def test_what_the_clone_lacks_is_named_with_the_command_that_gets_it(
    tmp_path: Path, head: str
) -> None:
    git(tmp_path, "clone", "-q", str(tmp_path / "r"), "bare-bones")
    packed = pack(tmp_path, head, Wanted(submodules="true", lfs=True), "bare-bones")
    submodule, large = packed.lacking
    place = tmp_path / "bare-bones"
    assert submodule.startswith("the submodule lib/outer at ")
    assert submodule.endswith(f"git -C {place} submodule update --init --recursive")
    assert large == f"the file a.bin of Git LFS is not in the clone: git -C {place} lfs pull"


def test_a_damaged_object_is_no_content(tmp_path: Path, head: str) -> None:
    (tmp_path / "r" / ".git" / "lfs" / "objects" / OID[:2] / OID[2:4] / OID).write_bytes(b"other")
    assert len(pack(tmp_path, head, Wanted(lfs=True)).lacking) == 1


@pytest.mark.parametrize("name", ["../../outer/.git", "x/../../../outer/.git", "/etc", ""])
def test_a_name_that_leads_elsewhere_opens_nothing(tmp_path: Path, head: str, name: str) -> None:
    text = f'[submodule "{name}"]\n\tpath = lib/outer\n\turl = u\n'
    hostile = commit(tmp_path / "r", {".gitmodules": text})
    packed = pack(tmp_path, hostile, Wanted(submodules="true"))
    assert packed.inside == ()
    (tmp_path / "r" / ".git" / "modules" / "link").symlink_to(tmp_path / "outer" / ".git")
    hostile = commit(tmp_path / "r", {".gitmodules": text.replace(f'"{name}"', '"link"')})
    assert pack(tmp_path, hostile, Wanted(submodules="true")).inside == ()
