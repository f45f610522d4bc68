"""What the sandbox saw, compared."""

from __future__ import annotations

import pytest

from regreen.verify.guard.observed import Statement, changed_statements, fewer_tests


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


def lines(before: str, after: str) -> list[int] | None:
    found = changed_statements(before, after)
    return None if found is None else [one.line for one in found]


def test_only_statements_that_changed_count() -> None:
    before = '"""One."""\nx = 1\n\n\ndef f():\n    return 1\n'
    after = '"""Two."""\n# new\nx = 1\n\n\ndef f():\n    y = 2\n    return 1\n'
    assert lines(before, after) == [7]
    assert lines(before, before.replace("x = 1", "x  =  1")) == []
    assert lines("x = (\n", "x = 1\ny = 2\n") == [1, 2]
    assert lines(before, "x = (\n") is None


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("try:\n    f()\nexcept:\n    g()\n", "try:\n    f()\nexcept OSError:\n    g()\n", [3]),
        ("match x:\n case 1:\n  f()\n", "match x:\n case 2:\n  f()\n", [2]),
        ("", "x: int\ndef f():\n    global y\n    ...\n", [2]),
        ("", "if TYPE_CHECKING:\n    import a\nelse:\n    import b\n", [1, 4]),
        ("import a\nfrom b import c, d\n", "from b import d\nfrom b import c\nimport a\n", []),
        ("import a\nfrom b import c\n", "from b import a, c\nimport a as b\n", [1, 2]),
        ("", "if t.TYPE_CHECKING:\n    if x:\n        import a\n", [1]),
    ],
)
def test_what_nothing_executes_does_not_count(before: str, after: str, changed: list[int]) -> None:
    assert lines(before, after) == changed


def test_a_statement_stands_on_the_lines_of_its_own_part() -> None:
    text = "@d\n@e\ndef f(\n    x=(\n        1\n    ),\n):\n    return (\n        x\n    )\n"
    assert changed_statements("", text) == (Statement(3, 1, 5), Statement(8, 8, 9))
