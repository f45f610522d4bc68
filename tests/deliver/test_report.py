"""The report: what a person reads beside the patch, whatever a stranger wrote into it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from regreen.deliver import Story, Summary
from regreen.deliver.report import patch_report, search_report
from regreen.deliver.report_blocks import fenced
from regreen.model import (
    Advice,
    Compared,
    Coverage,
    Culprit,
    Ending,
    Evidence,
    Fared,
    FlakyTest,
    Severity,
    Try,
)
from tests.deliver.test_evidence import ABOUT, FAILED, TRIES, verified

HOSTILE = (
    "``` \n# forged\n~~~\n<img src=x onerror=alert(1)>\n[x](javascript:y) @octocat #1 \x1b[2J ````"
)


PARTLY = Coverage(4, 3, {"src/a.py": (41,)}, ("unit",))


def story(**more: Any) -> Story:
    given: dict[str, Any] = {"about": ABOUT, "failures": (FAILED,), "tries": TRIES}
    return Story(**given | more)


def outside(text: str) -> str:
    """Return what of a page is neither in a fenced block nor in a code span."""
    kept, fence = [], ""
    for line in text.split("\n"):
        mark = re.match(r"`{3,}|~{3,}", line)
        if fence:
            if re.fullmatch(rf"{fence[0]}{{{len(fence)},}}\s*", line):
                fence = ""
        elif mark:
            fence = mark[0]
        else:
            kept.append(re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line))
    assert not fence
    return "\n".join(kept)


def test_it_says_before_after_the_change_why_how_sure_and_what_to_review() -> None:
    proven = verified(
        vouched=(Compared("unit", "ci.yml", Fared.GREEN, vouches=True),),
        siblings=(Compared("lint (3.12)", "ci.yml", Fared.NO_REDDER, reason="as before"),),
        severity_reason="it changes code",
    )
    text = patch_report(replace(proven, severity=Severity.HIGH), story())
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert headings == [
        "A patch that turns the job green", "Before", "After", "The change", "Why", "How sure",
        "What to review", "What was tried", "Check and apply it",
    ]  # fmt: skip
    assert re.search(r"Red in (\d) of \1 fresh", text)
    assert "as of 2024-05-01" in text
    assert "Test job `unit`: green, its tests vouch" in text
    assert "Other combination `lint (3.12): no-redder`" in text
    assert "read every line" in text
    assert "it changes code" in text
    assert "**Plausible, review:** look" in text
    assert "- 2 after 1, `black`: **green**" in text
    assert "regreen verify regreen.patch --evidence evidence.json" in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"today": False}, "index the patched job is red"),
        ({"complete": False, "excluded": ("Upload: publishes",)}, "The proof is partial"),
        ({"excused": ("t.py::x",)}, "Still red, as at the commit's parent"),
        ({"refused": "line 3", "before": ()}, "GitHub starts no job: line 3"),
        ({"coverage": PARTLY}, "Changed lines reached by the tests of unit: 3 of 4."),
        ({"coverage": PARTLY}, "**No test reaches** `src/a.py:41`."),
        ({"coverage": Coverage(4, reason="unit: no time")}, "not be measured: unit: no time."),
    ],
)
def test_what_limits_the_proof_is_said(given: dict[str, Any], words: str) -> None:
    assert words in patch_report(verified(**given), story())


def test_nothing_that_a_stranger_wrote_leaves_its_place() -> None:
    seen = Coverage(1, 0, {HOSTILE: (1,)}, (HOSTILE,), HOSTILE)
    proven = verified(excluded=(HOSTILE,), severity_reason=HOSTILE, coverage=seen)
    patch = replace(
        proven.patch, diff=f"+{HOSTILE}".encode(), fixers=(HOSTILE,), why=(HOSTILE,),
        files=(HOSTILE,), review=(HOSTILE,),
    )  # fmt: skip
    failed = replace(FAILED, step=HOSTILE, tool=HOSTILE, evidence=(Evidence(1, HOSTILE),))
    tries = (Try(1, None, HOSTILE, HOSTILE, HOSTILE, HOSTILE, Ending.FAILED, HOSTILE),)
    about = {**ABOUT, "job": HOSTILE, "matrix": {HOSTILE: HOSTILE}, "run": {"url": HOSTILE}}
    told = story(about=about, failures=(failed,), tries=tries)
    ended = Summary(
        "no-fix", 1.0, reason=HOSTILE, next=HOSTILE,
        advice=(Advice(HOSTILE, change=HOSTILE),), culprit=Culprit("change", HOSTILE, HOSTILE),
    )  # fmt: skip
    for text in (patch_report(replace(proven, patch=patch), told), search_report(ended, told)):
        assert text.isprintable() or {c for c in text if not c.isprintable()} == {"\n"}
        page = outside(text)
        assert "# forged" not in page
        assert "<img" not in page
        assert not re.search(r"(?<!\\)\]\(", page)
        assert "@octocat" not in page
        assert "#1 " not in page


def test_what_is_long_is_shortened() -> None:
    proven = verified()
    patch = replace(proven.patch, diff=b"+line\n" * 10_000 + b"+" + b"x" * 100_000)
    tries = tuple(replace(TRIES[0], number=n) for n in range(1000))
    text = patch_report(replace(proven, patch=patch), story(tries=tries))
    assert "more lines]" in text
    assert "and 900 more" in text
    assert len(text) < 20_000


def test_a_block_ends_where_it_is_to_end() -> None:
    assert fenced("") == []
    assert fenced("a\n````\nb")[0] == "`````"
    assert fenced("a\tb")[1] == "a   b"


def test_a_search_without_a_patch_says_what_a_person_can_do() -> None:
    ended = Summary(
        "advice", 1.0, reason="it needs a right", next="do it",
        advice=(Advice("give it the right", change="permissions:\n  contents: read\n"),),
        culprit=Culprit("release", "markupsafe 2.1 came"),
    )  # fmt: skip
    text = search_report(ended, story())
    assert "# No patch: advice" in text
    assert "permissions:\n  contents: read\n```" in text
    assert "markupsafe 2\\.1 came" in text


def test_tests_that_come_and_go_are_named() -> None:
    tests = (FlakyTest("t.py::test_a", 1, 4, "order"),)
    text = search_report(Summary("flaky", 1.0, flaky=tests), story())
    assert "## Tests that come and go" in text
    assert "`t.py::test_a`: failed 1 of 4 times; order makes the difference" in text
