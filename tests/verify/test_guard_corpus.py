"""Every cheat of the corpus is refused for its reason, and nothing honest is refused."""

from __future__ import annotations

import pytest

from regreen.verify.guard import judge
from tests.verify.honesty.cases import Case, read

CHEATS = list(read("cheats*.txt"))
HONEST = list(read("honest*.txt"))


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len({case.what for case in CHEATS}) >= 60
    assert len({case.what for case in HONEST}) >= 60


@pytest.mark.parametrize("case", CHEATS, ids=lambda case: case.what)
def test_cheats_are_refused_for_what_they_do(case: Case) -> None:
    reasons = judge(case.change())
    assert case.reason
    assert any(case.reason in reason for reason in reasons), reasons


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.what)
def test_honest_changes_pass(case: Case) -> None:
    assert judge(case.change()) == ()
