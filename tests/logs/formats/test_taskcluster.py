"""Taskcluster: the task, its result, and what the worker stopped."""

from __future__ import annotations

from regreen.logs import analyze
from regreen.model import Category

AT = "2024-05-01 12:00:00.123Z"
OPENING = [
    f"[taskcluster {AT}] Task ID: AbCdEfGh",
    "[taskcluster:error] Error downloading the image. Next Attempt in: 10 ms.",
    f"[taskcluster {AT}] === Task Starting ===",
]
RUFF = ["src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error."]
OUTPUT = [f"[task 2024-05-01T12:00:00.123Z] {line}" for line in RUFF]


def text(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def closing(code: int) -> list[str]:
    word = "Unsuccessful" if code else "Successful"
    return [
        f"[taskcluster {AT}] === Task Finished ===",
        f"[taskcluster {AT}] {word} task run with exit code: {code} completed in 1.5 seconds",
    ]


def test_the_failed_task_is_found() -> None:
    result = analyze(text(*OPENING, *OUTPUT, *closing(1)))
    assert (result.facts.provider, result.facts.job) == ("taskcluster", "AbCdEfGh")
    assert result.failing is not None
    assert result.failure is not None
    assert (result.failing.name, result.failing.exit_code) == ("task", 1)
    assert result.failure.category is Category.LINTING_ERROR
    assert result.failure.evidence[0].line == 4


def test_a_green_task_has_no_failure_whatever_it_printed() -> None:
    assert analyze(text(*OPENING, *OUTPUT, *closing(0))).failure is None


def test_a_task_that_ran_out_of_time() -> None:
    said = "[taskcluster:error] Task aborted - max run time exceeded"
    result = analyze(text(*OPENING, *OUTPUT[:1], said))
    assert result.failure is not None
    assert result.failure.category is Category.TIMEOUT
