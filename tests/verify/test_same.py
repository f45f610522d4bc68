"""Is it the same failure?"""

from __future__ import annotations

from regreen.model import Category, Diagnostic, JobOutcome, Reproduced, ReproducedDifferently
from regreen.verify.same import compare, still
from tests.fixers.support import failure

RED = JobOutcome((), 1.0)
LINT = Category.LINTING_ERROR
A = Diagnostic("a.py", "E1", "bad", line=1)
A_MOVED = Diagnostic("a.py", "E1", "bad", line=99)
B = Diagnostic("b.py", "E2", "worse")


def test_all_of_ci_s_diagnostics_here_is_the_same_failure_wherever_they_stand() -> None:
    assert compare([failure(LINT, "t", A)], [failure(LINT, "t", A_MOVED)], RED) == Reproduced(
        (), failure(LINT, "t", A_MOVED), RED
    )


def test_more_than_ci_saw_is_the_same_failure_with_the_rest_listed() -> None:
    result = compare([failure(LINT, "t", A)], [failure(LINT, "t", A, B)], RED)
    assert isinstance(result, Reproduced)
    assert result.extra == (B,)


def test_less_than_ci_saw_is_a_different_failure_and_says_what_is_missing() -> None:
    result = compare([failure(LINT, "t", A, B)], [failure(LINT, "t", A)], RED)
    assert isinstance(result, ReproducedDifferently)
    assert "b.py E2 worse" in result.how


def test_another_tool_or_category_is_a_different_failure() -> None:
    other = failure(Category.NETWORK_ERROR, None, A)
    result = compare([failure(LINT, "t", A)], [other], RED)
    assert isinstance(result, ReproducedDifferently)
    assert "network_error" in result.how


def test_every_failure_of_the_step_counts_not_only_the_first() -> None:
    theirs = [failure(LINT, "t", A), failure(LINT, "u", B)]
    assert isinstance(compare(theirs, theirs[:1], RED), ReproducedDifferently)
    assert isinstance(compare(theirs, theirs[::-1], RED), Reproduced)
    assert still(theirs, theirs[::-1])
    assert not still(theirs, theirs[:1])
