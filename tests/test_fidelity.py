"""The measure of faithfulness: cases are found where they stand, and judged by what they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.repositories import commit

finding = pytest.importorskip("benchmarks.fidelity.finding", reason="the sdist has no benchmarks")
judging = pytest.importorskip("benchmarks.fidelity.judging")
table = pytest.importorskip("benchmarks.fidelity.table")

PATH = ".github/workflows/ci.yml"
WORKFLOW = """\
on: push
jobs:
  changes:
    runs-on: ubuntu-latest
    outputs: {code: "${{ steps.a.outputs.b }}"}
    steps: [{id: a, run: echo}]
  test:
    needs: changes
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [windows-latest, ubuntu-latest]
        config: [{python: "3.9", env: docs}, {python: "3.10", env: lint}]
    steps:
      - uses: actions/checkout@v4
      - name: Lint + Test (isort/black/mypy/pylint/pytest)
        if: needs.changes.outputs.code == 'true'
        run: ./test.sh
      - run: |
          flake8 src
          mypy
"""
CASE: dict[str, Any] = {
    "repo": "owner/name", "workflow": PATH, "job": "test", "step": "Lint + Test", "python": "3.10",
    "tool": "black", "category": "linting_error", "check": "tox -e lint", "setup": [],
    "excerpt": "would reformat src/a.py\n1 file would be reformatted.", "fidelity": "narrowed",
}  # fmt: skip


def place(tmp_path: Path, text: str = WORKFLOW, **changed: Any) -> Any:
    """Return the place of a case in a repository whose workflow is ``text``."""
    red = commit(tmp_path / "r", {PATH: text})
    return finding.find({**CASE, "red_commit": red, **changed}, tmp_path / "r")


def test_a_case_is_found_with_its_combination_and_what_ci_must_have_known(tmp_path: Path) -> None:
    found = place(tmp_path)
    assert (found.found, found.step) == (True, "Lint + Test (isort/black/mypy/pylint/pytest)")
    assert found.leg.values == {"os": "ubuntu-latest", "config": {"python": "3.10", "env": "lint"}}
    assert found.assumed == ("changes.code=true",)


@pytest.mark.parametrize("step", ["flake8 / mypy", "Run flake8 src", "mypy"])
def test_a_step_is_found_by_the_words_of_its_script(tmp_path: Path, step: str) -> None:
    assert place(tmp_path, step=step).step == "Run flake8 src"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert (
        place(tmp_path, step="Deploy the site").why == "no step of test is called 'Deploy the site'"
    )
    assert "there is no job lint" in place(tmp_path, job="lint").why
    assert "has no x.yml" in place(tmp_path, workflow="x.yml").why
    refused = place(tmp_path, "on: push\njobs: {a: {steps: []}}\n")
    assert refused.found
    assert refused.refused.startswith(f"{PATH}:2:")


@pytest.mark.parametrize(
    ("log", "what"),
    [
        ("2024-01-01T00:00Z \x1b[1mwould  reformat src/a.py\x1b[0m\n1 file would be reformatted.",
         "excerpt"),
        ("nothing of it", "tool and category"),
    ],
)  # fmt: skip
def test_the_same_failure(log: str, what: str) -> None:
    failure = {"category": "linting_error", "tool": "black"}
    assert judging.judge(CASE, failure, log) == judging.Judged(True, what)


def test_another_failure() -> None:
    failure = {"category": "network_error", "tool": "pip"}
    assert not judging.judge(CASE, failure, "Could not resolve host").same
    assert not judging.judge(CASE, None, "1 file would be reformatted").same


def test_diagnostics_of_a_file_are_the_same_in_another_checkout() -> None:
    case = {**CASE, "excerpt": 'src/pkg/a.py:3: error: Name "x" is not defined\nand more'}
    log = "/home/runner/work/n/n/src/pkg/a.py:9: error: Name is not"
    assert judging.judge(case, None, log).same


def test_the_failed_step_of_the_last_attempt_counts() -> None:
    log = (
        "== Reproduce the failure\n== step Install\nsudo: no\n== step Install: failure, exit 1\n"
        "== Reproduce the failure with sudo\n== step Install\n== step Install: success, exit 0\n"
        "== step Test\n1 failed\n== step Test: failure, exit 1, 2 s\n== end\n"
    )
    name, output = judging.failed_step(log)
    assert name == "Test"
    assert "1 failed" in output
    assert "sudo" not in output


def test_the_table_counts_and_says_why_not() -> None:
    row = {
        "id": "a",
        "category": "c",
        "tool": "t|u",
        "seconds": 1.0,
        "why": "w",
        "cause": "no node",
    }
    text = table.rendered(
        [{**row, "found": True, "planned": False, "ran": False, "same": False}], ["b"]
    )
    assert "1 cases: found 1, planned 0, ran 0, same 0; without a repository here: 1." in text
    assert "t\\|u" in text
    assert "- 1: no node" in text
