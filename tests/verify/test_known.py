"""Which failures are the sandbox's own: the parent shows them too, and CI's log does not."""

from __future__ import annotations

import pytest

from regreen.logs import classify
from regreen.model import Failure
from regreen.verify.known import excused, left_out


def failing(*tests: str, more: str = "") -> tuple[Failure, ...]:
    """Return how a real run of pytest is read in which these tests fail."""
    lines = [f"FAILED {test} - assert 1 == 2" for test in tests]
    log = "\n".join(
        (
            "============= test session starts =============",
            "=========== short test summary info ===========",
            *lines,
            f"========= {len(tests)} failed, 3 passed in 0.10s =========",
            more,
        )
    )
    return classify("pytest", "Run pytest", log, 1)


A, B, NET = "tests/test_a.py::test_a", "tests/test_b.py::test_b", "tests/test_net.py::test_get[x y]"


def test_tests_that_the_parent_fails_too_are_excused_by_name() -> None:
    assert excused(failing(NET), failing(NET, B), failing(A)) == (NET,)


@pytest.mark.parametrize(
    ("left", "parents", "expected"),
    [
        (failing(NET, B), failing(NET), failing(A)),
        (failing(NET), failing(NET), failing(A, NET)),
        (failing(NET), (), failing(A)),
        (failing(NET), failing(NET), ()),
    ],
    ids=["one more", "in CI's log", "a green parent", "no log"],
)
def test_anything_else_excuses_nothing(
    left: tuple[Failure, ...], parents: tuple[Failure, ...], expected: tuple[Failure, ...]
) -> None:
    assert excused(left, parents, expected) == ()


def test_a_file_that_cannot_be_collected_is_no_test() -> None:
    log = (
        "============ short test summary info ============\n"
        "ERROR tests/test_net.py - RuntimeError: no network\n"
        "=============== 1 error in 0.10s ===============\n"
    )
    broken = classify("pytest", "Run pytest", log, 2)
    assert broken[0].tool == "pytest"
    assert excused(broken, broken, failing(A)) == ()


def test_another_tool_s_failure_beside_them_counts() -> None:
    flake8 = classify("flake8", "Lint", "a.py:1:1: F401 'os' imported but unused\n", 1)
    assert excused((*failing(NET), *flake8), failing(NET), failing(A)) == ()
    assert excused((*failing(NET), *flake8), (*failing(NET), *flake8), failing(A)) == (NET,)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("1 failed, 3 passed in 1.0s", "3 passed, 1 deselected in 1.0s", True),
        ("1 failed, 3 passed in 1.0s", "3 passed in 1.0s", True),
        ("1 failed, 3 passed in 1.0s", "2 passed, 2 deselected in 1.0s", False),
        ("1 failed, 3 passed in 1.0s", "3 passed, 1 skipped in 1.0s", False),
        ("2 failed, 3 passed in 1.0s", "3 passed, 2 deselected in 1.0s", False),
        ("1 failed, 3 passed in 1.0s", "", False),
    ],
)
def test_leaving_them_out_must_leave_out_nothing_else(before: str, after: str, said: bool) -> None:
    assert left_out(f"==== {before} ====\n", f"==== {after} ====\n", (NET,)) is said
