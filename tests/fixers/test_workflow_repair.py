"""Refused workflow files become what was meant, by edits of their text, and swallow nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regreen.fixers.configuration import workflow_repair
from regreen.fixers.configuration.mending import steps_in, steps_seen
from regreen.fixers.configuration.unfolding import unfolds_too_far
from regreen.fixers.configuration.unquoted_versions import quoted_versions
from regreen.fixers.configuration.workflow_repair import mended
from regreen.jobs.reader import file_faults
from regreen.model import Category, Edit
from tests.fixers.support import context, failure

PATH = ".github/workflows/ci.yml"
RIGHT = """\
name: CI  # kept
on:
  push:
    branches: [main]
  pull_request:
  schedule:
    - cron: '0 12 * * *'
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-latest
    strategy:
      fail-fast: true
      matrix:
        python: ['3.9', '3.12']
    steps:
      - uses: actions/checkout@v4
      - name: Set up
        uses: actions/setup-python@v5
        with:
          python-version: ${{ matrix.python }}
      - name: Test
        if: github.ref == 'refs/heads/main' && !cancelled()
        run: |
          python -m pytest ${{ join(matrix.*, ' ') }}
  publish:
    needs: [build]
    runs-on: ubuntu-latest
    env:
      LEVEL: high
    steps:
      - run: echo ${{ hashFiles('**/x.lock') }}
"""
BROKEN = {
    "no dollar": ("${{ matrix.python }}", "{{ matrix.python }}"),
    "double quotes": ("' ')", '" ")'),
    "double quotes in if": ("'refs/heads/main'", '"refs/heads/main"'),
    "one sign": ("ref == ", "ref = "),
    "and": (" && ", " and "),
    "one ampersand": (" && ", " & "),
    "not closed": ("matrix.python }}", "matrix.python }"),
    "not closed at all": ("matrix.python }}", "matrix.python"),
    "context": ("matrix.python", "matrx.python"),
    "function": ("hashFiles(", "hashfile("),
    "bracket of a call": ("' ')", "' '"),
    "key": ("  build:\n    runs-on", "  build:\n    run-on"),
    "underscore": ("  build:\n    runs-on", "  build:\n    runs_on"),
    "steps": ("    steps:\n      - uses", "    step:\n      - uses"),
    "needs": ("needs:", "need:"),
    "jobs": ("jobs:", "job:"),
    "uses": ("- uses:", "- use:"),
    "event": ("pull_request:", "pull-request:"),
    "filter": ("branches:", "branch:"),
    "bare event": ("  pull_request:", "  pull_request"),
    "schedule": ("    - cron", "      cron"),
    "boolean": ("fail-fast: true", "fail-fast: yes"),
    "permission": ("contents: read", "contents: reed"),
    "unknown need": ("[build]", "[biuld]"),
    "tab": ("        uses: actions/setup", "\t\tuses: actions/setup"),
    "one space more": ("        with:", "         with:"),
    "two spaces fewer": ("        with:", "      with:"),
    "no with": ("        with:\n", ""),
    "no space": ("- name: Test", "- name:Test"),
    "no dash": ("      - name: Test", "        name: Test"),
    "no space behind dash": ("- name: Test", "-name: Test"),
    "no colon": ("    strategy:\n", "    strategy\n"),
    "open bracket": ("[main]", "[main"),
    "open quote": ("'0 12 * * *'", "'0 12 * * *"),
    "no runner": ("  publish:\n    needs: [build]\n    runs-on: ubuntu-latest\n",
                  "  publish:\n    needs: [build]\n"),
    "said twice": ("      LEVEL: high\n", "      LEVEL: high\n      LEVEL: high\n"),
    "no version": ("setup-python@v5", "setup-python"),
    "a space that is none": ("- name: Test", "- name:\u00a0Test"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_what_was_meant_comes_back(kind: str) -> None:
    right, wrong = BROKEN[kind]
    text = RIGHT.replace(right, wrong, 1)
    assert file_faults(text, PATH)
    best = mended(text, None)[0].text
    assert not file_faults(best, PATH)
    assert steps_in(best) == steps_in(RIGHT)
    if kind != "no runner":
        assert best.split() == RIGHT.split()
    assert "# kept" in best


def test_the_file_with_a_runner_that_is_missing_gets_the_one_that_others_have() -> None:
    right, wrong = BROKEN["no runner"]
    found = mended(RIGHT.replace(right, wrong), None)[0]
    assert "runs-on: ubuntu-latest" in found.text.partition("publish:")[2]
    assert found.changes[0].review


def test_an_operator_that_is_none_becomes_the_one_that_is_alike() -> None:
    text = RIGHT.replace("github.ref == 'refs/heads/main'", "matrix.python => 3.12")
    assert "if: matrix.python >= 3.12 &&" in mended(text, None)[0].text


def test_a_name_with_a_colon_is_quoted() -> None:
    text = RIGHT.replace("name: Test", "name: Test: all")
    assert "- name: 'Test: all'\n" in mended(text, None)[0].text


def test_a_file_that_is_right_is_left_alone() -> None:
    assert mended(RIGHT, None) == []


def test_steps_are_never_swallowed_by_a_script() -> None:
    text = RIGHT.replace("      - name: Test\n", "     - name: Test\n")
    for way in mended(text, None):
        assert steps_in(way.text) >= steps_seen(text)


def test_what_github_no_longer_has_is_replaced_as_of_the_day() -> None:
    text = RIGHT.replace("build:\n    runs-on: ubuntu-latest", "build:\n    runs-on: ubuntu-20.04")
    assert mended(text, datetime(2024, 1, 1, tzinfo=UTC)) == []
    (first, *_) = mended(text, datetime(2025, 6, 1, tzinfo=UTC))
    assert "runs-on: ubuntu-22.04" in first.text
    assert first.changes[0].review


ARTIFACTS = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy: {matrix: {os: [a, b]}}
    steps:
      - uses: actions/upload-artifact@v3
        with:
          name: cov
          path: .coverage
  all:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v3
        with:
          name: cov
"""


