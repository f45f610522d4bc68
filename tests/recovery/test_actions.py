"""Jobs that use actions of others: rebuilt with the actions at hand, and mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.repositories import commit

pytestmark = pytest.mark.docker

WORKFLOW = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: there
        uses: ./.github/actions/greet
        with: {name: you}
      - run: test "${{ steps.there.outputs.words }}" = "hello you"
      - name: the check
        uses: acme/check@v1
"""
GREET = """\
name: greet
description: says hello
inputs: {name: {required: true}}
outputs: {words: {value: "${{ steps.say.outputs.words }}"}}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      run: echo "words=hello ${{ inputs.name }}" >> "$GITHUB_OUTPUT"
"""
CHECK = """\
name: check
description: looks at a file
inputs: {file: {default: a.py}}
runs:
  using: composite
  steps:
    - shell: bash
      run: sh "$GITHUB_ACTION_PATH/check.sh" "${{ inputs.file }}"
"""
SCRIPT = 'echo "would reformat $1"; echo "1 file would be reformatted."; exit 1\n'


def test_local_and_other_s_actions_run(regreen: Regreen, tmp_path: Path) -> None:
    files = {".github/workflows/ci.yml": WORKFLOW, ".github/actions/greet/action.yml": GREET}
    commit(tmp_path / "r", {**files, "a.py": "x = 1\n"})
    kept = tmp_path / "actions" / "acme" / "check@v1"
    kept.mkdir(parents=True)
    (kept / "action.yml").write_text(CHECK)
    (kept / "check.sh").write_text(SCRIPT)
    where = ("reproduce", "--repo", tmp_path / "r", "--workflow", "ci.yml", "--json", "--offline")
    ended = regreen(*where, "--actions-dir", tmp_path / "actions")
    assert ended.code == 1, ended.err
    assert ended.json["failure"]["step"] == "the check"
    assert ended.json["failure"]["tool"] == "black"
    without = regreen(*where)
    assert without.code == 4, without.err
    assert "acme/check@v1" in without.json["reason"]
    assert "--actions-dir" in without.json["reason"] + without.json["next"]
