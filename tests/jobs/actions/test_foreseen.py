"""What a job's actions ask for is known before it runs, as far as matrix and inputs tell."""

from __future__ import annotations

from pathlib import Path

from regreen.jobs import find_job, plan, read_workflow
from regreen.jobs.actions.store import Store
from regreen.jobs.foreseen import foreseen
from regreen.model import Selection

WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    strategy: {matrix: {config: [{python: "3.9"}]}}
    steps:
      - uses: acme/run@v1
        with: {second: "3.10"}
      - uses: acme/gone@v1
"""
ACTION = """\
name: run
description: runs
inputs: {second: {required: true}}
runs:
  using: composite
  steps:
    - uses: actions/setup-python@v5
      with: {python-version: "${{ matrix.config.python }}"}
    - uses: actions/setup-python@v5
      with: {python-version: "${{ inputs.second }}"}
    - uses: actions/setup-python@v5
      with: {python-version: "${{ steps.x.outputs.y }}"}
    - uses: pypa/gh-action-pypi-publish@v1
"""


def test_pythons_refusals_and_gaps_of_actions_are_foreseen(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "acme" / "run@v1"
    folder.mkdir(parents=True)
    (folder / "action.yml").write_text(ACTION)
    workflow = read_workflow(WORKFLOW, "ci.yml")
    job = plan(find_job({"ci.yml": workflow}, Selection(), None), repository="o/n", commit="0" * 40)
    store = Store(tmp_path / "cache", folder=tmp_path / "mine", offline=True)
    seen = foreseen(job, lambda _path: None, store)
    assert seen.pythons_inside == ("3.9", "3.10")
    assert [words.partition(":")[0] for words in seen.refused_inside] == ["Run acme/run@v1"]
    assert len(seen.unsupported) == 1
    assert "acme/gone@v1" in seen.unsupported[0]
    assert "(ci.yml:9)" in seen.unsupported[0]
