"""Which of several tools in one step is the cause."""

from __future__ import annotations

from regreen.logs import classify

BLACK = "would reformat a.py\n\nOh no! \n1 file would be reformatted.\n"
ISORT = "ERROR: a.py Imports are incorrectly sorted and/or formatted.\n"
FLAKE8 = "a.py:1:1: F401 'os' imported but unused\n"
PYTEST = "FAILED tests/test_a.py::test_b - x\n=== 1 failed in 0.02s ===\n"


def tools(script: str | None, output: str, code: int = 1) -> list[str | None]:
    return [failure.tool for failure in classify(script, None, output, code)]


def test_the_last_plain_command_ended_the_step() -> None:
    assert tools("flake8 --exit-zero\npytest", FLAKE8 + PYTEST) == ["pytest"]


def test_a_forgiven_tool_is_no_failure() -> None:
    assert tools("black --check . || true\nisort --check .", BLACK + ISORT) == ["isort"]


def test_collected_exit_codes_keep_every_tool() -> None:
    script = "rc=0; black --check . || rc=1; isort --check . || rc=1; exit $rc"
    assert tools(script, BLACK + ISORT) == ["isort", "black"]


def test_without_errexit_an_earlier_tool_counts() -> None:
    assert tools("set +e\nblack --check .\nisort --check .", BLACK + ISORT) == ["isort", "black"]


def test_a_hidden_script_keeps_every_tool() -> None:
    assert tools("make lint", BLACK + ISORT) == ["isort", "black"]
    assert tools(None, BLACK + ISORT) == ["isort", "black"]


def test_chained_commands_are_plain_commands() -> None:
    assert tools("flake8 && isort --check .", FLAKE8 + ISORT) == ["isort"]


def test_installing_a_tool_is_not_running_it() -> None:
    assert tools("black --check .\npip install isort flake8", BLACK) == ["black"]
