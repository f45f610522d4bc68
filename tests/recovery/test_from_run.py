"""From a run's address to a verified patch: a server with runs, logs and a git repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regreen_sandbox.engine import Engine
from regreen_sandbox.eviction import prune
from regreen_sandbox.keep import FOLDER_NAME, Keep
from tests.recovery.conftest import Regreen
from tests.repositories import commit, fingerprint, git
from tests.runs import bodies
from tests.runs.hub import API, Hub, hub, refused, told

pytestmark = [pytest.mark.docker, pytest.mark.network]

TOKEN = "planted-token-of-the-tests"
SECRET = "hunter2hunter2"
WORKFLOW = """\
on: pull_request
jobs:
  check:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        target: [src, docs]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.x"}
      - run: pip install ruff==0.12.0
      - run: ruff format --check ${{ matrix.target }}
"""


class Project:
    """A served repository with a pull request from a fork, and a clone made before it."""

    def __init__(self, folder: Path, github: Hub) -> None:
        self.github, self.cache = github, folder / "cache"
        work, self.clone = folder / "work", folder / "clone"
        start = {
            ".github/workflows/ci.yml": WORKFLOW,
            "src/a.py": "a = 1\n",
            "docs/b.py": "b = 1\n",
        }
        commit(work, start)
        bare = folder / "web" / "octo" / "app.git"
        bare.parent.mkdir(parents=True)
        git(folder, "clone", "-q", "--bare", str(work), str(bare))
        git(folder, "clone", "-q", str(bare), str(self.clone))
        git(self.clone, "remote", "set-url", "origin", f"{github.server}/octo/app.git")
        git(work, "switch", "-q", "-c", "feature")
        self.head = commit(work, {"src/a.py": "a   =  1\n"}, "Change a")
        git(work, "switch", "-q", "-")
        self.base = commit(work, {"docs/c.py": "c = 1\n"}, "Move on")
        git(work, "merge", "-q", "--no-ff", "-m", f"Merge {self.head} into {self.base}", "feature")
        self.merge = git(work, "rev-parse", "HEAD")
        git(work, "push", "-q", str(bare), f"{self.head}:refs/pull/7/head")
        git(work, "push", "-q", str(bare), f"{self.merge}:refs/pull/7/merge")
        git(work, "push", "-q", str(bare), f"{self.base}:refs/heads/next")
        self.work, self.bare = work, bare
        github.repositories = folder / "web"

    def serve(self, *jobs: dict[str, Any], head_now: str | None = None) -> str:
        """Serve the red run and return its address."""
        fork = bodies.body("repository", full_name="stranger/app")
        run = bodies.run(
            event="pull_request", head_sha=self.head, head_branch="feature", head_repository=fork
        )
        self.github.serve_run(run, *(jobs or (bodies.job(1, "check (src)"),)))
        for path, kind in (("pulls/7", "pull"), ("pulls", "pull in a list")):
            head = bodies.body(kind)["head"] | {"sha": head_now or self.head}
            pull = bodies.body(kind, number=7, head=head)
            reply = told(kind, pull) if kind == "pull" else told(f"list of {kind}", [pull])
            self.github.on(f"{API}/repos/octo/app/{path}", reply)
        for job in jobs or (bodies.job(1, "check (src)"),):
            self.github.serve_log(job["id"], self.log(job["name"]))
        return f"{self.github.server}/octo/app/actions/runs/100"

    def log(self, name: str) -> bytes:
        """The failed job's log as a hosted runner writes it."""
        target = "docs" if "docs" in name else "src"
        command = f"ruff format --check {target}"
        lines = [
            f"Complete job name: {name}",
            "##[group]Run actions/checkout@v4",
            "with:",
            "  repository: octo/app",
            "##[endgroup]",
            "Syncing repository: octo/app",
            f"HEAD is now at {self.merge[:7]} Merge {self.head} into {self.base}",
            "[command]/usr/bin/git log -1 --format=%H",
            self.merge,
            f"##[group]Run {command}",
            f"\x1b[36;1m{command}\x1b[0m",
            "shell: /usr/bin/bash -e {0}",
            "##[endgroup]",
            f"DEPLOY_PASSWORD={SECRET}",
            "Would reformat: src/a.py",
            "1 file would be reformatted",
            "##[error]Process completed with exit code 1.",
        ]
        return "".join(f"2025-07-01T12:00:00.0000000Z {line}\n" for line in lines).encode()

    def variables(self) -> dict[str, str]:
        """What a person has set who may read this server."""
        host = self.github.server.removeprefix("http://")
        return {"GH_HOST": host, "GITHUB_TOKEN": TOKEN, "REGREEN_CACHE": str(self.cache)}


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Iterator[Project]:
    with hub() as github:
        made = Project(tmp_path, github)
        yield made
    prune(Keep(engine, made.cache / FOLDER_NAME), everything=True)


