"""How much review a patch asks for, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from regreen.git import Repository, Scratch
from regreen.model import Category, Patch, Severity
from regreen.verify.review import is_layout, review
from tests.fixers.support import failure
from tests.repositories import commit, git

WORKFLOW = ".github/workflows/ci.yml"
BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
)


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    commit(
        tmp_path / "r",
        {"a.py": "x = 1\n", "README.md": "one\n", WORKFLOW: "on: push\njobs: {}\n"},
    )
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        yield scratch


@pytest.mark.parametrize(
    ("files", "asked", "unvouched", "severity", "words"),
    [
        ({"a.py": "x  =  1  # as ever\n"}, Severity.HIGH, "", Severity.LOW, "only comments and"),
        ({"a.py": "x = 1\n\n\n", "README.md": "one  \n"}, Severity.LOW, "", Severity.LOW, "only"),
        ({"a.py": "x = 1  # noqa\n"}, Severity.LOW, "", Severity.MEDIUM, "as severe as"),
        ({"a.py": "x = 2\n"}, Severity.LOW, "no test", Severity.HIGH, "no test"),
        ({"a.py": "x = 2\n"}, Severity.HIGH, "", Severity.HIGH, "asks for more review than"),
        ({WORKFLOW: "on: pull_request\njobs: {}\n"}, Severity.LOW, "", Severity.MEDIUM,
         "the workflow and no code: it is as severe as the failure that it mends (linting_error)"),
        ({WORKFLOW: "on: push  # all\njobs: {}\n"}, Severity.LOW, "", Severity.LOW, "only"),
        ({"README.md": "two\n"}, Severity.LOW, "", Severity.MEDIUM, "documents and no code"),
    ],
)  # fmt: skip
def test_the_severity_and_why(
    scratch: Scratch,
    tmp_path: Path,
    files: dict[str, str],
    asked: Severity,
    unvouched: str,
    severity: Severity,
    words: str,
) -> None:
    before = scratch.tree(git(tmp_path / "r", "rev-parse", "HEAD"))
    after = scratch.replace(before, files)
    patch = Patch(b"", ("f",), ("why",), tuple(files), asked)
    mended = replace(failure(Category.LINTING_ERROR, "flake8"), severity=Severity.MEDIUM)
    found, why = review(before, after, [mended], patch, unvouched)
    assert (found, words in why) == (severity, True), why


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "x = 1\n", None),
        ("a.py", "x = (\n", "x = (  \n"),
        ("a.py", "x = 'a '\n", "x = 'a'\n"),
        ("a.py", "if x:\n    y()\nz()\n", "if x:\n    y()\n    z()\n"),
        ("a.js", "a // one\n", "a // two\n"),
        ("a.yml", "a: 1 # x\n", "a: 2 # x\n"),
        ("a.yml", BOMB, BOMB + "# x\n"),
    ],
)
def test_what_is_more_than_layout(path: str, old: str, new: str | None) -> None:
    assert not is_layout(path, old, new)
