"""Jobs that need others, reusable workflows, and what a run is told: as a person would call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recovery.conftest import Ended, Regreen
from tests.repositories import commit

pytestmark = pytest.mark.docker

NEEDS = """\
on: [push, pull_request]
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: {word: "${{ steps.say.outputs.word }}"}
    steps:
      - id: say
        run: echo "word=$(echo red)" >> "$GITHUB_OUTPUT"
  idle:
    runs-on: ubuntu-latest
    steps: [{run: exit 1}]
  plan:
    needs: first
    runs-on: ubuntu-latest
    outputs:
      list: ${{ steps.say.outputs.list }}
    steps:
      - id: say
        env: {WORD: "${{ needs.first.outputs.word }}"}
        run: |
          test "$WORD" = red
          echo kept > kept.txt
          echo 'list=["a", "b"]' >> "$GITHUB_OUTPUT"
      - uses: actions/upload-artifact@v4
        with: {name: kept, path: kept.txt}
  check:
    needs: [first, plan, idle]
    runs-on: ubuntu-latest
    strategy: {matrix: {letter: "${{ fromJSON(needs.plan.outputs.list) }}"}}
    steps:
      - uses: actions/download-artifact@v4
        if: matrix.letter == 'a'
        with: {name: kept}
      - env: {WORD: "${{ needs.first.outputs.word }}", EVENT: "${{ github.event_name }}"}
        run: |
          test "${{ matrix.letter }}" != a || cat kept.txt
          echo "a.py:1:1: E501 $WORD ${{ matrix.letter }} $EVENT ${{ strategy.job-total }}"
          echo "${{ github.event.pull_request.labels[0].name }}|${{ vars.COLOUR }}"
          exit 1
"""


def repository(folder: Path, files: dict[str, str]) -> Path:
    commit(folder / "r", {f".github/workflows/{name}": text for name, text in files.items()})
    return folder / "r"


def said(ended: Ended) -> str:
    """Return the lines of the failing step that stand in the summary."""
    return " ".join(one["text"] for one in ended.json["failure"]["evidence"])


def test_outputs_of_other_jobs_make_the_matrix_and_reach_the_steps(
    regreen: Regreen, tmp_path: Path
) -> None:
    where = repository(tmp_path, {"ci.yml": NEEDS})
    ended = regreen("reproduce", "--repo", where, "--job", "check", "--json")
    assert ended.code == 1, ended.err
    assert "check (a) of" in ended.json["job"]
    assert "E501 red a push 2" in said(ended)
    assert "| kept\n" in ended.err
    assert ended.err.count("Run first first") == 1
    assert "Run idle" not in ended.err
    assert "needs.first is run here once, before the job" in ended.err


def test_what_the_user_vouches_for_is_not_run(regreen: Regreen, tmp_path: Path) -> None:
    where, event = repository(tmp_path, {"ci.yml": NEEDS}), tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"labels": [{"name": "urgent"}]}}))
    words = ("reproduce", "--repo", where, "--job", "check", "--json")
    told = ("--assume", "first.word=blue", "--assume", 'plan.list=["z"]', "--var", "COLOUR=green")
    ended = regreen(*words, *told, "--event", "pull_request", "--event-file", event)
    assert ended.code == 1, ended.err
    assert "E501 blue z pull_request 1" in said(ended)
    assert "Run first" not in ended.err
    assert "needs.first is assumed: success (word=blue)" in ended.err
    lines = next((tmp_path / "cwd" / ".regreen" / "logs").glob("*")).read_text()
    assert "urgent|green" in lines


def test_a_needed_job_that_fails_here_is_said_with_the_way_around(
    regreen: Regreen, tmp_path: Path
) -> None:
    where = repository(tmp_path, {"ci.yml": NEEDS.replace("echo red", "echo green")})
    ended = regreen("reproduce", "--repo", where, "--job", "check", "--json")
    assert ended.code == 4, ended.err
    assert "the job plan is needed for its outputs, and fails here: step" in ended.json["reason"]
    assert ended.json["next"] == "give what it gives out: --assume plan.list=VALUE"


CALLER = """\
name: CI
on: push
env: {NOT_PASSED: "on"}
jobs:
  version:
    uses: ./.github/workflows/version.yml
  quality:
    needs: version
    strategy: {matrix: {folder: [src]}}
    uses: ./.github/workflows/quality.yml
    with: {folder: "${{ matrix.folder }}", ruff: "${{ needs.version.outputs.ruff }}"}
    secrets: {token: "${{ secrets.DEPLOY }}"}
"""
VERSION = """\
on:
  workflow_call:
    outputs:
      ruff: {value: "${{ jobs.tell.outputs.ruff }}"}
jobs:
  tell:
    runs-on: ubuntu-latest
    outputs: {ruff: "${{ steps.say.outputs.ruff }}"}
    steps:
      - {id: say, run: 'echo "ruff=0.12.0" >> "$GITHUB_OUTPUT"'}
"""
QUALITY = """\
on:
  workflow_call:
    inputs:
      folder: {type: string, required: true}
      ruff: {type: string, default: "0.0"}
      strict: {type: boolean}
    secrets:
      token: {required: true}
jobs:
  format:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          set -x
          test "$TOKEN" = let-me-in-please && test -z "$NOT_PASSED"
          echo "$TOKEN"
        env: {TOKEN: "${{ secrets.token }}"}
      - uses: actions/setup-python@v5
        with: {python-version: "3.x"}
      - if: inputs.strict == false
        run: pip install ruff==${{ inputs.ruff }}
      - run: ruff format --check ${{ inputs.folder }}
"""


@pytest.mark.network
def test_a_job_of_a_reusable_workflow_is_mended(regreen: Regreen, tmp_path: Path) -> None:
    flows = {"ci.yml": CALLER, "version.yml": VERSION, "quality.yml": QUALITY}
    where = repository(tmp_path, flows)
    commit(where, {"src/a.py": "x   =  1\n"})
    ended = regreen(
        "fix", "--repo", where, "--job", "quality (src) / format", "--secret", "DEPLOY",
        "--as-of", "2025-07-01", "--repeat", "1", "--json",
        DEPLOY="let-me-in-please", REGREEN_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert ended.json["fixers"] == ["ruff format"]
    assert ended.json["job"].startswith("quality (src) / format of .github/workflows/quality.yml")
    for path in (tmp_path / "cwd").rglob("*"):
        assert not path.is_file() or b"let-me-in-please" not in path.read_bytes(), path
    assert "let-me-in-please" not in ended.out + ended.err
    kept = [path for path in (tmp_path / "cache" / "kept").rglob("*") if path.is_file()]
    assert not kept, "what was set up with a secret is kept"
