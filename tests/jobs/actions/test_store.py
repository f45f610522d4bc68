"""Actions are fetched once, by commit, and what a ref meant is remembered."""

from __future__ import annotations

import io
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen.errors import WorkflowError
from regreen.jobs.actions.metadata import Node, NotFound
from regreen.jobs.actions.reference import Remote, reference
from regreen.jobs.actions.store import Fetched, Store
from regreen.model import Unsupported
from tests.git_server import serve
from tests.repositories import commit, git

MANIFEST = "name: {}\nruns: {{using: node20, main: dist/index.js}}\n"


class Served:
    """The repository octo/act on a server of its own, and a store that asks it."""

    def __init__(self, folder: Path, server: HTTPServer) -> None:
        self.server, self.folder = server, folder
        self.work, self.bare = folder / "work", folder / "web" / "octo" / "act"
        self.first = commit(self.work, {"action.yml": MANIFEST.format("one"), "dist/index.js": ""})
        self.bare.parent.mkdir(parents=True)
        git(folder, "clone", "-q", "--mirror", str(self.work), str(self.bare))
        self.move("v1", self.first)
        (self.bare.parent / "ACT").symlink_to("act")
        serve(server, folder / "web")
        self.now = 1000.0
        self.store = Store(
            folder / "cache", (server.url_for("").rstrip("/"),), clock=lambda: self.now
        )

    def move(self, tag: str, target: str) -> None:
        git(self.work, "push", "-q", "--force", str(self.bare), f"{target}:refs/tags/{tag}")

    def change(self) -> str:
        new = commit(
            self.work, {"action.yml": MANIFEST.format("two"), "sub/action.yaml": "runs: 1"}
        )
        self.move("v1", new)
        return new

    @property
    def requests(self) -> int:
        return len(self.server.log)


@pytest.fixture
def served(tmp_path: Path, httpserver: HTTPServer) -> Served:
    return Served(tmp_path, httpserver)


def remote(uses: str) -> Remote:
    meant = reference(uses)
    assert isinstance(meant, Remote)
    return meant


def fetched(store: Store, uses: str = "octo/act@v1") -> Fetched:
    found = store.fetch(remote(uses))
    assert isinstance(found, Fetched), found
    return found


def test_an_action_is_fetched_once_and_a_tag_asked_again_after_an_hour(served: Served) -> None:
    one = fetched(served.store)
    assert (one.commit, one.action.name) == (served.first, "one")
    assert isinstance(one.action.runs, Node)
    with tarfile.open(fileobj=io.BytesIO(one.tree.tar())) as tar:
        assert {"action.yml", "dist/index.js"} <= set(tar.getnames())
    asked, second = served.requests, served.change()
    served.now += 3599
    assert fetched(served.store).commit == served.first
    assert served.requests == asked
    served.now += 2
    assert fetched(served.store, "octo/ACT@v1").commit == second
    assert fetched(served.store).action.name == "two"


def test_a_commit_is_never_asked_about_again(served: Served) -> None:
    uses = f"octo/act@{served.first}"
    assert fetched(served.store, uses).commit == served.first
    asked = served.requests
    served.now += 1e9
    assert fetched(served.store, uses).commit == served.first
    assert served.requests == asked


def test_the_commit_that_ci_had_wins_over_what_the_tag_means_now(served: Served) -> None:
    served.change()
    pinned = replace(served.store, pins={"octo/act@v1": served.first})
    assert fetched(pinned).commit == served.first
    lost = replace(served.store, pins={"octo/act@v1": "0" * 40})
    assert fetched(lost).action.name == "two"
    assert fetched(lost).notes == (
        "CI used octo/act@v1 at 000000000000, which cannot be had any more",
    )


def test_offline_only_the_cache_is_used(served: Served) -> None:
    offline = replace(served.store, offline=True)
    refused = offline.fetch(remote("octo/act@v1"))
    assert isinstance(refused, Unsupported)
    assert "--offline" in refused.what
    assert "--actions-dir" in refused.what
    fetched(served.store)
    asked = served.requests
    served.now += 1e6
    assert fetched(offline).commit == served.first
    assert isinstance(offline.fetch(remote("octo/act@v2")), Unsupported)
    assert served.requests == asked


