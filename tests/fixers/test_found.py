"""Fixers are found by entry points, and none of them can end a search."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from regreen.fixers import found, propose
from regreen.fixers.found import GROUP
from regreen.fixers.order import BUILT_IN
from regreen.model import Advice, Category, Idea
from tests.fixers.support import context, failure

SAID = failure(Category.UNKNOWN, None)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "mine_fixers.py").write_text(
        "ID = 'mine'\nDOCS = 'https://localhost/'\n"
        "from regreen.model import Advice\n"
        "def propose(failure, scene):\n    yield Advice('see')\n    raise ValueError('no more')\n"
        "both = (__import__('sys').modules[__name__],) * 2\n"
    )
    (tmp_path / "broken_fixers.py").write_text("raise RuntimeError('not today')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("mine_fixers", "broken_fixers"):
        sys.modules.pop(name, None)


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_regreens_own_come_first_and_are_installed_so() -> None:
    fixers, broken = found()
    assert fixers[: len(BUILT_IN)] == BUILT_IN
    assert broken == ()


def test_users_fixers_follow_by_name_and_broken_ones_are_told(plugin: None) -> None:
    own = point("regreen", "regreen.fixers.order:BUILT_IN")
    points = [point("z", "broken_fixers"), point("b", "mine_fixers:both"), own]
    fixers, broken = found([*points, point("c", "mine_fixers:ID"), point("a", "mine_fixers")])
    assert [fixer.ID for fixer in fixers[len(BUILT_IN) :]] == ["mine", "mine", "mine"]
    assert [(one.name, one.reason) for one in broken] == [
        ("c = mine_fixers:ID", "TypeError: 'mine' has no ID"),
        ("z = broken_fixers", "RuntimeError: not today"),
    ]


def test_a_fixer_that_fails_keeps_the_ideas_it_had(plugin: None) -> None:
    told: list[str] = []
    (fixer,), _ = found([point("a", "mine_fixers")])
    ideas = list(propose(fixer, SAID, context("", {}), told.append))
    assert ideas == [Advice("see")]
    assert told == ["the fixer mine fails: ValueError: no more"]


def test_what_a_fixer_says_is_passed_on() -> None:
    fixer = ModuleType("quiet")
    idea: Idea = Advice("see to it")
    fixer.ID, fixer.DOCS, fixer.propose = "quiet", "", lambda *_: [idea]  # type: ignore[attr-defined]
    assert list(propose(fixer, SAID, context("", {}), pytest.fail)) == [idea]
