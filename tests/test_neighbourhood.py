"""Which other jobs a patch is held against, from real workflow files; nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from regreen.case import Case, open_case
from regreen.config import Settings
from regreen.git import Repository, Scratch
from regreen.jobs import read_workflow
from regreen.jobs.job import Job
from regreen.logs import LogReader
from regreen.model import Budget, Selection
from regreen.neighbourhood import Neighbourhood, runs_tests
from regreen.report import Silent
from regreen.request import Request
from tests.repositories import commit

CI = """\
on: [push, pull_request]
jobs:
  lint:
    runs-on: ubuntu-latest
    strategy: {matrix: {python: ["3.9", "3.12"], tool: [flake8, mypy]}}
    steps:
      - uses: actions/setup-python@v5
        with: {python-version: "${{ matrix.python }}"}
      - run: pip install pytest tox ${{ matrix.tool }}
      - run: ${{ matrix.tool }}
  tests:
    runs-on: ubuntu-latest
    strategy: {matrix: {python: ["3.7", "3.10", "3.13"]}}
    steps:
      - uses: actions/setup-python@v5
        with: {python-version: "${{ matrix.python }}"}
      - run: python -m pytest
  never:
    if: github.event_name == 'schedule'
    runs-on: ubuntu-latest
    steps: [{run: pytest}]
"""
ONE = "on: {}\njobs:\n  {}:\n    runs-on: ubuntu-latest\n    steps: [{{run: {}}}]\n"
OTHERS = {
    "nightly.yml": ONE.format("schedule", "a", "pytest"),
    "more.yml": ONE.format("push", "b", "tox -e py"),
    "broken.yml": "on: push\njobs: [\n",
    "aaa.yml": ONE.format("push", "c", "nox -s tests"),
}


@contextmanager
def around(folder: Path, job: str, **matrix: str) -> Iterator[Neighbourhood]:
    files = {f".github/workflows/{name}": text for name, text in {"ci.yml": CI, **OTHERS}.items()}
    commit(folder, files)
    repository = Repository.open(folder)
    with Scratch.borrow(repository) as scratch:
        selection = Selection(".github/workflows/ci.yml", job, None, matrix)
        request = Request(folder, None, None, selection, None, Budget(), None, None)
        case = open_case(request, repository, scratch, None, Silent())
        yield _neighbourhood(case)


def _neighbourhood(case: Case) -> Neighbourhood:
    unused: Any = None
    return Neighbourhood(case, Settings(), LogReader(), Silent(), unused)


def test_the_test_jobs_of_the_same_event_nearest_in_python_first(tmp_path: Path) -> None:
    with around(tmp_path, "lint", python="3.9", tool="mypy") as found:
        jobs = found.test_jobs()
    assert [(one.job, one.workflow.rsplit("/", 1)[-1]) for one in jobs] == [
        ("tests (3.10)", "ci.yml"),
        ("c", "aaa.yml"),
        ("b", "more.yml"),
    ]


def test_siblings_are_the_other_combinations(tmp_path: Path) -> None:
    with around(tmp_path, "lint", python="3.9", tool="mypy") as found:
        assert [dict(one.combination) for one in found.siblings()] == [
            {"python": "3.9", "tool": "flake8"},
            {"python": "3.12", "tool": "flake8"},
            {"python": "3.12", "tool": "mypy"},
        ]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("pytest -q tests", True),
        ("python -m pytest", True),
        ("coverage run -m unittest discover", True),
        ("cd src && python3.9 -m unittest", True),
        ("poetry run pytest", True),
        ("make test", True),
        ("tox -e py39", True),
        ("python manage.py test", True),
        ("./runtests.py", True),
        ("pip install pytest tox", False),
        ("uv add nox", False),
        ("tox -e lint", False),
        ("tox -e docs", False),
        ("nox -s mypy", False),
        ("flake8 tests/", False),
        ("ruff check pytest_plugin.py", False),
        ("make docs", False),
    ],
)
def test_what_runs_tests_is_told_by_its_commands(script: str, said: bool) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {script}\n"
    steps = read_workflow(text, "ci.yml").jobs["a"].steps
    job = Job("a", "a", "ci.yml", "ubuntu-latest", {}, {}, None, None, steps, {})
    assert runs_tests(job) is said
