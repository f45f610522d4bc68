"""Commits that the clone lacks are fetched into a repository of regreen's own."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen.errors import UsageError
from regreen.git import Address, Fetched, Repository, Scratch
from tests.git_server import serve
from tests.repositories import commit, fingerprint, git

TOKEN = "t0ken-of-no-worth"


class Web:
    """A served repository with a pull request, and a clone made before it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "web"
        self.work = folder / "work"
        self.base = commit(self.work, {"a.py": "a = 1\n", "b.py": "b = 1\n"})
        self.bare = self.root / "octo" / "demo.git"
        self.bare.parent.mkdir(parents=True)
        git(folder, "clone", "-q", "--bare", str(self.work), str(self.bare))
        self.clone = folder / "clone"
        git(folder, "clone", "-q", str(self.bare), str(self.clone))
        git(self.work, "switch", "-q", "-c", "feature")
        self.head = commit(self.work, {"a.py": "a = 2\n"})
        git(self.work, "switch", "-q", "-")
        self.main = commit(self.work, {"b.py": "b = 2\n"})
        git(self.work, "merge", "-q", "--no-ff", "-m", "Merge", "feature")
        self.merge = git(self.work, "rev-parse", "HEAD")
        refs = (f"{self.head}:refs/pull/7/head", f"{self.merge}:refs/pull/7/merge")
        git(self.work, "push", "-q", str(self.bare), *refs)


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


def opened(web: Web, tmp_path: Path) -> Fetched:
    return Fetched.open(tmp_path / "state", Repository.open(web.clone))


def test_a_pull_requests_merge_is_fetched_and_the_clone_stays_as_it_was(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    before = fingerprint(web.clone)
    fetched = opened(web, tmp_path)
    origin = Address(httpserver.url_for("/octo/demo.git"))
    assert fetched.commit(origin, web.merge, "runs/1/tested") == web.merge
    assert fetched.commit(origin, "refs/pull/7/head", "runs/1/head") == web.head
    assert fingerprint(web.clone) == before
    with Scratch.borrow(Repository.open(web.clone), fetched.folder) as scratch:
        assert scratch.tree(web.merge).text("a.py") == "a = 2\n"
        assert scratch.tree(web.merge).text("b.py") == "b = 2\n"


def test_what_is_here_is_not_fetched_again(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    origin = Address(httpserver.url_for("/octo/demo.git"))
    opened(web, tmp_path).commit(origin, web.merge, "tested")
    asked = len(httpserver.log)
    assert opened(web, tmp_path).commit(origin, web.merge, "tested") == web.merge
    assert opened(web, tmp_path).commit(origin, web.base, "base") == web.base
    assert len(httpserver.log) == asked


def test_a_shallow_clone_and_no_clone_will_do(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    origin = Address(httpserver.url_for("/octo/demo.git"))
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{web.bare}", str(tmp_path / "thin"))
    thin = Repository.open(tmp_path / "thin")
    for fetched in (Fetched.open(tmp_path / "s", thin), Fetched.open(tmp_path / "s", None)):
        assert fetched.commit(origin, web.merge, "tested") == web.merge
        with Scratch.borrow(thin, fetched.folder) as scratch:
            assert scratch.tree(web.merge).text("a.py") == "a = 2\n"


def test_a_commit_that_the_server_does_not_have_is_none(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    origin = Address(httpserver.url_for("/octo/demo.git"))
    fetched = opened(web, tmp_path)
    assert fetched.commit(origin, "0123456789" * 4, "tested") is None
    assert fetched.commit(origin, "refs/pull/8/merge", "tested") is None


def test_a_merge_that_is_gone_is_made_again_with_the_same_files(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    git(web.work, "push", "-q", str(web.bare), f"{web.main}:refs/heads/next")
    origin = Address(httpserver.url_for("/octo/demo.git"))
    fetched = opened(web, tmp_path)
    for name in (web.head, web.main):
        assert fetched.commit(origin, name, name) == name
    merged = fetched.merge(web.main, web.head, "tested")
    assert merged is not None
    tree = git(web.work, "rev-parse", f"{web.merge}^{{tree}}")
    assert git(fetched.folder, "rev-parse", f"{merged}^{{tree}}") == tree
    parents = git(fetched.folder, "show", "--no-patch", "--format=%P", merged)
    assert parents.split() == [web.main, web.head]


def test_merges_that_conflict_are_not_made(web: Web, tmp_path: Path) -> None:
    git(web.work, "switch", "-q", "-c", "other", web.base)
    other = commit(web.work, {"a.py": "a = 3\n"})
    fetched = Fetched.open(tmp_path / "state", Repository.open(web.work))
    assert fetched.merge(other, web.head, "tested") is None


def test_the_token_opens_the_door_and_is_said_nowhere(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    serve(httpserver, web.root, authorization=f"Basic {basic}")
    url = httpserver.url_for("/octo/demo.git")
    fetched = opened(web, tmp_path)
    with pytest.raises(UsageError, match="contents: read"):
        fetched.commit(Address(url), web.merge, "tested")
    with pytest.raises(UsageError) as refused:
        fetched.commit(Address(url, f"wrong-{TOKEN}"), web.merge, "tested")
    assert TOKEN not in str(refused.value)
    assert TOKEN not in repr(Address(url, TOKEN))
    assert fetched.commit(Address(url, TOKEN), web.merge, "tested") == web.merge
    stored = fingerprint(tmp_path / "state")
    assert not any(TOKEN.encode() in c for c in stored.values() if isinstance(c, bytes))


@pytest.mark.parametrize("url", ["ext::sh -c id", "file:///", "ssh://h/a", "https://u:p@h/a"])
def test_only_plain_web_addresses_are_fetched_from(web: Web, tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="cannot fetch from"):
        opened(web, tmp_path).commit(Address(url), web.merge, "tested")


def test_a_server_that_sends_elsewhere_is_not_followed(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    other = HTTPServer()
    other.start()
    try:
        headers = {"Location": other.url_for("/stolen")}
        httpserver.expect_request(re.compile("/.*")).respond_with_data("", 301, headers)
        origin = Address(httpserver.url_for("/octo/demo.git"), TOKEN)
        fetched = opened(web, tmp_path)
        with pytest.raises(UsageError):
            fetched.commit(origin, web.merge, "tested")
        assert other.log == []
    finally:
        other.stop()


def test_the_store_is_the_user_s_own_and_nothing_in_it_is_obeyed(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    address = Address(httpserver.url_for("/octo/demo.git"))
    fetched = opened(web, tmp_path)
    assert fetched.folder.stat().st_mode & 0o077 == 0
    hook = fetched.folder / "hooks" / "reference-transaction"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    config = fetched.folder / "config"
    config.write_text(config.read_text() + "[http]\n\tproxy = http://127.0.0.1:9\n")
    again = opened(web, tmp_path)
    assert again.commit(address, web.merge, "tested") == web.merge
    assert again.commit(address, web.base, "base") == web.base
    assert not (tmp_path / "hooked").exists()


def test_a_link_in_place_of_the_store_is_refused(web: Web, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "fetched").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="no folder of yours"):
        opened(web, tmp_path)
    assert list(elsewhere.iterdir()) == []


def test_what_belongs_to_a_pushed_commit(web: Web) -> None:
    fetched = Fetched.open(web.root, Repository.open(web.work))
    assert fetched.belongs(web.head, web.head)
    assert fetched.belongs(web.merge, web.head)
    assert not fetched.belongs(web.main, web.head)
