"""Requirements that exclude each other: either one moves, as little as possible."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regreen.fixers.dependencies import conflicts, unavailable
from regreen.fixers.dependencies.demands import demands
from regreen.model import Category, Edit
from tests.fixers.indexes import NOW, Known, Memory
from tests.fixers.support import context, failure

PIP = """\
ERROR: Cannot install -r requirements.txt (line 1) and click==6.7 because these package versions \
have conflicting dependencies.

The conflict is caused by:
    The user requested click==6.7
    flask 2.0.0 depends on click>=7.1.2

To fix this you could try to:
ERROR: ResolutionImpossible: for help visit
"""
UV = """\
  x No solution found when resolving dependencies:
  ╰─▶ Because flask==2.0.0 depends on click>=7.1.2 and you require flask==2.0.0, we can
      conclude that you require click>=7.1.2.
      And because you require click==6.7, we can conclude that your requirements are
      unsatisfiable.
"""
POETRY = """\
Because app depends on flask (2.0.0) which depends on click (>=7.1.2), click is required.
So, because flask (2.0.0) depends on click (>=7.1.2) and app depends on click (6.7), version \
solving failed.
"""
INDEX = Memory(
    {
        "click": Known({v: frozenset() for v in ("6.7", "7.0", "7.1.2", "8.0", "8.1")}),
        "flask": Known(
            {v: frozenset() for v in ("0.12", "1.0", "1.1", "2.0.0", "2.1")},
            requires={
                "0.12": ("click>=2",),
                "1.0": ("click>=5.1",),
                "1.1": ("click>=5.1",),
                "2.0.0": ("click>=7.1.2",),
                "2.1": ("click>=8",),
            },
        ),
    }
)


def edits(output: str, files: dict[str, str], command: str) -> list[dict[str, str]]:
    scene = context(command, files, output=output, installs=(command,))
    failed = failure(Category.DEPENDENCY_ISSUE, "pip")
    ideas = conflicts.propose(failed, replace(scene, index=INDEX, as_of=NOW))
    return [dict(idea.files) for idea in ideas if isinstance(idea, Edit)]


@pytest.mark.parametrize("output", [PIP, UV, POETRY])
def test_every_resolver_s_words_are_understood(output: str) -> None:
    found = {(d.who, d.name, str(d.spec)) for d in demands(output)}
    assert ("flask", "click", ">=7.1.2") in found


@pytest.mark.parametrize("output", [PIP, UV])
def test_either_pin_moves_to_the_nearest_release_that_fits(output: str) -> None:
    files = {"requirements.txt": "flask==2.0.0\nclick==6.7\n"}
    assert edits(output, files, "pip install -r requirements.txt") == [
        {"requirements.txt": "flask==2.0.0\nclick==7.1.2\n"},
        {"requirements.txt": "flask==1.1\nclick==6.7\n"},
    ]


def test_a_bound_moves_and_the_other_bounds_stay() -> None:
    files = {"requirements.txt": "flask==2.0.0\nclick>=5,<7.1\n"}
    output = PIP.replace("click==6.7", "click>=5,<7.1")
    first, *_ = edits(output, files, "pip install -r requirements.txt")
    assert first == {"requirements.txt": "flask==2.0.0\nclick>=5,<8\n"}


def test_without_a_conflict_nothing_moves() -> None:
    files = {"requirements.txt": "flask==2.0.0\nclick==6.7\n"}
    assert edits("all is well", files, "pip install -r requirements.txt") == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("click==7.0.1\n", "click==7.0\n"),
        ("click>=9\n", "click>=8.1\n"),
        ("click>=9,!=8.0.1\n", "click>=8.1,!=8.0.1\n"),
        ("click>=7\n", None),
    ],
)
def test_what_no_release_meets_moves_to_the_nearest_that_is_there(
    before: str, after: str | None
) -> None:
    output = f"ERROR: No matching distribution found for {before}"
    command = "pip install -r requirements.txt"
    scene = context(command, {"requirements.txt": before}, output=output, installs=(command,))
    failed = failure(Category.DEPENDENCY_ISSUE, "pip")
    ideas = unavailable.propose(failed, replace(scene, index=INDEX, as_of=NOW))
    found = [dict(idea.files) for idea in ideas if isinstance(idea, Edit)]
    assert found == ([{"requirements.txt": after}] if after else [])


def test_a_table_of_poetry_s_keeps_its_caret() -> None:
    text = '[tool.poetry.dependencies]\nclick = "^9.0"\n'
    output = "Because app depends on click (^9.0) which doesn't match any versions"
    scene = context("poetry install", {"pyproject.toml": text}, output=output)
    scene = replace(scene, index=INDEX, as_of=NOW, installs=("poetry install",))
    [idea] = unavailable.propose(failure(Category.DEPENDENCY_ISSUE, "poetry"), scene)
    assert isinstance(idea, Edit)
    assert 'click = "^8.1"' in idea.files["pyproject.toml"]