def test_an_address_is_enough_for_a_patch_that_applies_to_what_was_pushed(
    project: Project, regreen: Regreen, tmp_path: Path
) -> None:
    address = project.serve()
    before = fingerprint(project.clone)
    ended = regreen(
        "fix", "--run", address, "--repo", project.clone, "--repeat", "1", "--json",
        **project.variables(),
    )  # fmt: skip
    assert ended.code == 0, ended.err
    summary = ended.json
    assert summary["fixers"] == ["ruff format"]
    assert summary["reproduction"]["verdict"] == "same"
    assert summary["run"]["head"] == project.head
    assert summary["run"]["tested"] == project.merge
    assert summary["run"]["job"] == "check (src)"
    assert summary["notes"] == []
    assert fingerprint(project.clone) == before

    git(project.work, "switch", "-q", "--detach", project.head)
    git(project.work, "am", summary["patch"])
    assert (project.work / "src/a.py").read_text() == "a = 1\n"

    stored = fingerprint(tmp_path / "cwd" / ".regreen") | fingerprint(project.cache)
    everything = b"".join(c for c in stored.values() if isinstance(c, bytes)) + ended.err.encode()
    assert TOKEN.encode() not in everything
    assert SECRET.encode() not in everything

    project.github.asked.clear()
    again = regreen("reproduce", "--run", address, "--repo", project.clone, **project.variables())
    assert (again.code, "Red" in again.out) == (1, True), again.err
    asked = project.github.paths()
    assert not any("/logs" in path or ".git/" in path for path in asked), asked


def test_without_a_clone_at_a_merge_that_is_gone_and_a_head_that_has_moved(
    project: Project, regreen: Regreen
) -> None:
    git(project.work, "switch", "-q", "feature")
    moved = commit(project.work, {"src/a.py": "a = 2\n"}, "Change it again")
    git(project.work, "push", "-q", "-f", str(project.bare), f"{moved}:refs/pull/7/head")
    git(project.bare, "update-ref", "-d", "refs/pull/7/merge")
    git(project.bare, "update-ref", "refs/heads/feature", project.head)
    git(project.bare, "reflog", "expire", "--expire=now", "--all")
    git(project.bare, "gc", "-q", "--prune=now")
    address = project.serve(head_now=moved)
    ended = regreen("fix", "--run", address, "--repeat", "1", "--json", **project.variables())
    assert ended.code == 0, ended.err
    assert "made again from its parents" in ended.err
    assert ended.json["run"]["head_now"] == moved
    assert any("moved" in n and "does not apply there" in n for n in ended.json["notes"])


def test_of_several_failed_jobs_one_is_to_be_chosen_by_its_rendered_name(
    project: Project, regreen: Regreen
) -> None:
    jobs = [
        bodies.job(1, "check (src)"),
        bodies.job(2, "check (docs)"),
        bodies.job(3, "check (other)", conclusion="cancelled"),
    ]
    address = project.serve(*jobs)
    asked = ("reproduce", "--run", address, "--repo", project.clone)
    ended = regreen(*asked, **project.variables())
    assert ended.code == 2
    assert "'check (src)', 'check (docs)'" in ended.err
    assert "--job 'check (src)'" in ended.err
    ended = regreen(*asked, "--job", "check (src)", "--json", **project.variables())
    assert (ended.code, ended.json["run"]["job"]) == (1, "check (src)"), ended.err
    assert "target" in ended.err or "check (src)" in ended.json["job"]


def test_a_green_run_needs_nothing_and_a_stranger_s_server_gets_no_token(
    project: Project, regreen: Regreen
) -> None:
    project.github.serve_run(
        bodies.run(conclusion="success"), bodies.job(1, "check", conclusion="success")
    )
    address = f"{project.github.server}/octo/app/actions/runs/100"
    ended = regreen("fix", "--run", address, "--json", **project.variables())
    assert (ended.code, ended.json["status"]) == (0, "passed"), ended.err
    project.github.asked.clear()
    ended = regreen("fix", "--run", address, GITHUB_TOKEN=TOKEN)
    assert ended.code == 2
    assert "a token would go there" in ended.err
    assert project.github.asked == []


def test_a_log_that_is_gone_is_said_with_another_way(project: Project, regreen: Regreen) -> None:
    address = project.serve()
    project.github.on(f"{API}/repos/octo/app/actions/jobs/1/logs", refused(410, "Gone"))
    ended = regreen("fix", "--run", address, "--json", **project.variables())
    assert ended.code == 2
    assert "cannot be had" in json.loads(ended.out)["reason"]
    assert "--workflow .github/workflows/ci.yml" in json.loads(ended.out)["next"]


def test_a_repository_that_brings_a_store_of_its_own_is_not_believed(
    project: Project, regreen: Regreen, tmp_path: Path
) -> None:
    """A bare repository below ``.regreen``, with a hook, as a hostile clone would have it."""
    hook = "#!/bin/sh\ntouch " + str(tmp_path / "hooked") + "\n"
    for name in ("e3b0c44298fc", "e3b0c44298fc1c149afbf4c8"):
        planted = tmp_path / "cwd" / ".regreen" / "fetched" / f"{name}.git"
        planted.mkdir(parents=True)
        git(planted, "init", "-q", "--bare")
        (planted / "hooks" / "reference-transaction").write_text(hook)
        (planted / "hooks" / "reference-transaction").chmod(0o755)
    ended = regreen("reproduce", "--run", project.serve(), **project.variables())
    assert ended.code == 1, ended.err
    assert not (tmp_path / "hooked").exists()


def test_a_run_that_github_refused_leads_to_the_workflow(
    project: Project, regreen: Regreen
) -> None:
    run = bodies.run(event="push", head_sha=project.base, conclusion="startup_failure")
    project.github.serve_run(run)
    address = f"{project.github.server}/octo/app/actions/runs/100"
    ended = regreen("fix", "--run", address, **project.variables())
    assert ended.code == 2, ended.err
    assert "it refused the workflow" in ended.err
    assert f"regreen reproduce --commit {project.base} --workflow" in ended.err
