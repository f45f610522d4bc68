"""What ``regreen reproduce`` prints of a job's steps, and the log that it keeps of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.repositories import commit

pytestmark = pytest.mark.docker

WORKFLOW = """\
on: push
jobs:
  style:
    runs-on: ubuntu-latest
    steps:
      - name: chatter
        run: |
          printf '\\033]0;title\\007\\033[2Jhello\\n::add-mask::hunter2secret\\n'
          echo "not hunter2secret"
      - name: style
        run: |
          echo 'would reformat a.py'
          exit 1
"""


def test_steps_are_shown_as_asked_and_always_kept(regreen: Regreen, tmp_path: Path) -> None:
    commit(tmp_path / "r", {".github/workflows/ci.yml": WORKFLOW, "a.py": "x=1\n"})
    loud = regreen("reproduce", "--repo", tmp_path / "r", "-v", "--json")
    assert loud.code == 1, loud.err
    lines = loud.err.splitlines()
    assert lines.index("  | hello") < lines.index("  | not ***")
    assert "  | would reformat a.py" in lines
    log = Path(loud.json["log"])
    kept = log.read_text(encoding="utf-8")
    assert "Z not ***\n" in kept
    assert "##[error]Process completed with exit code 1." in kept
    assert "\x1b]" not in loud.err + kept
    quiet = regreen("reproduce", "--repo", tmp_path / "r", "--quiet")
    assert quiet.err == ""
    assert f"{log.parent}/" in quiet.out
    read = regreen("analyze", log, "--json")
    assert read.json["failure"]["command"] == "echo 'would reformat a.py'\nexit 1"
