"""`regreen jobs`: what there is, what of it can be run here, and why not the rest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from regreen.deliver.listing import listing_text
from regreen.model.listing import Support
from tests.repositories import commit
from tests.terminals import ended, terminal

CI = """\
name: CI
on: [push, pull_request]
jobs:
  lint:
    runs-on: ubuntu-latest
    steps: [{uses: actions/checkout@v4}, {run: ruff check}]
  test:
    needs: lint
    runs-on: ${{ matrix.os }}
    strategy: {matrix: {os: [ubuntu-24.04, windows-latest], python: ["3.11", "3.12"]}}
    steps: [{run: pytest}]
  report:
    runs-on: ubuntu-24.04-arm
    steps: [{run: pytest}, {uses: codecov/codecov-action@v4}]
  own:
    runs-on: [self-hosted, gpu]
    steps: [{run: make}]
"""
BROKEN = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{rum: a}]\n"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("listed") / "clone"
    files = {".github/workflows/ci.yml": CI, ".github/workflows/broken.yaml": BROKEN}
    commit(folder, {**files, "pyproject.toml": '[tool.regreen.runners]\ngpu = "ubuntu-22.04"\n'})
    return folder


def jobs(clone: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regreen", "jobs", "--repo", str(clone), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def legs(listed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each combination of a listing by its name."""
    return {
        leg["name"]: leg
        for workflow in listed["workflows"]
        for job in workflow["jobs"]
        for leg in job["combinations"]
    }


def test_every_combination_is_listed_with_its_support(clone: Path, tmp_path: Path) -> None:
    done = jobs(clone, "--json", cwd=tmp_path)
    listed = json.loads(done.stdout)
    assert done.returncode == 1, "a workflow that GitHub refuses is red"
    assert (listed["schema"], listed["counts"]) == (
        1,
        {"supported": 3, "differs": 1, "unsupported": 3, "refused": 1},
    )
    found = legs(listed)
    assert list(found) == [
        "lint", "test (ubuntu-24.04, 3.11)", "test (ubuntu-24.04, 3.12)",
        "test (windows-latest, 3.11)", "test (windows-latest, 3.12)", "report", "own",
    ]  # fmt: skip
    windows = found["test (windows-latest, 3.12)"]
    assert windows["matrix"] == {"os": "windows-latest", "python": "3.12"}
    assert windows["reasons"][0].endswith("(.github/workflows/ci.yml:9)")
    assert len(found["report"]["notes"]) == 2
    assert '[tool.regreen.runners] "gpu" = ' in found["own"]["reasons"][0]


def test_a_refused_workflow_is_listed_with_its_fault_beside_the_others(clone: Path) -> None:
    listed = json.loads(jobs(clone, "--json").stdout)
    broken, ci = listed["workflows"]
    assert (broken["path"], ci["name"]) == (".github/workflows/broken.yaml", "CI")
    assert broken["faults"][0].startswith(".github/workflows/broken.yaml:5:")
    assert ci["events"] == ["push", "pull_request"]


def test_the_settings_of_the_folder_say_what_stands_for_a_runner(clone: Path) -> None:
    listed = json.loads(jobs(clone, "--json", "--workflow", "ci.yml", cwd=clone).stdout)
    own = legs(listed)["own"]
    assert (own["support"], own["runner"]) == ("differs", "ubuntu-22.04")
    assert own["notes"] == ["ubuntu-22.04 stands for gpu, as the settings say"]


def test_alike_combinations_share_a_line_when_it_is_piped(clone: Path) -> None:
    done = jobs(clone, "--workflow", ".github/workflows/ci.yml")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0] == ".github/workflows/ci.yml (CI), on push, pull_request"
    assert "  supported    test (ubuntu-24.04, 3.11), test (ubuntu-24.04, 3.12)" in lines
    assert lines[-1] == "3 supported, 1 differs, 3 unsupported"
    assert "\x1b" not in done.stdout


def test_a_job_that_github_would_not_start_is_refused(tmp_path: Path) -> None:
    workflow = """\
on: push
jobs:
  old: {runs-on: ubuntu-18.04, steps: [{run: a}]}
  upload: {runs-on: ubuntu-latest, steps: [{uses: actions/upload-artifact@v2}]}
  ok: {runs-on: ubuntu-latest, steps: [{run: a}]}
"""
    commit(tmp_path / "r", {".github/workflows/ci.yml": workflow})
    done = jobs(tmp_path / "r", "--json")
    assert done.returncode == 1
    listed = legs(json.loads(done.stdout))
    assert {name: leg["support"] for name, leg in listed.items()} == {
        "old": "refused",
        "upload": "refused",
        "ok": "supported",
    }
    assert listed["old"]["reasons"][0].startswith(".github/workflows/ci.yml:3:18: ")


def test_nothing_that_can_run_is_unsupported(tmp_path: Path) -> None:
    text = "on: push\njobs: {a: {runs-on: macos-14, steps: [{run: a}]}}\n"
    commit(tmp_path / "c", {".github/workflows/a.yml": text})
    assert jobs(tmp_path / "c").returncode == 4


def test_no_workflow_and_none_of_that_name(clone: Path, tmp_path: Path) -> None:
    commit(tmp_path / "empty", {"a": "b"})
    done = jobs(tmp_path / "empty")
    assert (done.returncode, "next: name a file" in done.stderr) == (2, True)
    done = jobs(clone, "--workflow", "none.yml")
    assert (done.returncode, "broken.yaml, .github/workflows/ci.yml" in done.stderr) == (2, True)


def test_a_pipeline_of_gitlab_is_listed_too(tmp_path: Path) -> None:
    text = "lint: {image: 'python:3.12', script: [ruff check]}\n"
    commit(tmp_path / "c", {".gitlab-ci.yml": text})
    done = jobs(tmp_path / "c", "--json")
    (pipeline,) = json.loads(done.stdout)["workflows"]
    assert (done.returncode, pipeline["path"]) == (0, ".gitlab-ci.yml")
    assert pipeline["jobs"][0]["combinations"][0]["runner"] == "python:3.12"


def test_a_workflow_s_words_are_no_commands_to_the_terminal(tmp_path: Path) -> None:
    text = (
        'on: push\nname: "\\e[2J::error::x"\njobs: {a: {runs-on: "\\e]0;x", steps: [{run: a}]}}\n'
    )
    commit(tmp_path / "c", {".github/workflows/a.yml": text})
    done = jobs(tmp_path / "c")
    assert "\x1b" not in done.stdout
    assert r"\u001b]0;x" in done.stdout


def test_a_listing_without_jobs() -> None:
    assert listing_text(()) == "no job"
    assert next(str(one) for one in Support) == "supported"


def test_a_table_on_a_terminal(clone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "regreen", "jobs", "--repo", str(clone)]
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with terminal(command, env={**env, "TERM": "xterm-256color"}, cwd=tmp_path) as child:
        assert ended(child) == 1
        shown = child.before or ""
    assert "unsupported" in shown
    assert "\x1b[" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= 97
