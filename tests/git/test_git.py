from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.git import Repository, Scratch, Wanted, export
from regreen.jobs.served.checkout import depth_of, wanted_of
from tests.repositories import commit, fingerprint, git


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    commit(folder, {"a.py": "x = 1\n", "docs/b.txt": "b\n", "bin": b"\0\1\2"})
    return folder


def test_a_repository_is_found_from_any_folder_of_it_and_from_a_bare_one(
    folder: Path, tmp_path: Path
) -> None:
    head = git(folder, "rev-parse", "HEAD")
    git(tmp_path, "clone", "-q", "--bare", str(folder), "bare.git")
    for place in (folder, folder / "docs", tmp_path / "bare.git"):
        assert Repository.open(place).commit("HEAD") == head


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_what_is_no_repository_is_a_usage_error_with_a_next_step(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=name) as caught:
        Repository.open(tmp_path / name)
    assert "--repo" in caught.value.next_step


def test_a_commit_that_no_branch_reaches_is_found(folder: Path) -> None:
    lost = commit(folder, {"a.py": "x = 2\n"})
    git(folder, "reset", "-q", "--hard", "HEAD~1")
    assert Repository.open(folder).commit(lost) == lost


@pytest.mark.parametrize("revision", ["f" * 40, "no-such-branch", "--all", "HEAD:a.py"])
def test_a_commit_that_is_not_there_is_a_usage_error(folder: Path, revision: str) -> None:
    with pytest.raises(UsageError, match="no commit"):
        Repository.open(folder).commit(revision)


def test_trees_are_computed_without_touching_the_repository(folder: Path) -> None:
    (folder / "a.py").write_text("unsaved = True\n")
    (folder / "untracked").write_text("mine\n")
    before = fingerprint(folder)
    with Scratch.borrow(Repository.open(folder)) as scratch:
        base = scratch.tree(git(folder, "rev-parse", "HEAD"))
        assert base.text("a.py") == "x = 1\n"
        patched = scratch.replace(base, {"a.py": "x = 3\n", "new/c.py": "c = 1\n"})
        assert patched.changed(base) == ("a.py", "new/c.py")
        assert scratch.apply(base, scratch.diff(base, patched)) == patched
        assert base.text("bin") is not None
        kept = scratch.folder
    assert not kept.exists()
    assert fingerprint(folder) == before


def test_the_mail_is_taken_by_git_am_and_gives_the_same_tree(folder: Path, tmp_path: Path) -> None:
    head = git(folder, "rev-parse", "HEAD")
    with Scratch.borrow(Repository.open(folder)) as scratch:
        base = scratch.tree(head)
        patched = scratch.replace(base, {"a.py": "é = 1\n", "bin": "\x00changed"})
        mail = scratch.format_patch(scratch.commit(patched, head, "Mend CI: é\n\nbody\n", 0))
        assert scratch.apply(base, scratch.patch_of_mail(mail)) == patched
        wanted = patched.sha
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(folder), str(clone))
    (tmp_path / "regreen.patch").write_bytes(mail)
    git(clone, "am", str(tmp_path / "regreen.patch"))
    assert git(clone, "rev-parse", "HEAD^{tree}") == wanted


def test_a_hostile_configuration_runs_nothing(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.sshCommand", "uploadpack.packObjectsHook"):
        git(folder, "config", key, str(trap))
    git(folder, "config", "core.hooksPath", str(tmp_path))
    with Scratch.borrow(Repository.open(folder)) as scratch:
        base = scratch.tree(Repository.open(folder).commit("HEAD"))
        scratch.diff(base, scratch.replace(base, {"a.py": "y = 1\n"}))
        export(scratch, Repository.open(folder).commit("HEAD"))
    assert not (tmp_path / "sprung").exists()


def _unpacked(tar: bytes, place: Path) -> Path:
    place.mkdir()
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        assert {member.uid for member in archive.getmembers()} == {1001}
        archive.extractall(place, filter="data")
    return place


@pytest.mark.parametrize(("depth", "commits"), [(1, 1), (2, 2), (0, 3)])
def test_an_export_is_a_checkout_with_just_the_history_that_was_asked_for(
    folder: Path, tmp_path: Path, depth: int, commits: int
) -> None:
    commit(folder, {"a.py": "x = 2\n"})
    head = commit(folder, {"a.py": "x = 3\n"})
    with Scratch.borrow(Repository.open(folder)) as scratch:
        packed = export(scratch, head, Wanted(depth), remote="https://example.org/o/r")
    place = _unpacked(packed.tar, tmp_path / "out")
    git(place, "read-tree", "HEAD")
    git(place, "checkout-index", "--all", "--force")
    assert (place / "a.py").read_text() == "x = 3\n"
    assert git(place, "rev-list", "--count", "HEAD") == str(commits)
    assert git(place, "fsck") == ""
    assert git(place, "remote", "get-url", "origin") == "https://example.org/o/r"
    assert not (place / ".git" / "hooks").exists()


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", 1),
        (" 7 ", 7),
        ("0", 0),
        ("0" * 5000, 0),
        ("0" * 5000 + "3", 3),
        ("9" * 5000, 0),
        ("999999999", 999_999_999),
        ("1000000000", 0),
        ("-1", 1),
        ("all", 1),
        ("1_0", 1),
        ("\u0663", 1),
        ("\u00b2", 1),
    ],
)
def test_the_depth_that_a_checkout_asks_for(text: str, depth: int) -> None:
    assert depth_of({"fetch-depth": text}) == depth


