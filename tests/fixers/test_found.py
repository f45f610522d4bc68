"""Fixers are found by entry points, and none of them can end a search."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from regreen.deliver import Story, Summary
from regreen.deliver.evidence import search_json
from regreen.deliver.report import search_report
from regreen.experience import Experience
from regreen.fixers import found, propose
from regreen.fixers.found import GROUP
from regreen.fixers.order import BUILT_IN
from regreen.model import Advice, Category, Idea, Probe
from regreen.report import Silent
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


def test_users_fixers_follow_by_name_and_broken_ones_are_told(plugin: None, tmp_path: Path) -> None:
    own = point("regreen", "regreen.fixers.order:BUILT_IN")
    points = [point("z", "broken_fixers"), point("b", "mine_fixers:both"), own]
    fixers, broken = found([*points, point("c", "mine_fixers:ID"), point("a", "mine_fixers")])
    assert [fixer.ID for fixer in fixers[len(BUILT_IN) :]] == ["mine", "mine", "mine"]
    assert [(one.name, one.reason) for one in broken] == [
        ("c = mine_fixers:ID", "TypeError: 'mine' has no ID"),
        ("z = broken_fixers", f"RuntimeError: not today ({tmp_path.name}/broken_fixers.py:1)"),
    ]


def test_a_fixer_that_fails_keeps_the_ideas_it_had(plugin: None, tmp_path: Path) -> None:
    told: list[str] = []
    (fixer,), _ = found([point("a", "mine_fixers")])
    ideas = list(propose(fixer, SAID, context("", {}), told.append))
    assert ideas == [Advice("see")]
    place = f"{tmp_path.name}/mine_fixers.py:6"
    assert told == [f"the fixer mine fails: ValueError: no more ({place})"]


def test_one_that_fails_on_what_a_probe_printed_is_told_with_the_place(tmp_path: Path) -> None:
    told: list[str] = []

    def read(said: str) -> Iterator[Idea]:
        yield Advice(said)
        raise KeyError("no such")

    probe = Probe("asks", "", "true", read)
    fixer = ModuleType("asks")
    fixer.ID, fixer.DOCS, fixer.propose = "asks", "", lambda *_: [probe]  # type: ignore[attr-defined]
    [made] = propose(fixer, SAID, context("", {}), told.append)
    assert isinstance(made, Probe)
    assert list(made.read("x")) == [Advice("x")]
    [words] = told
    assert words.startswith("the fixer asks fails: KeyError: 'no such' (fixers/test_found.py:")


class Listening(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


def test_users_fixers_and_actions_that_were_asked_are_named(
    plugin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes one sees that it was asked, in the live view and in the evidence."""
    quiet = ModuleType("quiet")
    quiet.ID, quiet.DOCS, quiet.propose = "quiet", "", lambda *_: []  # type: ignore[attr-defined]
    points = [point("regreen", "regreen.fixers.order:BUILT_IN"), point("a", "mine_fixers")]
    fixers, broken = found([*points, point("z", "broken_fixers")])
    monkeypatch.setattr("regreen.fixers.found", lambda: ((*fixers, quiet), broken))
    action = {"name": "never", "command": "true", "match": "no such words"}
    told = Listening()
    experience = Experience(actions=(action,))
    ask = experience.ideas(told)
    for _ in range(2):
        assert Advice("see") in [idea for _, idea in ask([SAID], context("", {}))]
    asked = {one.fixer: one for one in experience.heard.all()}
    assert list(asked) == ["z = broken_fixers", "mine", "quiet", "never"]
    assert [one.ideas for one in asked.values()] == [0, 2, 0, 0]
    assert asked["never"].words == asked["quiet"].words == "asked, no idea"
    assert "mine_fixers.py:6" in asked["mine"].problem
    assert "broken_fixers.py:1" in asked["z = broken_fixers"].problem
    assert told.said.count("quiet: asked, no idea") == 1
    report = search_report(Summary("no-fix", 1.0), Story({}, asked=experience.heard.all()))
    assert "quiet`: asked, no idea" in report
    assert "broken_fixers.py:1" in report.replace("\\", "")
    kept = search_json(Summary("no-fix", 1.0), "0" * 40, Story({}, asked=experience.heard.all()))
    assert {"fixer": "quiet", "ideas": 0, "problem": ""} in kept["asked"]


def test_what_a_fixer_says_is_passed_on() -> None:
    fixer = ModuleType("quiet")
    idea: Idea = Advice("see to it")
    fixer.ID, fixer.DOCS, fixer.propose = "quiet", "", lambda *_: [idea]  # type: ignore[attr-defined]
    assert list(propose(fixer, SAID, context("", {}), pytest.fail)) == [idea]
