"""Patches of a workflow: what GitHub refused, and jobs that are planned anew from their patch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.repositories import commit

pytestmark = [pytest.mark.docker]

REFUSED = """\
on:
  push
  schedule:
    - cron: '0 12 * * *'
jobs:
  far:
    runs-on: windows-latest
    steps: [{run: 'exit 0', shell: pwsh}]
  near:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - if: github.ref = 'refs/heads/main'
        run: test -f there
      - run: test -f there
"""
NO_MODULE = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy:
      matrix: {word: [one]}
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ matrix.word }} > made
      - run: python3 check
"""


def test_a_refused_workflow_is_mended_and_proven_by_a_job_that_runs_here(
    regreen: Regreen, tmp_path: Path
) -> None:
    commit(tmp_path / "r", {".github/workflows/ci.yml": REFUSED, "there": "x\n"})
    ended = regreen("fix", "--repo", tmp_path / "r", "--repeat", "1", "--json")
    assert ended.code == 0, ended.out + ended.err
    patch = Path(ended.json["patch"]).read_text(encoding="utf-8")
    assert "+  push:\n" in patch
    assert "+      - if: github.ref == 'refs/heads/main'\n" in patch
    proof = ended.json["verification"]
    assert "ci.yml:2" in proof["refused"] or "ci.yml:3" in proof["refused"]
    assert ended.json["job"].startswith("near ")


def test_a_job_is_planned_anew_from_a_patch_of_its_workflow(
    regreen: Regreen, tmp_path: Path
) -> None:
    files = {".github/workflows/ci.yml": NO_MODULE, "check.py": "open('made')\n"}
    commit(tmp_path / "r", files)
    ended = regreen("fix", "--repo", tmp_path / "r", "--repeat", "1", "--json")
    assert ended.code == 0, ended.out + ended.err
    patch = Path(ended.json["patch"]).read_text(encoding="utf-8")
    assert "+      - run: python3 -m check\n" in patch
