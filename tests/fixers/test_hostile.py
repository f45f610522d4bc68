"""What a stranger's files and settings may hold: a fixer has nothing to say, and does not fail."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from regreen.errors import UsageError
from regreen.fixers import propose
from regreen.fixers.actions import own_actions
from regreen.fixers.building import contents, flat_layout, prose, system_packages
from regreen.fixers.configuration import executable_bits, misspelt
from regreen.fixers.lint import targets
from regreen.fixers.syntax.faults import fault_of, named_in_output
from regreen.fixers.syntax.repair import repairs
from regreen.fixers.types import pythons
from regreen.model import Category, Diagnostic, Edit
from regreen.scene import Place
from tests.fixers.support import context, failure

DEEP = f"a = {'[' * 3000}{']' * 3000}\n"
ODD = (
    DEEP,
    "tool = 1\nproject = [1]\nbuild-system = 2\n",
    'tool = [1]\nproject = "x"\n',
    "[tool]\npoetry = []\nsetuptools = [1]\nhatch = 3\n[project]\nreadme = [1]\n",
    "[tool.poetry]\ndependencies = 1\n[tool.setuptools]\npackage-data = 1\n",
    "[tool.hatch]\nbuild = []\n[tool.setuptools.package-data]\nshop = 1\n",
)
LINT = failure(Category.LINTING_ERROR, "black", Diagnostic("a.py", None, "would reformat"))
BUILD = failure(Category.BUILD_ERROR, "setuptools")
PLACE = Place(".github/workflows/ci.yml", "t", 0, 1)
FLAT = "error: Multiple top-level packages discovered in a flat-layout: ['shop', 'data']."
SAID = (
    f"{FLAT}\nNo such file or directory: '/x/site-packages/shop/a.json'\n"
    "Readme file does not exist: README\nUnable to determine which files to ship inside the wheel\n"
)


@pytest.mark.parametrize("text", ODD)
def test_tables_that_are_none(text: str) -> None:
    files = {"pyproject.toml": text, "shop/__init__.py": "", "shop/a.json": "", "README.md": ""}
    scene = context("pip install .", files, output=SAID)
    for fixer in (flat_layout, contents):
        for idea in fixer.propose(BUILD, scene):
            assert isinstance(idea, Edit)
    assert pythons.oldest(scene, "shop/__init__.py")


@pytest.mark.parametrize(
    ("script", "path", "text"),
    [
        ("poe lint", "pyproject.toml", DEEP),
        ("npm run lint", "package.json", "[" * 100_000),
        ("nox -s lint", "noxfile.py", f"x{'.a' * 20_000}\n"),
        ("nox -s lint", "noxfile.py", f"x = {'(' * 3000}{')' * 3000}\n"),
    ],
)
def test_settings_that_are_nested_too_deeply(script: str, path: str, text: str) -> None:
    assert not list(targets.propose(LINT, context(script, {path: text, "a.py": ""})))


@pytest.mark.parametrize("word", ["a" * 400_000, "a/" * 200_000, "/" * 400_000, "a." * 200_000])
def test_words_that_are_very_long_take_no_time_to_speak_of(word: str) -> None:
    """Each letter is looked at a few times, not once for every other: that would take hours."""
    said = f"{word}\n{word}.py:1: error\n{word}: Permission denied\n{word}.h: no\n"
    scene = replace(context("make", {"a.py": "x\n"}, output=said), place=PLACE)
    for fixer in (prose, system_packages, executable_bits, misspelt):
        assert not list(fixer.propose(BUILD, scene))
    assert not list(named_in_output(scene))


def test_brackets_that_are_all_left_open_are_not_all_tried() -> None:
    """Each of them in each of its lines, and every outcome parsed: that would take an hour."""
    text = "f(\n" * 6000
    fault = fault_of(text)
    assert fault is not None
    assert not list(repairs(text, fault))


@pytest.mark.parametrize("junk", [None, 7, [None], ["rm -rf"], [{}]])
def test_what_is_no_idea_is_told_and_left_out(junk: Any) -> None:
    fixer: Any = SimpleNamespace(ID="junk", DOCS="", propose=lambda *_: junk)
    told: list[str] = []
    assert not list(propose(fixer, LINT, context("make", {}), told.append))
    assert "the fixer junk fails: TypeError" in told[0]


def test_an_action_cannot_pose_as_a_fixer_of_regreen_s() -> None:
    table = {"name": "black", "tools": ["black"], "command": "true"}
    with pytest.raises(UsageError, match="regreen's own"):
        own_actions([table])
