"""Users' own rules and categories."""

from __future__ import annotations

from typing import Any

import pytest

from regreen.errors import UsageError
from regreen.logs import BUILTIN, LogReader, with_own

RULE: dict[str, Any] = {
    "id": "licence-headers",
    "pattern": r"^(?P<file>\S+): no (?P<message>licence header)$",
    "triggers": ["no licence header"],
    "category": "licence_issue",
    "matches": "src/a.py: no licence header",
    "ignores": "src/a.py: licence header found",
}
CATEGORIES = {"licence_issue": {"severity": "low", "auto_fixable": "partial"}}


def own(**changes: Any) -> LogReader:
    return LogReader(with_own(BUILTIN, [RULE | changes], CATEGORIES))


def test_a_rule_of_ones_own_finds_a_failure_of_ones_own_category() -> None:
    (failure,) = own().classify("make check", None, "src/ä.py: no licence header\n", 1)
    assert (failure.category, failure.tool) == ("licence_issue", "licence-headers")
    assert (failure.severity, failure.auto_fixable) == ("low", "partial")
    assert [(d.file, d.message) for d in failure.diagnostics] == [("src/ä.py", "licence header")]


def test_a_rule_beats_what_it_says_it_beats() -> None:
    output = "src/a.py: no licence header\nsrc/b.py:1:8: F401 `os` imported but unused\n"
    tools = {failure.tool for failure in own().classify("make check", None, output, 1)}
    assert "licence-headers" in tools
    assert tools > {"licence-headers"}
    for beaten in ("lint-lines", "ruff"):
        failures = own(beats=[beaten]).classify("make check", None, output, 1)
        assert [failure.tool for failure in failures] == ["licence-headers"]


def test_a_rule_with_a_known_id_takes_that_rules_place() -> None:
    changed = own(id="black", tool="black", category="linting_error")
    assert len(changed.rule_set().rules) == len(BUILTIN.rules)
    output = "would reformat src/a.py\nOh no!\n1 file would be reformatted.\n"
    assert [f.category for f in changed.classify(None, None, output, 1)] != ["linting_error"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pattern": "(?=a)b"}, "RE2's syntax"),
        ({"pattern": "("}, "RE2's syntax"),
        ({"category": "nothing_known"}, "declare it"),
        ({"matches": "something else"}, "does not find its own example"),
        ({"ignores": "src/a.py: no licence header"}, "which it is to ignore"),
        ({"weight": "heavy"}, "hint, sign, verdict, decisive"),
        ({"confidence": 2}, "at most 1"),
        ({"triggers": []}, "triggers"),
        ({"triggers": [""]}, "triggers"),
        ({"id": "No Good"}, "id is not understood"),
        ({"severity": "grave"}, "low, medium, high, critical"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as refused:
        own(**changes)
    assert words in str(refused.value)
    assert refused.value.next_step


def test_two_rules_of_one_id_and_a_missing_key_are_refused() -> None:
    with pytest.raises(UsageError, match="two rules"):
        with_own(BUILTIN, [RULE, RULE], CATEGORIES)
    with pytest.raises(UsageError, match="no pattern"):
        with_own(BUILTIN, [{"id": "a"}], {})


@pytest.mark.parametrize(
    "categories", [{"Bad Name": {}}, {"timeout": {}}, {"mine": {"colour": "red"}}, {"mine": 3}]
)
def test_a_category_that_cannot_be_is_refused(categories: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        with_own(BUILTIN, [], categories)


def test_a_strangers_expression_takes_linear_time() -> None:
    reader = own(pattern=r"^(a|a?)+no licence header$", matches="no licence header", ignores="b")
    output = "a" * 4000 + " no licence header!\n"
    assert reader.classify("make", None, output, 1)[0].category == "unknown"
