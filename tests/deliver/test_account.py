"""A failure in plain words: right in number, never longer than promised, never a guess."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.deliver.account import LONGEST, account
from regreen.logs import analyze
from regreen.model import (
    AutoFixable,
    Category,
    Diagnostic,
    Evidence,
    Failure,
    Severity,
    Signature,
)
from tests.logs.hosted import Ran, log

YES, PARTIAL, NO = AutoFixable.YES, AutoFixable.PARTIAL, AutoFixable.NO


def failed(
    category: str,
    tool: str | None,
    *found: Diagnostic,
    fixable: AutoFixable = NO,
    proof: tuple[str, ...] = (),
) -> Failure:
    evidence = tuple(Evidence(n, text) for n, text in enumerate(proof, start=1))
    signature = Signature(category, tool, frozenset(d.key for d in found))
    return Failure(
        category, Severity.LOW, 0.9, fixable, "Lint", "x", 1, tool, found, evidence, signature
    )


def unused(file: str, line: int = 1) -> Diagnostic:
    return Diagnostic(file, "F401", "`os` imported but unused", line, 8)


LINT = Category.LINTING_ERROR
TESTS = Category.TEST_FAILURE


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            failed(LINT, "ruff", unused("a.py", 3), fixable=YES),
            ("ruff found 1 unused import in a.py:3: `os` imported but unused. "
            "It can remove it itself."),
        ),
        (
            failed(LINT, "ruff", unused("a.py"), unused("a.py", 2), unused("b.py"), fixable=YES),
            "ruff found 3 unused imports in 2 files, first a.py:1. It can remove them itself.",
        ),
        (
            failed(LINT, "flake8", unused("a.py"), unused("a.py", 2), fixable=PARTIAL),
            ("flake8 found 2 unused imports in 1 file, a.py:1. "
            "regreen can try to mend some of them."),
        ),
        (
            failed(
                LINT, "ruff", unused("a.py"), unused("b.py"), Diagnostic("b.py", "E501", "x", 2),
                Diagnostic("b.py", "ZZZ9", "x", 2), fixable=PARTIAL,
            ),
            ("ruff found 4 problems in 2 files, first a.py:1: 2 unused imports, 1 line that is "
            "too long and 1 other. regreen can try to mend some of them."),
        ),
        (
            failed(LINT, "x", Diagnostic("a.py", "Z1", "m"), Diagnostic("a.py", "Z1", "n")),
            "x found 2 problems (Z1) in 1 file, a.py. That needs a person.",
        ),
        (
            failed(LINT, "black", Diagnostic("a.py", None, "would reformat"), fixable=YES),
            "black would reformat a.py. It can do that itself.",
        ),
        (
            failed(
                LINT, "isort", Diagnostic("a.py", None, "x"), Diagnostic("b.py", None, "x"),
                fixable=YES,
            ),
            "isort would sort the imports of 2 files, first a.py. It can do that itself.",
        ),
        (
            failed(Category.TYPE_ERROR, "mypy", Diagnostic("a.py", "misc", "Bad thing.", 7)),
            "mypy found 1 type error (misc) in a.py:7: Bad thing. regreen can try to mend it.",
        ),
        (
            failed(
                TESTS, "pytest", Diagnostic("tests/test_a.py", None, "test_b"),
                Diagnostic("tests/test_a.py", None, "test_c"),
                proof=(
                    "FAILED tests/test_a.py::test_b - AssertionError: assert 1 == 2",
                    "=== 2 failed, 118 passed, 3 skipped in 3.85s ===",
                ),
            ),
            ("pytest: 2 of 120 tests failed, first tests/test_a.py::test_b: AssertionError: "
            "assert 1 == 2. That needs a person."),
        ),
        (
            failed(
                TESTS, "pytest", Diagnostic("t.py", None, "test_b"),
                proof=("1 failed, 1 error in 0.1s",),
            ),
            "pytest: 2 of 2 tests failed, first t.py::test_b. That needs a person.",
        ),
        (
            failed(TESTS, "unittest", Diagnostic(None, "FAIL", "pkg.Test.test_b")),
            "unittest: 1 failure, namely pkg.Test.test_b. That needs a person.",
        ),
        (
            failed(
                Category.DEPENDENCY_ISSUE, "python",
                Diagnostic(None, "pandas", "No module named 'pandas'"),
                Diagnostic(None, "numpy", "No module named 'numpy'"), fixable=PARTIAL,
            ),
            "Python could not import pandas (and 1 more). regreen can try to mend some of them.",
        ),
        (
            failed(
                Category.DEPENDENCY_ISSUE, "pip",
                Diagnostic(None, "foo", "No matching distribution found for foo==9.9"),
                fixable=PARTIAL,
            ),
            "pip found no release of foo==9.9 that fits. regreen can try to mend it.",
        ),
        (
            failed(
                Category.TIMEOUT, None, Diagnostic(None, None, "the runner cancelled the step"),
                fixable=YES,
            ),
            "The runner cancelled the step. A new run may pass.",
        ),
        (
            failed(
                Category.RESOURCE_EXHAUSTION, None, Diagnostic(None, None, "No space left"),
                fixable=PARTIAL,
            ),
            "Memory or disk ran out: No space left.",
        ),
        (
            failed(Category.UNKNOWN, None, proof=("make: *** [all] Error 1", "bye")),
            "regreen has no rule for what the log says; its last words are “bye”.",
        ),
        (failed(Category.UNKNOWN, None), "The log says nothing of why the step failed."),
        (
            failed("licence_issue", "reuse", Diagnostic(None, None, "no licence"), fixable=YES),
            "reuse failed: no licence. regreen can try to mend it.",
        ),
    ],
)  # fmt: skip
def test_the_account_says_what_the_failure_holds(given: Failure, told: str) -> None:
    assert account(given) == told


@pytest.mark.parametrize(
    ("message", "line", "quoted"),
    [
        (
            "The action 'Test' has timed out after <time>.",
            "##[error]The action 'Test' has timed out after 360 minutes.",
            "The action 'Test' has timed out after 360 minutes",
        ),
        (
            "denied at unix://docker.sock: no",
            "[2024-05-01T12:00:00Z] [build-stdout] denied at unix:///var/run/docker.sock: no",
            "denied at unix:///var/run/docker.sock: no",
        ),
        ("find version `<hash>`", f"Unable to find version `{'ab' * 20}`", "find version `abab"),
        ("[ERROR] ##[error]Error: it is bad", "x", "it is bad"),
        ("took <time> and broke", "something else", "took … and broke"),
        ("Not accessible by integration',.", "x", "Not accessible by integration"),
        ("No space left on device)", "x", "No space left on device"),
        ('no permission","status":"DENIED"***', "x", "no permission"),
    ],
)  # fmt: skip
def test_the_log_s_own_words_are_quoted(message: str, line: str, quoted: str) -> None:
    given = failed(
        Category.CONFIGURATION_ERROR, None, Diagnostic(None, None, message), proof=(line,)
    )
    assert f"A setting is wrong: {quoted}" in account(given)
    unknown = failed(Category.UNKNOWN, None, Diagnostic(None, None, message), proof=(line,))
    assert f"its last words are “{quoted}" in account(unknown)


@pytest.mark.parametrize(
    ("found", "proof", "told"),
    [
        (Diagnostic(None, None, "failed"), "failed", "x reports failing tests."),
        (Diagnostic(None, None, "Errors 1 error"), "Errors  1 error", "x reports failing tests."),
        (
            Diagnostic(None, None, "Output differs from the reference"),
            "Output differs from the reference",
            "x reports failing tests: Output differs from the reference.",
        ),
        (
            Diagnostic("tests/a.t", None, "diff --git"), "diff --git a/tests/a.t b/tests/a.t",
            "x: 1 failure, namely tests/a.t.",
        ),
        (
            Diagnostic(None, None, "coverage below 80%"), "TOTAL 60%",
            "Test coverage is below the required 80%.",
        ),
        (
            Diagnostic(None, None, "coverage (72.8%) is below the required 90%. Failing"), "z",
            "Test coverage (72.8%) is below the required 90%.",
        ),
        (
            Diagnostic(None, None, "206 scenarios (1 failed, 205 passed)"),
            "206 scenarios (1 failed, 205 passed)",
            "x: 1 of 206 tests failed.",
        ),
    ],
)  # fmt: skip
def test_what_names_no_test_is_not_told_as_one(found: Diagnostic, proof: str, told: str) -> None:
    given = failed(TESTS, "x", found, proof=(proof,))
    assert account(given) == f"{told} That needs a person."


def test_words_that_only_say_that_it_failed_are_not_quoted() -> None:
    message = Diagnostic(None, None, "BUILD FAILED in 1m <time>")
    given = failed(Category.BUILD_ERROR, "maven", message, proof=("BUILD FAILED in 1m 20s",))
    assert account(given) == "maven could not build. That needs a person."


def test_what_failed_beside_it_is_named_once() -> None:
    cause = failed(LINT, "black", Diagnostic("a.py", None, "would reformat"), fixable=YES)
    beside = failed(Category.TYPE_ERROR, "mypy")
    assert account(cause, (beside, beside, cause)).endswith(
        "It can do that itself. The same step also failed otherwise: mypy."
    )


def test_what_does_not_fit_is_left_out_by_the_sentence() -> None:
    file, name = f"tests/{'x' * 200}.py", "y" * 200
    proof = (f"FAILED {file}::{name} - {'z' * 200}", "1 failed, 1 passed in 1s")
    cause = failed(TESTS, "pytest", Diagnostic(file, None, name), proof=proof)
    told = account(cause, (failed(Category.TYPE_ERROR, "t" * 200),) * 3)
    assert len(told) <= LONGEST
    assert told.startswith("pytest: 1 of 2 tests failed, namely tests/xxx")
    assert told.endswith("That needs a person.")


@pytest.mark.parametrize("category", list(Category))
@pytest.mark.parametrize("fixable", list(AutoFixable))
def test_every_category_has_words(category: Category, fixable: AutoFixable) -> None:
    for tool in (None, "sometool"):
        told = account(failed(category, tool, fixable=fixable))
        assert told.endswith(".")
        assert "None" not in told
        if fixable is NO:
            assert "itself" not in told
            assert "regreen can" not in told


def test_two_contradicting_totals_are_not_told() -> None:
    proof = ("1 failed, 2 passed in 1.0s", "1 failed, 9 passed in 1.0s")
    told = account(failed(TESTS, "pytest", Diagnostic("a.py", None, "test_b"), proof=proof))
    assert told.startswith("pytest: 1 failure, namely a.py::test_b")


texts = st.text(st.characters(exclude_categories=()), max_size=400)
diagnostics = st.builds(
    Diagnostic,
    st.none() | texts,
    st.none() | texts | st.just("F401"),
    texts,
    st.none() | st.integers(0, 10**9),
)
failures = st.builds(
    lambda category, tool, found, fixable, proof: failed(
        category, tool, *found, fixable=fixable, proof=tuple(proof)
    ),
    st.sampled_from(list(Category)) | texts,
    st.none() | texts | st.sampled_from(["ruff", "black", "pytest"]),
    st.lists(diagnostics, max_size=5),
    st.sampled_from(list(AutoFixable)),
    st.lists(texts | st.just("9 failed, 1 passed in 1s"), max_size=3),
)


@given(failures, st.lists(failures, max_size=3))
def test_an_account_is_one_short_harmless_line_whatever_it_is_of(
    failure: Failure, also: list[Failure]
) -> None:
    told = account(failure, also)
    assert 0 < len(told) <= LONGEST
    assert told.isprintable()
    assert {unicodedata.category(c) for c in told}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert not told.lstrip().startswith("::")
    assert "##[" not in told
    assert told == account(replace(failure), list(also))


def test_an_account_comes_of_a_real_log() -> None:
    step = Ran(
        script="ruff check .",
        output="a.py:1:8: F401 [*] `os` imported but unused\n"
        "b.py:2:8: F401 [*] `re` imported but unused\nFound 2 errors.\n"
        "[*] 2 fixable with the `--fix` option.",
        exit_code=1,
    )
    failure = analyze(log(step)).failure
    assert failure is not None
    assert account(failure).startswith("ruff found 2 unused imports in 2 files, first a.py:1.")
