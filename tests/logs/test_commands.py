"""Which tools a shell must have passed over, by the script alone."""

from __future__ import annotations

import pytest

from regreen.logs.commands import forgiven, tolerated

BOTH = ("ruff", "mypy")


@pytest.mark.parametrize(
    "script",
    [
        "ruff check .\nmypy .",
        "ruff check . && mypy .",
        "ruff check . \\\n  --fix\nmypy .",
        "ruff check . `\n  --fix\nmypy .",
        "ruff check . || true\nmypy .",
        "ruff check . || /bin/true\nmypy .",
        "ruff check . || echo 'never mind'\nmypy .",
        "ruff check . || printf 'never mind'\nmypy .",
        "set +e\nruff check --exit-zero .\nmypy .",
        "ruff check .\nmypy .\n# ruff again one day",
        "ruff check .\nmypy .  # ruff comes first",
        "ruff check .\nmypy .\necho 'ruff and mypy are done'",
        "ruff check .\nmypy .\ncat <<EOF\nrun ruff yourself\nEOF",
    ],
)
def test_the_first_of_two_plain_commands_was_passed_over(script: str) -> None:
    assert tolerated(script, BOTH) == {"ruff"}


@pytest.mark.parametrize(
    "script",
    [
        None,
        "make lint",
        "ruff check . || status=1\nmypy . || status=1\nexit $status",
        "set +e\nruff check .\nmypy .",
        "if ruff check .; then mypy .; fi",
        "ruff check . | tee log\nmypy .",
        "ruff check . &\nmypy .",
        "echo a.py | ruff check --stdin-filename a.py -",
    ],
)
def test_nothing_is_passed_over_where_the_shell_may_have_gone_on(script: str | None) -> None:
    assert tolerated(script, BOTH) == frozenset()


@pytest.mark.parametrize(
    "script",
    [
        "ruff check . || true",
        "ruff check . || /bin/true",
        "(ruff check . || true)",
        "ruff check . || true  # one day",
        "ruff check --exit-zero .",
    ],
)
def test_a_command_that_cannot_fail_is_forgiven(script: str) -> None:
    assert forgiven(script, ("ruff",)) == {"ruff"}


@pytest.mark.parametrize(
    "script",
    ["ruff check .", "ruff check . || exit 1", "ruff check . || true\nruff check src"],
)
def test_a_command_that_can_fail_is_not(script: str) -> None:
    assert forgiven(script, ("ruff",)) == frozenset()


def test_a_hostile_script_takes_no_time_worth_mentioning() -> None:
    assert tolerated("ruff <<A\n" * 20_000, BOTH) == frozenset()
