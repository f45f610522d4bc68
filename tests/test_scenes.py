"""What fixers see of the job that fails."""

from __future__ import annotations

from pathlib import Path

from regreen.case import open_case
from regreen.git import Repository, Scratch
from regreen.jobs.given import Given
from regreen.model import Budget, Selection
from regreen.report import Silent
from regreen.request import Request
from regreen.scenes import parent_of, pythons_of, shortened
from tests.repositories import commit

WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python-version: ["3.12", "3.9", pypy3.10]
        os: [ubuntu-latest]
    steps:
      - uses: actions/setup-python@v5
        with:
          python-version: ${{ matrix.python-version }}
      - run: pytest
  lint:
    runs-on: ubuntu-latest
    steps:
      - run: ruff check
"""


def test_all_pythons_of_the_job_are_known_and_the_commit_before(tmp_path: Path) -> None:
    repository = tmp_path / "r"
    commit(repository, {"a.py": "x = 1\n"})
    commit(repository, {".github/workflows/ci.yml": WORKFLOW, "a.py": "x = 2\n"})
    with Scratch.borrow(Repository.open(repository)) as scratch:
        request = Request(
            repository, None, None, Selection(job="test"), None, Budget(), None, None, given=Given()
        )
        case = open_case(request, Repository.open(repository), scratch, None, Silent())
        assert pythons_of(case, case.job) == ("3.12", "3.9", "pypy3.10")
        before = parent_of(case)
        assert before is not None
        assert before.text("a.py") == "x = 1\n"


def test_lines_without_end_are_cut() -> None:
    assert shortened("a\n" + "b" * 10_000 + "\nc") == "a\n" + "b" * 4_000 + "\nc"
    assert shortened("a\r\nb") == "a\r\nb"
