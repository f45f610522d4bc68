"""Trees of a repository on a server, one commit each, without its history."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen.git import Address, UnreachableError
from regreen.git.command import git as tamed
from regreen.git.remote_tree import NoRepository, RemoteTrees
from tests.git_server import serve
from tests.repositories import commit, fingerprint, git


class Web:
    """A served repository: two commits, a light and an annotated tag, a branch like a tag."""

    def __init__(self, folder: Path) -> None:
        work = folder / "work"
        files = {
            "action.yml": "runs: {}\n",
            "kept out.txt": "x",
            ".gitattributes": '"kept out.txt" export-ignore\n',
        }
        self.first = commit(work, files)
        git(work, "tag", "v1")
        (work / "link.yml").symlink_to("action.yml")
        (work / "out.yml").symlink_to("/etc/passwd")
        (work / "run.sh").write_text("true\n")
        (work / "run.sh").chmod(0o755)
        self.second = commit(work, {"dist/index.js": "1\n"})
        git(work, "tag", "-a", "-m", "two", "v2")
        git(work, "branch", "v1", "HEAD")
        git(work, "branch", "feature/x", "v1^{commit}")
        bare = folder / "web" / "octo" / "act"
        bare.parent.mkdir(parents=True)
        git(folder, "clone", "-q", "--mirror", str(work), str(bare))
        self.root = folder / "web"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    return Web(tmp_path_factory.mktemp("web"))


def opened(tmp_path: Path) -> RemoteTrees:
    folder = tmp_path / "trees"
    folder.mkdir(exist_ok=True)
    return RemoteTrees.open(folder)


def test_a_ref_is_resolved_to_its_commit_tags_first(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    trees, address = opened(tmp_path), Address(httpserver.url_for("/octo/act"))
    meant = {
        "v1": web.first,
        "v2": web.second,
        "main": web.second,
        "feature/x": web.first,
        "heads/v1": web.second,
        "refs/tags/v1": web.first,
        "v3": None,
        "x": None,
    }
    assert {ref: trees.resolve(address, ref) for ref in meant} == meant


def test_one_tree_comes_without_history_and_as_the_server_packs_it(
    web: Web, tmp_path: Path, httpserver: HTTPServer
) -> None:
    serve(httpserver, web.root)
    trees, address = opened(tmp_path), Address(httpserver.url_for("/octo/act"))
    assert not trees.has(web.second)
    assert trees.fetch(address, web.second) == web.second
    assert trees.has(web.second)
    assert not tamed("cat-file", "-e", web.first, cwd=trees.folder).ok
    tree = trees.tree(web.second)
    assert tree.read("dist/index.js") == b"1\n"
    assert tree.read("link.yml") == b"runs: {}\n"
    assert (tree.read("out.yml"), tree.read("dist"), tree.read("x")) == (None, None, None)
    with tarfile.open(fileobj=io.BytesIO(tree.tar())) as tar:
        modes = {entry.name: entry.mode for entry in tar if entry.isreg()}
    assert modes == {
        ".gitattributes": 0o644,
        "action.yml": 0o644,
        "dist/index.js": 0o644,
        "run.sh": 0o755,
    }


def test_what_is_not_there_is_told_apart(web: Web, tmp_path: Path, httpserver: HTTPServer) -> None:
    serve(httpserver, web.root)
    trees = opened(tmp_path)
    address = Address(httpserver.url_for("/octo/act"))
    assert trees.fetch(address, "0123456789" * 4) is None
    with pytest.raises(NoRepository, match="does not exist, or is private"):
        trees.resolve(Address(httpserver.url_for("/octo/none")), "v1")
    with pytest.raises(UnreachableError, match="--actions-dir"):
        trees.resolve(Address("http://127.0.0.1:9/octo/act"), "v1")


def test_a_private_repository_is_not_asked_for_a_password(
    web: Web, tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(httpserver, web.root, authorization="Basic whatever")
    asked = tmp_path / "asked"
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\ntouch {asked}\necho password=x\n")
    helper.chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f"[credential]\n\thelper = {helper}\n[core]\n\taskPass = {helper}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_ASKPASS", str(helper))
    monkeypatch.setenv("SSH_ASKPASS", str(helper))
    with pytest.raises(NoRepository):
        opened(tmp_path).resolve(Address(httpserver.url_for("/octo/act")), "v1")
    assert not asked.exists()


def test_no_other_protocol_is_spoken(web: Web, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot fetch from"):
        opened(tmp_path).resolve(Address(f"file://{web.root}/octo/act"), "v1")


def test_a_tree_too_large_is_not_kept(
    web: Web, tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = tmp_path / "work"
    whole = commit(big, {"big.bin": os.urandom(4 << 20)})
    git(tmp_path, "clone", "-q", "--mirror", str(big), str(tmp_path / "big"))
    serve(httpserver, tmp_path)
    monkeypatch.setattr("regreen.git.remote_tree._BYTES", 1 << 20)
    trees = opened(tmp_path)
    with pytest.raises(UnreachableError):
        trees.fetch(Address(httpserver.url_for("/big")), whole)
    assert not trees.has(whole)
    assert sum(len(content) for content in fingerprint(trees.folder).values()) < 2 << 20
