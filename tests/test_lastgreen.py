"""What tells what a job installed when it was green: the log that was given, else a lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from regreen.case import Case
from regreen.cli.recover import readable
from regreen.config import Settings
from regreen.errors import UsageError
from regreen.git import Repository, Scratch
from regreen.lastgreen import last_green
from regreen.logs import LogReader
from regreen.model import Budget, Selection
from regreen.report import Silent
from regreen.request import Request
from regreen.verify.drift_before import Before
from tests.repositories import commit

LOCK = '[[package]]\nname = "idna"\nversion = "{}"\n'


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Case]:
    """A repository whose last commit changed a lock, and brought a wrong one."""
    folder = tmp_path / "work"
    commit(folder, {"uv.lock": LOCK.format("3.6"), "a.py": ""})
    commit(folder, {"uv.lock": LOCK.format("3.7"), "poetry.lock": "<<<<<<<\n"}, "Change it")
    request = Request(folder, None, None, Selection(), None, Budget(60.0, 5), None, None)
    repository = Repository.open(folder)
    with Scratch.borrow(repository) as scratch:
        head = repository.commit("HEAD")
        yield Case(request, repository, scratch, head, None, cast(Any, None))


def told(case: Case) -> list[Before]:
    return last_green(case, Settings(), LogReader(), Silent())


def test_without_a_log_the_locks_of_the_commit_before_are_a_guess(project: Case) -> None:
    assert told(project) == [Before("uv.lock", {"idna": ("3.6",)}, sure=False)]


def test_a_log_that_was_given_is_what_counts(project: Case, tmp_path: Path) -> None:
    log = tmp_path / "green.txt"
    log.write_text("Successfully installed idna-3.5\n")
    given = replace(project, request=replace(project.request, green_log=log))
    assert told(given) == [Before("the green log", {"idna": ("3.5",)}, sure=True)]


def test_a_log_that_is_not_there_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no log") as said:
        readable(tmp_path / "none")
    assert "--green-log" in said.value.next_step
