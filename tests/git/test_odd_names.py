"""Names that are no UTF-8 or that git would have to quote, and advice that still holds later."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.git import Repository, Scratch, export
from tests.repositories import commit, git

_ODD = [
    b"non\xffutf",
    b"line\nfeed",
    b'"quoted"',
    b"#comment",
    b"back\\slash \xe2\x80\xa8 \x0c",
    b"a:b",
]


@pytest.mark.parametrize("name", _ODD, ids=ascii)
def test_a_repository_in_a_folder_of_any_name_is_read(tmp_path: Path, name: bytes) -> None:
    folder = tmp_path / os.fsdecode(name)
    head = commit(folder, {"a.py": "x = 1\n"})
    git(folder, "worktree", "add", "-q", "--detach", str(tmp_path / "plain"))
    git(folder, "worktree", "add", "-q", "--detach", str(tmp_path / os.fsdecode(b"tree-" + name)))
    git(tmp_path, "clone", "-q", "--bare", str(folder), os.fsdecode(name + b".git"))
    for place in sorted(tmp_path.iterdir()):
        repository = Repository.open(place)
        assert repository.commit("HEAD") == head
        with Scratch.borrow(repository) as scratch:
            assert scratch.tree(head).text("a.py") == "x = 1\n"
            assert export(scratch, head).missing == ()


def test_a_relative_path_to_a_repository_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = commit(tmp_path / "#here", {"a.py": "x = 1\n"})
    monkeypatch.chdir(tmp_path)
    with Scratch.borrow(Repository.open(Path("#here"))) as scratch:
        assert scratch.tree(head).text("a.py") == "x = 1\n"


@pytest.mark.parametrize("name", [*_ODD, b"tab\tand \xc2\x85", b"-dash"], ids=ascii)
def test_a_file_of_any_name_is_read_changed_and_exported(tmp_path: Path, name: bytes) -> None:
    folder, path = tmp_path / "r", os.fsdecode(b"d " + name + b"/" + name + b".py")
    head = commit(folder, {path: "x = 1\n", "other": "o\n"})
    with Scratch.borrow(Repository.open(folder)) as scratch:
        base = scratch.tree(head)
        assert base.paths() == tuple(sorted((path, "other")))
        patched = scratch.replace(base, {path: "x = 2\n", path + "new": "n\n"})
        assert patched.changed(base) == (path, path + "new")
        assert patched.text(path) == "x = 2\n"
        assert scratch.apply(base, scratch.diff(base, patched)) == patched
        made = scratch.commit(patched, head, f"Mend {path}", 0)
        assert scratch.apply(base, scratch.patch_of_mail(scratch.format_patch(made))) == patched
        assert export(scratch, made).missing == ()


def test_advice_never_names_a_folder_that_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "my project"
    commit(folder, {"a.py": "x = 1\n"})
    with Scratch.borrow(Repository.open(folder)) as scratch:
        with pytest.raises(UsageError) as absent:
            scratch.tree("f" * 40)
        with pytest.raises(UsageError) as broken:
            export(scratch, "f" * 40)
    for caught in (absent, broken):
        assert caught.value.next_step == f"git -C {shlex.quote(str(folder))} fsck"


def test_a_scratch_that_cannot_be_made_asks_for_another_try(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    commit(folder, {"a.py": "x = 1\n"})
    real = Repository.open(folder)
    unknown = Repository(real.path, real.objects, "sha-none", bare=False)
    with pytest.raises(UsageError, match="sha-none") as caught, Scratch.borrow(unknown):
        pass
    assert caught.value.next_step == "run the command again"
