"""What a person sees of a search: a live area on a terminal, a line a try elsewhere."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from regreen.deliver import Console
from regreen.deliver.tries import Tries, told_try
from regreen.model import Budget, Ending, Severity, StepOutcome, Try

BUDGET = Budget(seconds=600, tries=50)
ONE = Try(
    1, None, "black", "why", "linting_error (black)", "Lint", Ending.PROGRESS, "3 are left",
    Severity.LOW, ("a.py",), 3, 1.5,
)  # fmt: skip
TWO = replace(ONE, number=2, parent=1, fixer="isort", ending=Ending.NO_PROGRESS, reason="as before")
THREE = replace(ONE, number=3, parent=1, fixer="ruff", left=0, ending=Ending.GREEN, reason="")
HOSTILE = "\x1b[2J\r::error::x\nnext"

Shown = Callable[[], str]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """Makes stderr a terminal or none; what it returns tells what was printed."""

    def make(*, terminal: bool, **environment: str) -> Shown:
        for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in (
            {"TERM": "xterm", "COLUMNS": "60", "LINES": "20"} | environment
        ).items():
            monkeypatch.setenv(name, value)
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, "utf-8", newline="", write_through=True)
        stream.isatty = lambda: terminal  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stderr", stream)
        return lambda: raw.getvalue().decode()

    return make


def screen(text: str) -> list[str]:
    """Return what a terminal shows of ``text``: its lines, as far as erasing and moving go."""
    lines, row, column = [""], 0, 0
    for part in re.split(r"(\x1b\[\d*[A-Za-z]|\r|\n)", re.sub(r"\x1b\[[\d;]*m", "", text)):
        if part == "\n":
            row, column = row + 1, 0
            lines += [""] if row == len(lines) else []
        elif part == "\r":
            column = 0
        elif up := re.fullmatch(r"\x1b\[(\d+)A", part):
            row = max(row - int(up[1]), 0)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part == "\x1b[J":
            lines[row], lines[row + 1 :] = lines[row][:column], []
        elif part:
            assert "\x1b" not in part, part
            lines[row] = lines[row][:column] + part + lines[row][column + len(part) :]
            column += len(part)
    return [line.rstrip() for line in lines]


def test_a_try_is_one_line() -> None:
    assert told_try(ONE) == "try 1: black: kept, 3 left: 3 are left (1.5 s)"
    assert told_try(TWO) == "try 2 after 1: isort: no progress, 3 left: as before (1.5 s)"
    assert told_try(replace(THREE, seconds=0)) == "try 3 after 1: ruff: the job passes"
    assert len(told_try(replace(TWO, reason="x" * 5000))) < 200
    assert {Ending(one) for one in Ending} == {
        e for e in Ending if told_try(replace(ONE, ending=e))
    }


def test_the_area_shows_budget_path_and_the_last_that_were_not_kept() -> None:
    tries = Tries(BUDGET)
    for one in (ONE, TWO, *(replace(TWO, number=n, fixer=f"f{n}") for n in range(3, 8))):
        tries.add(one)
    first, *rest = tries.lines(12.4, "trying ruff")
    assert first == "  … try 8 of 50, 12 s of 600 s  trying ruff"
    assert rest == [
        "    ↗ black: Lint, 3 left",
        *(f"    · f{n}: no progress: as before" for n in (5, 6, 7)),
    ]


def test_the_way_back_is_not_shown_as_kept() -> None:
    tries = Tries(BUDGET)
    other = replace(ONE, number=2, fixer="other")
    deeper = replace(ONE, number=3, parent=2, fixer="deeper")
    for one in (ONE, other, deeper):
        tries.add(one)
    shown = [line for line in tries.lines(0, "") if "↗" in line]
    assert shown == ["    ↗ other: Lint, 3 left", "      ↗ deeper: Lint, 3 left"]


def test_many_kept_ones_stay_few_lines() -> None:
    tries = Tries(BUDGET)
    for number in range(1, 30):
        tries.add(replace(ONE, number=number, parent=number - 1 or None))
    assert len(list(tries.lines(0, ""))) <= 9


def search(console: Console) -> None:
    console.stage("Look for a fix")
    console.searching(BUDGET)
    for one in (ONE, TWO, THREE):
        console.note(f"trying {one.fixer}")
        console.step_started("Lint")
        console.output("would reformat a.py\n")
        console.step_ended(StepOutcome(0, "Lint", "x", "failure", 1, 1.0, "", "0" * 64))
        console.tried(one)
    console.stage("Verify")
    console.close()


def test_on_a_terminal_only_what_was_kept_stays(on: Callable[..., Shown]) -> None:
    shown = on(terminal=True, NO_COLOR="1")
    search(Console())
    assert screen(shown()) == [
        "Look for a fix",
        "  ↗ try 1: black: kept, 3 left: 3 are left (1.5 s)",
        "  ✓ try 3 after 1: ruff: the job passes (1.5 s)",
        "Verify",
        "",
    ]
    drawn = re.sub(r"\x1b\[\w+", "", shown())
    assert "try 2 of 50" in drawn
    assert "· isort: no progress" in drawn
    assert "… Lint 0 s" in drawn


def test_elsewhere_each_try_and_step_is_a_plain_line(on: Callable[..., Shown]) -> None:
    shown = on(terminal=False)
    search(Console())
    assert "\x1b" not in shown()
    assert [line for line in shown().splitlines() if "try " in line] == [
        "  ↗ try 1: black: kept, 3 left: 3 are left (1.5 s)",
        "  · try 2 after 1: isort: no progress, 3 left: as before (1.5 s)",
        "  ✓ try 3 after 1: ruff: the job passes (1.5 s)",
    ]
    assert shown().count("✗ Lint") == 3


def test_quiet_is_silent_and_verbose_has_no_area(on: Callable[..., Shown]) -> None:
    shown = on(terminal=True)
    search(Console(quiet=True))
    assert shown() == ""
    shown = on(terminal=True, NO_COLOR="1")
    search(Console(verbose=True))
    assert " of 50" not in shown()
    assert "  · try 2 after 1: isort: no progress" in "\n".join(screen(shown()))


def test_after_the_judge_said_no_the_area_comes_back(on: Callable[..., Shown]) -> None:
    shown = on(terminal=True, NO_COLOR="1")
    console = Console()
    console.searching(BUDGET)
    console.tried(ONE)
    console.stage("Verify")
    console.searching(BUDGET)
    console.note("again")
    console.step_started("Lint")
    drawn = screen(shown())
    console.close()
    assert "  … try 2 of 50, 0 s of 600 s  again" in drawn
    assert "    ↗ black: Lint, 3 left" in drawn, "it knows what it knew"


def test_what_a_fixer_says_cannot_leave_its_line(on: Callable[..., Shown]) -> None:
    for terminal in (True, False):
        shown = on(terminal=terminal, NO_COLOR="1")
        console = Console()
        console.searching(BUDGET)
        console.note(HOSTILE)
        console.tried(replace(TWO, reason=HOSTILE, fixer=HOSTILE))
        console.step_started("Lint")
        console.close()
        assert "\x1b[2J" not in shown()
        assert not re.search(r"^\s*::error", shown(), re.MULTILINE)


def test_a_small_terminal_is_not_scrolled(on: Callable[..., Shown]) -> None:
    shown = on(terminal=True, NO_COLOR="1", LINES="4", COLUMNS="30")
    console = Console()
    console.searching(BUDGET)
    for number in range(1, 9):
        console.tried(replace(TWO, number=number))
    console.step_started("Lint")
    assert len(screen(shown())) <= 4
    assert all(len(line) < 30 for line in screen(shown()))
    console.close()
    assert [line for line in screen(shown()) if line] == []
