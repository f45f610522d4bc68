"""What a try without progress ran into is said by its first line."""

from __future__ import annotations

from dataclasses import replace

from regreen.deliver.tries import told_try
from regreen.model import Category, Diagnostic, Ending, StepOutcome, Try
from regreen.verify.stand import stuck
from tests.fixers.support import failure

WAS = failure(Category.TYPE_ERROR, "mypy", Diagnostic("a.py", "misc", "no such name", 3))
STEP = StepOutcome(0, "Types", "mypy .", "failure", 1, 1.0, "", "0" * 64)


def test_another_error_is_shown_and_the_same_one_is_not() -> None:
    still = replace(WAS, diagnostics=(Diagnostic("a.py", "misc", "no such name", 7),))
    same = stuck(WAS, STEP, [still])
    assert same == "the step 'Types' still fails (mypy, exit code 1)"
    new = Diagnostic("b.py", "arg-type", "int\nis no str", 9)
    met = stuck(WAS, STEP, [replace(still, diagnostics=(*still.diagnostics, new))])
    assert met == f"it runs into b.py:9: arg-type int is no str; {same}"
    long = replace(WAS, diagnostics=(Diagnostic(None, None, "x" * 999),))
    assert len(stuck(WAS, STEP, [long])) < 250
    tried = Try(1, None, "f", "w", "type_error", "Types", Ending.NO_PROGRESS, met)
    assert "it runs into b.py:9: arg-type int" in told_try(tried)
