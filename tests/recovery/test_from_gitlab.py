"""From a GitLab pipeline's address to a verified patch: a server with a trace and a repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regreen_sandbox.engine import Engine
from regreen_sandbox.eviction import prune
from regreen_sandbox.keep import FOLDER_NAME, Keep
from tests.recovery.conftest import Regreen
from tests.repositories import commit, fingerprint, git
from tests.runs.gitlab import lab
from tests.runs.hub import Hub, hub

pytestmark = [pytest.mark.docker, pytest.mark.network]

DEFINITION = """\
include: ci/base.yml
stages: [check]
lint:
  extends: .checked
  parallel:
    matrix:
      - TARGET: [docs, src]
  script:
    - |
      echo "of $CI_PIPELINE_SOURCE"
      test "$(git rev-parse --abbrev-ref HEAD)" = HEAD
    - ruff format --check $TARGET
  after_script:
    - echo "ended with $CI_JOB_STATUS"
"""
BASE = """\
.checked:
  stage: check
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
  before_script:
    - python3 -m pip install --quiet --break-system-packages ruff==0.12.0
"""
SAID = (
    "python3 -m pip install --quiet --break-system-packages ruff==0.12.0",
    'echo "of $CI_PIPELINE_SOURCE" # collapsed multi-line command',
    "ruff format --check $TARGET",
)


def trace(tested: str) -> bytes:
    """The failed job's log as GitLab's runner writes it."""
    repository = f"Initialized empty Git repository in /builds/{lab.REPOSITORY}/.git/"
    checkout = f"\x1b[32;1mChecking out {tested[:8]} as detached HEAD (ref is main)...\x1b[0;m"
    stages = [
        ("prepare_executor", "Using Shell (bash) executor..."),
        ("get_sources", f"{repository}\n{checkout}"),
        (
            "step_script",
            "\n".join(f"\x1b[32;1m$ {command}\x1b[0;m" for command in SAID)
            + "\nWould reformat: src/a.py\n1 file would be reformatted",
        ),
        ("cleanup_file_variables", "Cleaning up project directory and file based variables"),
    ]
    text = "\x1b[0KRunning with gitlab-runner 17.0.0 (44feccdf)\x1b[0;m\n"
    for number, (name, said) in enumerate(stages, 1751371200):
        text += f"section_start:{number}:{name}\r\x1b[0K{said}\n"
        text += f"section_end:{number}:{name}\r\x1b[0K"
    return f"{text}\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n".encode()


class Project:
    """A served project with a red pipeline, and a clone made before its commit."""

    def __init__(self, folder: Path, server: Hub) -> None:
        self.server, self.cache = server, folder / "cache"
        self.work, self.clone = folder / "work", folder / "clone"
        start = {
            ".gitlab-ci.yml": DEFINITION,
            "ci/base.yml": BASE,
            "src/a.py": "a = 1\n",
            "docs/b.py": "b = 1\n",
        }
        commit(self.work, start)
        git(self.work, "branch", "-M", "main")
        bare = folder / "web" / f"{lab.REPOSITORY}.git"
        bare.parent.mkdir(parents=True)
        git(folder, "clone", "-q", "--bare", str(self.work), str(bare))
        git(folder, "clone", "-q", str(bare), str(self.clone))
        git(self.clone, "remote", "set-url", "origin", f"{server.server}/{lab.REPOSITORY}.git")
        self.head = commit(self.work, {"src/a.py": "a   =  1\n"}, "Change a")
        git(self.work, "push", "-q", str(bare), f"{self.head}:refs/heads/main")
        server.repositories = folder / "web"

    def serve(self, name: str = "lint: [src]") -> str:
        """Serve the red pipeline and return its address."""
        lab.serve(self.server, lab.pipeline(sha=self.head), lab.job(1, name))
        lab.serve_log(self.server, 1, trace(self.head))
        branch = f"{lab.PROJECT}/repository/branches/main"
        self.server.on(branch, lab.told({"commit": {"id": self.head}}))
        return f"{self.server.server}/{lab.REPOSITORY}/-/pipelines/100"

    def variables(self) -> dict[str, str]:
        """What a person has set who may read this server."""
        return {
            "GITLAB_HOST": self.server.server,
            "GITLAB_TOKEN": "planted-token-of-the-tests",
            "REGREEN_CACHE": str(self.cache),
        }


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Iterator[Project]:
    with hub() as server:
        made = Project(tmp_path, server)
        yield made
    prune(Keep(engine, made.cache / FOLDER_NAME), everything=True)


def test_a_pipeline_s_address_is_enough_for_a_patch(project: Project, regreen: Regreen) -> None:
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
    assert summary["run"]["tested"] == project.head
    assert summary["run"]["job"] == "lint: [src]"
    assert fingerprint(project.clone) == before
    git(project.work, "switch", "-q", "--detach", project.head)
    git(project.work, "am", summary["patch"])
    assert (project.work / "src/a.py").read_text() == "a = 1\n"


def test_a_job_that_is_not_in_the_definition_is_said(project: Project, regreen: Regreen) -> None:
    ended = regreen(
        "reproduce", "--run", project.serve("other"), "--repo", project.clone, "--json",
        **project.variables(),
    )  # fmt: skip
    assert ended.code == 2
    assert "there is no job 'other' in .gitlab-ci.yml; the jobs are: lint" in ended.json["reason"]
