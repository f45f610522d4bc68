"""Releases that broke a job: when they are looked for first, and what is proposed against them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from regreen.drifting import Drifting, against, joined, smells
from regreen.model import (
    AutoFixable,
    Category,
    Culprit,
    Diagnostic,
    Edit,
    Ending,
    Failure,
    Severity,
    Signature,
    Try,
)
from regreen.report import Silent
from regreen.verify import NothingFound
from regreen.verify.drift import Blame, Drift
from tests.fixers.support import context

FRAME = 'File "/env/lib/python3.8/site-packages/lib/core.py", line 1, in f\n'


def failed(category: Category, message: str) -> Failure:
    return Failure(
        category, Severity.LOW, 1.0, AutoFixable.YES, "step", None, 1, None,
        (Diagnostic(None, None, message),), (), Signature(category, None),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("category", "message", "output", "first"),
    [
        (Category.DEPENDENCY_ISSUE, "cannot import name 'x' from 'lib'", FRAME, True),
        (Category.TEST_FAILURE, "TypeError: f() got an unexpected keyword argument", FRAME, True),
        (Category.TEST_FAILURE, "TypeError: f() got an unexpected keyword argument", "", False),
        (Category.TEST_FAILURE, "assert 1 == 2", FRAME, False),
        (Category.LINTING_ERROR, "module has no attribute 'x'", FRAME, False),
    ],
)
def test_a_release_is_looked_for_first_where_a_library_breaks(
    category: Category, message: str, output: str, first: bool
) -> None:
    assert smells([failed(category, message)], output) is first


def drift(*blames: Blame) -> Drift:
    return Drift(blames, Culprit("release", "lib 2.3.0 broke the job"))


def test_the_constraint_names_the_release_and_what_broke() -> None:
    blame = Blame("lib", "2.2.5", "2.3.0", "2.3.2", None, "cannot import name 'x' from 'lib'")
    scene = context("", {"r.txt": "other\n"}, installs=("pip install -r r.txt",))
    [idea] = against(drift(blame), scene)
    assert isinstance(idea, Edit)
    assert idea.from_start
    assert idea.severity is Severity.MEDIUM
    assert idea.files == {"r.txt": "other\nlib<2.3  # 2.3.0: cannot import name 'x' from 'lib'\n"}


def test_what_builds_the_project_is_held_back_where_it_is_built() -> None:
    blame = Blame("setuptools", "77.0", "78.0.1", "78.1", None, "it refuses dashes", builds=True)
    text = '[build-system]\nrequires = ["setuptools>=61"]\n[project]\nname = "p"\n'
    scene = context("", {"pyproject.toml": text}, installs=("pip install .",))
    [idea] = against(drift(blame), scene)
    assert isinstance(idea, Edit)
    assert '"setuptools>=61,<78.0.1"' in idea.files["pyproject.toml"]


def test_the_tries_of_both_searches_are_told_one_after_the_other() -> None:
    one = Try(1, None, "a", "why", "failure", "step", Ending.PROGRESS)
    two = replace(one, number=2, parent=1)
    first = NothingFound("first", (), refused=True, spent=False, tries=(one, two))
    second = NothingFound("second", (), refused=False, spent=False, tries=(one, two))
    whole = joined(first, second)
    assert isinstance(whole, NothingFound)
    assert [(t.number, t.parent) for t in whole.tries] == [(1, None), (2, 1), (3, None), (4, 3)]
    assert (whole.reason, whole.refused) == ("first", True)


def test_trials_of_releases_stand_in_the_tree_behind_the_tries_of_their_search() -> None:
    one = Try(1, None, "a", "why", "failure", "step", Ending.PROGRESS)
    trial = replace(one, number=0, parent=1, fixer="release put back", ending=Ending.NO_PROGRESS)
    made = Drifting(*(cast(Any, None),) * 4)
    made.trials.extend([trial, trial])
    first = made.told(NothingFound("first", (), refused=False, spent=False, tries=(one,)))
    made.trials.append(replace(trial, parent=None))
    second = made.told(NothingFound("second", (), refused=False, spent=False, tries=()))
    assert isinstance(first, NothingFound)
    told = [(t.number, t.parent, t.fixer) for t in joined(first, second).tries]
    assert told == [
        (1, None, "a"),
        (2, 1, "release put back"),
        (3, 1, "release put back"),
        (4, None, "release put back"),
    ]


def test_code_that_follows_a_known_rename_comes_before_what_holds_the_library_back() -> None:
    words = "ImportError: cannot import name 'Markup' from 'jinja2'"
    scene = context(
        "pytest",
        {"a.py": "from jinja2 import Markup\n\nx = Markup\n"},
        output=f"{FRAME}E   {words}\n",
    )
    drifting = Drifting(cast(Any, None), cast(Any, None), lambda *_: (), Silent())
    _, first = next(drifting.ideas([failed(Category.TEST_FAILURE, words)], scene))
    assert isinstance(first, Edit)
    assert "from markupsafe import Markup" in first.files["a.py"]