def test_a_server_that_is_gone_leaves_what_was_remembered_and_says_so(tmp_path: Path) -> None:
    with HTTPServer() as server:
        served = Served(tmp_path, server)
        fetched(served.store)
    served.now += 7200
    again = fetched(served.store)
    assert again.commit == served.first
    assert "was not reached" in again.notes[0]
    new = served.store.fetch(remote("octo/act@v2"))
    assert isinstance(new, Unsupported)
    assert "--actions-dir" in new.what


def test_what_github_does_not_find_is_said_in_its_words(served: Served) -> None:
    missing = served.store.fetch(remote("octo/act@v9"))
    assert missing == NotFound(
        "Unable to resolve action `octo/act@v9`, unable to find version `v9`"
    )
    short = served.store.fetch(remote(f"octo/act@{served.first[:7]}"))
    assert isinstance(short, NotFound)
    assert "the shortened version of a commit SHA" in short.reason
    private = served.store.fetch(remote("octo/secret@v1"))
    assert isinstance(private, Unsupported)
    assert "if it is private, put a checkout" in private.what
    served.change()
    with pytest.raises(WorkflowError, match=r"octo/act/sub@v1/action.yaml:1:7"):
        served.store.fetch(remote("octo/act/sub@v1"))


def test_a_second_server_is_asked_when_the_first_has_none(served: Served) -> None:
    own = f"{served.store.servers[0]}/enterprise"
    both = replace(served.store, servers=(own, *served.store.servers))
    assert fetched(both).commit == served.first


def test_the_users_checkouts_win(served: Served) -> None:
    mine = served.folder / "mine"
    plain = mine / "octo" / "act@v1"
    plain.mkdir(parents=True)
    (plain / "action.yml").write_text(MANIFEST.format("mine"))
    (plain / "stolen.yml").symlink_to("/etc/passwd")
    store = replace(served.store, folder=mine)
    found = fetched(store, "OCTO/act@v1")
    assert (found.action.name, found.commit) == ("mine", None)
    assert found.tree.read("stolen.yml") is None
    assert found.tree.read("../act@v1/action.yml") is not None
    assert served.requests == 0
    git(mine / "octo", "clone", "-q", str(served.work), "act")
    (mine / "octo" / "act" / "action.yml").write_text(MANIFEST.format("edited"))
    git(mine / "octo" / "act", "tag", "v2", served.first)
    tagged = fetched(store, "octo/act@v2")
    assert (tagged.action.name, tagged.commit) == ("one", served.first)
    other = store.fetch(remote("octo/act@v3"))
    assert isinstance(other, Unsupported)
    assert "has no v3" in other.what
    git(mine / "octo", "clone", "-q", "--bare", str(served.bare), "act@feature/x.git")
    assert fetched(store, "octo/act@feature/x").commit == served.first
    git(mine / "octo", "clone", "-q", str(served.work), "act@v5")
    (mine / "octo" / "act@v5" / "action.yml").write_text(MANIFEST.format("edited"))
    assert fetched(store, "octo/act@v5").action.name == "edited"
    with tarfile.open(fileobj=io.BytesIO(fetched(store, "octo/act@v5").tree.tar())) as tar:
        assert sorted(tar.getnames()) == ["action.yml", "dist", "dist/index.js"]
    assert served.requests == 0


def test_several_at_once_do_not_hinder_one_another(served: Served) -> None:
    commits = [served.first, *(commit(served.work, {"n": str(n)}) for n in range(3))]
    git(served.work, "push", "-q", "--force", str(served.bare), "HEAD:refs/heads/main")
    with ThreadPoolExecutor(4) as pool:
        uses = [f"octo/act@{sha}" for sha in commits] * 2
        assert [f.commit for f in pool.map(lambda u: fetched(served.store, u), uses)] == commits * 2


def test_what_was_not_used_for_longest_goes(served: Served) -> None:
    git(served.folder, "clone", "-q", "--mirror", str(served.work), str(served.bare.parent / "b"))
    fetched(served.store)
    fetched(replace(served.store, bound_bytes=0), "octo/b@main")
    kept = sorted(path.name for path in (served.folder / "cache" / "actions").glob("*/*/*"))
    assert kept == ["b.git"]
