"""The step that a user names, where several steps of the job have that name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.repositories import commit

pytestmark = pytest.mark.docker

WORKFLOW = """\
on: push
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: check
        run: 'true'
      - name: check
        run: |
          echo 'a.py:1:1: F401 os imported but unused'
          exit 1
      - name: other
        run: 'true'
"""


def test_any_step_of_the_name_is_the_one_that_was_meant(regreen: Regreen, tmp_path: Path) -> None:
    commit(tmp_path / "twins", {".github/workflows/ci.yml": WORKFLOW, "a.py": "import os\n"})
    words = ("reproduce", "--repo", tmp_path / "twins", "--json", "--step")
    same = regreen(*words, "check")
    assert (same.code, same.json["status"]) == (1, "reproduced"), same.err
    other = regreen(*words, "other")
    assert (other.code, other.json["status"]) == (3, "not-reproduced"), other.err
