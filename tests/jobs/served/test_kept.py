"""What is kept on the host: caches by key, artifacts by job, and no more than there is room for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regreen.jobs.served import artifactstore, cachestore
from regreen.jobs.served.cachestore import Entry, find, put
from regreen.jobs.stores import Stores

MAIN, OTHER = "refs/heads/main", "refs/heads/other"


def keep(folder: Path, key: str, ref: str = MAIN, version: str = "v") -> Entry:
    entry = Entry(key, version, ref)
    assert put(folder, entry, key.encode())
    return entry


def test_the_exact_key_comes_before_a_newer_prefix_and_keys_in_their_order(tmp_path: Path) -> None:
    exact, _, newest = (keep(tmp_path, key) for key in ("pip-1", "pip-1-a", "pip-1-b"))
    assert find(tmp_path, ("pip-1",), "v", (MAIN,)) == exact
    assert find(tmp_path, ("PIP-1",), "v", (MAIN,)) == exact
    assert find(tmp_path, ("pip-1-",), "v", (MAIN,)) == newest
    assert find(tmp_path, ("pip-2", "pip-"), "v", (MAIN,)) == newest
    assert find(tmp_path, ("pip-2",), "v", (MAIN,)) is None
    assert find(tmp_path, ("pip-1",), "other paths", (MAIN,)) is None


def test_a_branch_sees_its_own_caches_first_and_no_other_branch_s(tmp_path: Path) -> None:
    base, own = keep(tmp_path, "k-1"), keep(tmp_path, "k-0", OTHER)
    assert find(tmp_path, ("k-1", "k-"), "v", (OTHER, MAIN)) == own
    assert find(tmp_path, ("k-1",), "v", (OTHER, MAIN)) == base
    assert find(tmp_path, ("k-0",), "v", (MAIN,)) is None


def test_a_kept_cache_is_never_changed(tmp_path: Path) -> None:
    entry = keep(tmp_path, "k")
    assert not put(tmp_path, entry, b"other")
    assert cachestore.archive(tmp_path, entry) == b"k"


def test_what_was_not_used_for_longest_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cachestore, "MOST_BYTES", 2)
    first, second = keep(tmp_path, "1"), keep(tmp_path, "2")
    for age, path in enumerate(sorted(tmp_path.glob("*.tar"), key=lambda one: one.read_bytes())):
        os.utime(path, (age, age))
    assert cachestore.archive(tmp_path, first) == b"1"
    keep(tmp_path, "3")
    assert cachestore.archive(tmp_path, first) == b"1"
    assert cachestore.archive(tmp_path, second) is None
    assert find(tmp_path, ("2",), "v", (MAIN,)) is None


def test_too_large_a_cache_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cachestore, "ENTRY_BYTES", 2)
    assert not put(tmp_path, Entry("k", "v", MAIN), b"abc")


def test_a_broken_record_is_no_cache(tmp_path: Path) -> None:
    keep(tmp_path, "k")
    next(tmp_path.glob("*.json")).write_text("{")
    assert find(tmp_path, ("k",), "v", (MAIN,)) is None


def test_no_proof_sees_a_cache(tmp_path: Path) -> None:
    stores = Stores(artifacts=tmp_path, caches=tmp_path, packages=tmp_path)
    assert stores.uncached() == Stores(artifacts=tmp_path, packages=tmp_path)


def test_of_another_job_the_last_run_s_artifacts_count_of_this_one_its_own(tmp_path: Path) -> None:
    for job, sandbox, name in (
        ("build", "s1", "old"),
        ("build", "s2", "new"),
        ("test", "s3", "mine"),
        ("test", "s4", "mine"),
    ):
        artifactstore.put(tmp_path, name, job, sandbox, f"{job} {sandbox}".encode())
    seen = artifactstore.visible(tmp_path, "test", "s3")
    assert sorted(seen) == ["mine", "new"]
    assert seen["mine"].sandbox == "s3"
    assert artifactstore.visible(tmp_path, "test", "s5")["mine"].sandbox == "s4"
    artifactstore.remove(tmp_path, seen["new"])
    assert sorted(artifactstore.visible(tmp_path, "test", "s3")) == ["mine", "old"]
