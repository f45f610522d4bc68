"""A workflow that GitHub refuses is red at once: no engine is asked, nothing is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regreen.cli import app
from tests.logs.hosted import Ran
from tests.logs.hosted import log as log_of
from tests.repositories import commit, fingerprint

GOOD = "on: push\njobs:\n  good:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"
BROKEN = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: make
        if: github.ref = 1
      - runn: make
"""
OLD = """\
on: push
jobs:
  old:
    runs-on: ${{ matrix.os }}
    strategy: {matrix: {os: [ubuntu-24.04, ubuntu-20.04]}}
    steps: [{run: 'true'}]
  kept:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/upload-artifact@v3
"""
HOPELESS = GOOD.removeprefix("on: push\n")
PLACE = ".github/workflows/broken.yml (Line: 8, Col: 9): Unexpected value 'runn'"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "r"
    files = {"good": GOOD, "broken": BROKEN, "old": OLD, "hopeless": HOPELESS}
    commit(folder, {f".github/workflows/{name}.yml": text for name, text in files.items()})
    return folder


@pytest.fixture(autouse=True)
def _no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "bogus://nowhere")


def call(*words: str | Path) -> tuple[int, dict[str, Any]]:
    """Run a command where no engine can be reached; return its exit code and its JSON."""
    done = CliRunner().invoke(app, [*map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout)


def places(summary: dict[str, Any]) -> list[tuple[str, int, int]]:
    assert summary["failure"]["category"] == "configuration_error"
    diagnostics = summary["failure"]["diagnostics"]
    return [(one["file"].rpartition("/")[2], one["line"], one["column"]) for one in diagnostics]


def test_a_refused_file_is_red_with_each_fault(repository: Path) -> None:
    before = fingerprint(repository)
    words = ("--repo", repository, "--workflow", "broken.yml")
    code, summary = call("reproduce", *words)
    assert (code, summary["status"]) == (1, "reproduced")
    assert places(summary) == [("broken.yml", 8, 9), ("broken.yml", 8, 9)]
    assert summary["failure"]["evidence"][0]["text"].endswith("Unexpected value 'runn'")
    assert summary["next"].startswith("correct line 8 of ")
    code, summary = call("fix", "--repo", repository, "--workflow", "hopeless.yml")
    assert (code, summary["status"], summary["patch"]) == (1, "no-fix", None)
    assert fingerprint(repository) == before


def test_a_job_is_found_in_a_refused_file(repository: Path) -> None:
    code, summary = call("reproduce", "--repo", repository, "--job", "build")
    assert code == 1
    assert places(summary)[0] == ("broken.yml", 8, 9)


def shown(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "refused.log"
    path.write_text(f"Invalid workflow file: .github/workflows/broken.yml#L8\n{text}\n")
    return path


def test_the_same_refusal_in_a_log_is_reproduced(repository: Path, tmp_path: Path) -> None:
    log = shown(tmp_path, f"The workflow is not valid. {PLACE}")
    code, summary = call("reproduce", "--repo", repository, "--log", log)
    assert (code, summary["reproduction"]["verdict"]) == (1, "same")
    assert places(summary) == [("broken.yml", 8, 9)]


def test_another_refusal_in_a_log_is_not(repository: Path, tmp_path: Path) -> None:
    log = shown(tmp_path, f"The workflow is not valid. {PLACE.replace('Line: 8', 'Line: 7')}")
    code, summary = call("reproduce", "--repo", repository, "--log", log)
    assert (code, summary["reproduction"]["verdict"]) == (3, "different")
    assert "broken.yml:7:9" in summary["reason"]
    assert "broken.yml:8:9" in summary["reason"]
    good = shown(tmp_path, "").read_text().replace("broken", "good")
    log.write_text(good)
    code, summary = call("reproduce", "--repo", repository, "--log", log)
    assert (code, summary["status"]) == (3, "not-reproduced")
    assert "nothing of it is refused" in summary["reason"]


def test_what_is_gone_is_red_as_of_its_day(repository: Path) -> None:
    words = ("reproduce", "--repo", repository, "--workflow", "old.yml", "--as-of", "2025-06-01")
    code, summary = call(*words, "--job", "old")
    assert code == 1
    assert places(summary) == [("old.yml", 5, 44)]
    code, summary = call(*words, "--job", "kept")
    assert code == 1
    assert places(summary) == [("old.yml", 10, 15)]
    assert summary["failure"]["step"] == "Set up job"
    chosen = (*words, "--job", "old", "--matrix", "os=ubuntu-24.04")
    assert call(*chosen)[0] == 5, "this combination has a runner, so an engine is asked"


def test_a_removed_action_in_a_log(repository: Path, tmp_path: Path) -> None:
    stamp = "2025-02-21T10:00:00.0000000Z "
    log = tmp_path / "removed.log"
    said = "it uses a deprecated version of `actions/upload-artifact: {}`. Learn more: x"
    head = f"{stamp}Current runner version: '2.322.0'\n{stamp}Getting action download info\n"
    text = head + f"{stamp}##[error]This request has been automatically failed because {said}\n"
    log.write_text(text.format("v3"))
    code, summary = call("reproduce", "--repo", repository, "--log", log)
    assert (code, summary["reproduction"]["verdict"]) == (1, "same")
    assert places(summary) == [("old.yml", 10, 15)]
    log.write_text(text.format("v2"))
    assert call("reproduce", "--repo", repository, "--log", log)[0] == 3


def test_a_call_that_does_not_fit_is_red(tmp_path: Path) -> None:
    called = "on: {workflow_call: {inputs: {n: {type: number}}}}\n" + GOOD.partition("\n")[2]
    calls = "on: push\njobs:\n  c:\n    uses: ./.github/workflows/called.yml\n    with: {n: abc}\n"
    workflows = {"called": called, "calls": calls}
    folder = tmp_path / "calling"
    commit(folder, {f".github/workflows/{name}.yml": text for name, text in workflows.items()})
    code, summary = call("reproduce", "--repo", folder, "--workflow", "calls.yml")
    assert code == 1
    assert places(summary) == [("calls.yml", 5, 15)]
    log = shown(tmp_path, "").read_text().replace("broken.yml#L8", "calls.yml#L5")
    (tmp_path / "refused.log").write_text(log)
    words = ("reproduce", "--repo", folder, "--log", tmp_path / "refused.log")
    assert call(*words)[1]["reproduction"]["verdict"] == "same"


def test_a_log_of_a_job_at_work_outweighs_every_date(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    flow = "on: push\njobs:\n  j:\n    runs-on: ubuntu-20.04\n    steps:\n      - run: exit 3\n"
    commit(folder, {".github/workflows/ci.yml": flow})
    (tmp_path / "job.log").write_bytes(log_of(Ran(script="exit 3", output="no", exit_code=3)))
    words = ("reproduce", "--repo", folder, "--log", tmp_path / "job.log")
    chosen = (*words, "--commit", "HEAD", "--job", "j", "--as-of", "2025-06-01")
    assert call(*chosen)[0] == 5, "an engine is asked"
    assert call(*words[:3], "--workflow", "ci.yml")[0] == 1