def test_artifacts_of_one_name_become_one_for_each_combination() -> None:
    (found, *_) = mended(ARTIFACTS, datetime(2025, 6, 1, tzinfo=UTC))
    assert "name: cov-${{ strategy.job-index }}\n" in found.text
    assert "include-hidden-files: true\n" in found.text
    assert "pattern: cov-*\n          merge-multiple: true\n" in found.text
    assert "@v3" not in found.text
    assert found.changes[0].review


def test_the_fault_is_taken_from_the_files_whoever_reports_it() -> None:
    wrong = RIGHT.replace("runs-on", "run-on", 1)
    files = {PATH: wrong, ".github/workflows/good.yml": RIGHT}
    scene = context("check-jsonschema .github/workflows/*.yml", files, output="invalid")
    failed = failure(Category.CONFIGURATION_ERROR, "check-jsonschema")
    first = next(iter(workflow_repair.propose(failed, scene)))
    assert isinstance(first, Edit)
    assert dict(first.files) == {PATH: RIGHT}
    assert first.from_start
    elsewhere = context("pytest", files, output="1 failed")
    assert not list(workflow_repair.propose(failed, elsewhere))


def test_versions_that_lose_their_zero_are_quoted_and_numbers_are_not() -> None:
    text = RIGHT.replace("['3.9', '3.12']", "[3.9, 3.10]  # all").replace(
        "    runs-on", "    timeout-minutes: 10\n    runs-on", 1
    )
    made = quoted_versions(text)
    assert '[3.9, "3.10"]  # all' in made
    assert "timeout-minutes: 10\n" in made
    assert quoted_versions(made) == made


@pytest.mark.parametrize("tail", ["    nam: y\n", "  b: [\n"])
def test_a_bomb_of_aliases_is_told_before_it_is_unfolded(
    tail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "on: push\nx-a: &a [1, 2, 3, 4, 5, 6, 7, 8]\n"
    for one, before in zip("bcdefgh", "abcdefg", strict=True):
        text += f"x-{one}: &{one} [{', '.join([f'*{before}'] * 8)}]\n"
    text += f"jobs:\n  a:\n    runs-on: ubuntu-latest\n{tail}"
    monkeypatch.setattr(workflow_repair, "Mender", None)
    assert workflow_repair.mended(text, None) == []
    modest = "x: &a [1]\ny: [*a, *a]\n"
    assert not unfolds_too_far(modest)
    assert not unfolds_too_far(modest * 3 + "b: [")
