"""What the sandbox saw, compared."""

from __future__ import annotations

from regreen.verify.guard.observed import Covered, changed_lines, fewer_tests, uncovered


def test_a_test_that_is_no_longer_run_is_named() -> None:
    before = ["tests/test_a.py::test_x", "tests/test_a.py::test_y"]
    assert fewer_tests(before, before) == ()
    assert fewer_tests(before, [*before, "tests/test_a.py::test_z"]) == ()
    [reason] = fewer_tests(before, before[:1])
    assert "tests/test_a.py::test_y is no longer run" in reason


def test_cases_are_counted_and_their_text_may_change() -> None:
    before = ["t.py::test_x[<a 1>]", "t.py::test_x[<a 2>]"]
    assert fewer_tests(before, ["t.py::test_x[<b 1>]", "t.py::test_x[<b 2>]"]) == ()
    [reason] = fewer_tests(before, ["t.py::test_x[<b 1>]"])
    assert "1 cases instead of 2" in reason


def test_a_test_may_go_by_another_name_that_is_known() -> None:
    assert fewer_tests(["t.py::a"], ["t.py::b"], {"t.py::a": "t.py::b"}) == ()
    assert fewer_tests(["t.py::a"], ["t.py::b"])


def test_many_missing_tests_are_said_in_a_few_words() -> None:
    reasons = fewer_tests([f"t.py::test_{n}" for n in range(50)], [])
    assert len(reasons) == 6
    assert "45 more" in reasons[-1]


def test_only_statements_that_changed_count() -> None:
    before = '"""One."""\nx = 1\n\n\ndef f():\n    return 1\n'
    after = '"""Two."""\n# new\nx = 1\n\n\ndef f():\n    y = 2\n    return 1\n'
    assert changed_lines(before, after) == (7,)
    assert changed_lines(before, before.replace("x = 1", "x  =  1")) == ()
    assert changed_lines("x = (\n", "x = 1\ny = 2\n") == (1, 2)
    assert changed_lines(before, "x = (\n") == ()


def test_changed_lines_that_no_test_reached_are_named() -> None:
    facts = {"a.py": Covered(frozenset([1, 2]), frozenset([3]))}
    assert uncovered({"a.py": [1, 3, 4], "b.py": [7]}, facts) == {"a.py": (3,), "b.py": (7,)}
    assert uncovered({"a.py": [1, 2]}, facts) == {}
