"""A patch before the judge, as a person would call it: other jobs of the workflow vouch for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.repositories import commit

pytestmark = [pytest.mark.docker, pytest.mark.network]

WORKFLOW = """\
on: push
jobs:
  lint:
    runs-on: ubuntu-latest
    strategy: {matrix: {rule: [F401, E711]}}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.x"}
      - run: pip install ruff==0.12.0
      - run: ruff check --select ${{ matrix.rule }} .
  tests:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python3 -m unittest -v
"""
FILES = {
    ".github/workflows/ci.yml": WORKFLOW,
    "value.py": "import os\nimport sys\n\n\ndef value():\n    return sys.maxsize\n",
    "test_value.py": (
        "import unittest\n\nimport value\n\n\nclass T(unittest.TestCase):\n"
        "    def test_value(self):\n        self.assertTrue(value.value())\n"
    ),
}


def test_test_jobs_vouch_and_siblings_are_held_against_the_patch(
    regreen: Regreen, tmp_path: Path
) -> None:
    commit(tmp_path / "r", FILES)
    ended = regreen(
        "fix", "--repo", tmp_path / "r", "--job", "lint", "--matrix", "rule=F401",
        "--siblings", "--repeat", "1", "--verify-limit", "30m", "--json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    proof = ended.json["verification"]
    assert ended.json["severity"] == "low"
    assert "as severe as the failure" in proof["severity_reason"]
    (tests,) = proof["test_jobs"]
    assert (tests["job"], tests["ended"], tests["vouches"]) == ("tests", "green", True)
    (sibling,) = proof["siblings"]
    assert (sibling["matrix"], sibling["ended"]) == ({"rule": "E711"}, "green")
    kept = json.dumps(json.loads(Path(ended.json["evidence"]).read_text(encoding="utf-8")))
    assert "E711" in kept


def test_a_wrong_time_limit_is_told_before_any_work(regreen: Regreen, tmp_path: Path) -> None:
    commit(tmp_path / "r", FILES)
    ended = regreen("fix", "--repo", tmp_path / "r", "--verify-limit", "soon")
    assert ended.code == 2
    assert "'soon' is no duration" in ended.err