def _known(place: Path) -> list[str]:
    return git(place, "for-each-ref", "--format=%(refname:short)").split()


def _tagged(folder: Path) -> str:
    """Make tags and branches before, beside and after the commit that is returned."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_COMMITTER_DATE", "@1700000000 +0000")
        git(folder, "commit", "-q", "--amend", "--no-edit")
        git(folder, "tag", "-a", "v1", "-m", "one")
        git(folder, "branch", "old")
        git(folder, "checkout", "-q", "-b", "side")
        commit(folder, {"side": "1\n"})
        git(folder, "tag", "v1.side")
        git(folder, "checkout", "-q", "main")
        head = commit(folder, {"a.py": "x = 2\n"})
        git(folder, "tag", "v2")
        git(folder, "tag", "file", f"{head}:a.py")
        patch.setenv("GIT_COMMITTER_DATE", "@1800000000 +0000")
        commit(folder, {"a.py": "x = 3\n"})
        git(folder, "tag", "v3")
        git(folder, "branch", "later")
    return head


@pytest.mark.parametrize(
    ("inputs", "refs", "described"),
    [
        ({}, [], ""),
        ({"fetch-depth": "2"}, [], ""),
        ({"fetch-tags": "true"}, ["v2"], "v2"),
        ({"fetch-depth": "2", "fetch-tags": "true"}, ["v1", "v2"], "v2"),
        ({"fetch-depth": "0"}, ["origin/old", "origin/side", "v1", "v1.side", "v2"], "v2"),
    ],
)
def test_branches_and_tags_are_those_that_a_checkout_would_have_fetched(
    folder: Path, tmp_path: Path, inputs: dict[str, str], refs: list[str], described: str
) -> None:
    head = _tagged(folder)
    with Scratch.borrow(Repository.open(folder)) as scratch:
        place = _unpacked(export(scratch, head, wanted_of(inputs)).tar, tmp_path / "out")
    assert _known(place) == refs
    assert git(place, "fsck") == ""
    done = subprocess.run(
        ["git", "describe", "--tags", "--exact-match"], cwd=place, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.strip() == described
    if "v1" in refs:
        assert git(place, "cat-file", "-t", "v1") == "tag"


def test_a_clone_s_branches_are_the_remote_s_and_nothing_of_its_own_goes_in(
    folder: Path, tmp_path: Path
) -> None:
    head = _tagged(folder)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--reference", str(folder), str(folder), str(clone))
    git(clone, "branch", "mine", head)
    git(clone, "config", "http.https://example.org/.extraheader", "AUTHORIZATION: basic c2VjcmV0")
    (clone / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\nexit 1\n")
    with Scratch.borrow(Repository.open(clone)) as scratch:
        packed = export(scratch, head, Wanted(0), remote="https://example.org/o/r")
    place = _unpacked(packed.tar, tmp_path / "out")
    assert _known(place) == ["origin/old", "origin/side", "v1", "v1.side", "v2"]
    names = {path.name for path in (place / ".git").rglob("*")}
    assert not names & {"hooks", "alternates", "post-checkout", "credentials", "logs"}
    assert "extraheader" not in (place / ".git" / "config").read_text().lower()
    assert git(place, "log", "--format=%H", "-1") == head


def test_what_a_partial_clone_lacks_is_named_and_nothing_is_fetched(
    folder: Path, tmp_path: Path
) -> None:
    head = git(folder, "rev-parse", "HEAD")
    git(folder, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    git(
        tmp_path,
        "clone",
        "-q",
        "--no-checkout",
        "--filter=blob:none",
        f"file://{folder}",
        str(partial),
    )
    with Scratch.borrow(Repository.open(partial)) as scratch:
        packed = export(scratch, head)
        assert packed.missing == ("a.py", "bin", "docs/b.txt")
    missing = subprocess.run(
        ["git", "rev-list", "--objects", "--missing=print", "HEAD"],
        cwd=partial, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert missing.count("?") == 3
