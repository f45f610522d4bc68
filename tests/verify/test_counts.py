"""Tests that passed, as real tools count them."""

from __future__ import annotations

import pytest

from regreen.verify.counts import passed, pytest_counts

PYTEST = """\
============================= test session starts ==============================
collected 7 items

=========================== short test summary info ============================
FAILED tests/test_a.py::test_x - assert 1 == 2
ERROR tests/test_a.py::test_y
==== 1 failed, 3 passed, 2 skipped, 1 deselected, 1 xfailed, 4 warnings, 1 error in 61.02s (0:01:01) ====
"""  # noqa: E501 -- a line of the tool's own


@pytest.mark.parametrize(
    ("log", "count"),
    [
        (PYTEST, 3),
        ("..F\n2 passed, 1 failed in 0.12s\n", 2),
        ("no tests ran in 0.01s\n", 0),
        ("===== 5 passed in 1.20s =====\n===== 4 passed, 1 warning in 0.10s =====\n", 9),
        ("Ran 12 tests in 0.010s\n\nOK\n", 12),
        ("Ran 12 tests in 0.010s\n\nFAILED (failures=2, errors=1, skipped=3)\n", 6),
        ("Ran 5 tests in 0.1s\n\nPASSED (successes=5)\n", 5),
        (" - Passed: 41\n - Skipped: 2\n", 41),
        ("3 features passed, 0 failed\n8 scenarios passed, 1 failed, 0 skipped\n", 8),
        ("60% tests passed, 2 tests failed out of 5\n", 3),
        ("All checks passed!\nFound 3 errors.\n", 0),
        ("1 file would be reformatted, 3 files would be left unchanged.\n", 0),
    ],
)
def test_tools_are_read(log: str, count: int) -> None:
    assert passed(log) == count


def test_all_of_pytest_s_words_are_kept() -> None:
    (counts,) = pytest_counts(PYTEST)
    assert counts == {
        "failed": 1, "passed": 3, "skipped": 2, "deselected": 1, "xfailed": 1, "warnings": 4,
        "errors": 1,
    }  # fmt: skip
