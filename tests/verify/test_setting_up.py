"""Which changes earlier steps of a job must see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from regreen.git import Repository, Scratch
from regreen.jobs import find_job, plan, read_workflow
from regreen.model import Category, Selection
from regreen.verify.setting_up import must_set_up
from tests.repositories import commit

FILES = {"requirements.txt": "a\n", "src/x.py": "", "pyproject.toml": "", "README.md": ""}
Ask = Callable[..., bool]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    head = commit(tmp_path / "r", FILES)

    def must(script: str, changed: str, category: Category = Category.TEST_FAILURE) -> bool:
        text = (
            "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n"
            f"      - run: {script}\n      - run: pytest\n"
        )
        found = find_job({"ci.yml": read_workflow(text, "ci.yml")}, Selection(), None)
        job = plan(found, repository="owner/name", commit=head)
        with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
            return must_set_up(job, job.steps[1], category, [changed], scratch.tree(head))

    return must


@pytest.mark.parametrize(
    ("script", "changed", "expected"),
    [
        ("pip install -r requirements.txt", "requirements.txt", True),
        ("pip install -r requirements.txt", "src/x.py", False),
        ("pip install .", "src/x.py", True),
        ("pip install .", "README.md", False),
        ("python setup.py install", "src/x.py", True),
        ("pip install -e .[dev]", "src/x.py", False),
        ("pip install -e .[dev]", "pyproject.toml", True),
        ("poetry install", "src/x.py", False),
        ("uv sync --all-extras", "src/x.py", False),
        ("uv sync --all-extras", "pyproject.toml", True),
        ("pip install -e . && pip install ./plugin", "src/x.py", True),
        ("make install", "src/x.py", True),
        ("echo hello", "src/x.py", False),
    ],
)
def test_an_installed_copy_does_not_follow_its_files(
    ask: Ask, script: str, changed: str, expected: bool
) -> None:
    assert ask(script, changed) is expected


def test_checkers_read_the_files_themselves(ask: Ask) -> None:
    assert not ask("pip install .", "src/x.py", Category.LINTING_ERROR)
