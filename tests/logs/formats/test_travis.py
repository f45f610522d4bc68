"""Travis CI: commands, phases whose failure counts for nothing, the worker's own stops."""

from __future__ import annotations

import pytest

from regreen.logs import analyze
from regreen.model import Category

E0 = "\r\x1b[0K"


def ran(script: str, *output: str, code: int | None = None, during: bool = False) -> list[str]:
    """One command as the build script shows it."""
    said = f"travis_time:end:0a1b2c3d:start=1714564800000000000,finish=1714564801,duration=1{E0}"
    lines = [f"travis_time:start:0a1b2c3d{E0}$ {script}", *output, said]
    if during:
        lines.append(
            f'\x1b[31;1mThe command "{script}" failed and exited with {code} during .\x1b[0m'
        )
    elif code is not None:
        colour = "31" if code else "32"
        lines.append(f'\x1b[{colour};1mThe command "{script}" exited with {code}.\x1b[0m')
    return lines


def text(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


CLONE = "$ git clone --depth=50 https://github.com/octo/demo.git octo/demo"
OPENING = [
    f"travis_fold:start:git.checkout{E0}travis_time:start:0a1b2c3d{E0}{CLONE}",
    "Cloning into 'octo/demo'...",
    f"travis_fold:end:git.checkout{E0}",
    "$ git checkout -qf 4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5",
]
RUFF = ("src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error.")
AFTER = [
    f"travis_fold:start:after_failure{E0}travis_time:start:0a1b2c3d{E0}$ codecov",
    "a.py:1: error: Name 'x' is not defined  [name-defined]",
    "Found 1 error in 1 file (checked 1 source file)",
    f"travis_fold:end:after_failure{E0}",
]


def done(code: int) -> str:
    return f"Done. Your build exited with {code}."


def test_the_failed_command_is_found() -> None:
    data = text(
        *OPENING,
        *ran("pytest", "1 passed in 0.01s", code=0),
        *ran("ruff check .", *RUFF, code=1),
        *AFTER,
        done(1),
    )
    result = analyze(data)
    assert result.failing is not None
    assert result.failure is not None
    assert (result.failing.command, result.failing.exit_code) == ("ruff check .", 1)
    assert result.failure.category is Category.LINTING_ERROR
    assert (result.facts.provider, result.facts.repository) == ("travis", "octo/demo")
    assert result.facts.tested == "4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5"
    raw = data.decode().split("\n")
    assert any("exited with 1" in raw[e.line - 1] for e in result.failure.evidence)


def test_of_several_that_failed_the_first_counts() -> None:
    tests = ("FAILED tests/test_a.py::test_b - assert 1 == 2", "1 failed in 0.10s")
    data = text(
        *OPENING, *ran("ruff check .", *RUFF, code=1), *ran("pytest", *tests, code=1), done(1)
    )
    failing = analyze(data).failing
    assert failing is not None
    assert failing.command == "ruff check ."
    chosen = analyze(data, step="pytest")
    assert chosen.failure is not None
    assert chosen.failure.category is Category.TEST_FAILURE


def test_a_failed_installation_ends_the_job() -> None:
    said = "ERROR: No matching distribution found for nope==1"
    data = text(
        *OPENING,
        *ran("pip install nope==1", said, code=1, during=True),
        "Your build has been stopped.",
    )
    result = analyze(data)
    assert result.failing is not None
    assert result.failure is not None
    assert result.failing.command == "pip install nope==1"
    assert result.failure.category is Category.DEPENDENCY_ISSUE


def test_a_green_job_stays_green_whatever_came_afterwards() -> None:
    data = text(*OPENING, *ran("pytest", "1 passed", code=0), *AFTER, done(0))
    assert analyze(data).failure is None


def test_output_without_a_line_end_does_not_hide_the_next_command() -> None:
    lines = ran("ruff check .", *RUFF, code=1)
    data = text(
        *OPENING, *ran("cat VERSION")[:1], "1.2.3" + ran("x")[1] + lines[0], *lines[1:], done(1)
    )
    failing = analyze(data).failing
    assert failing is not None
    assert failing.command == "ruff check ."


@pytest.mark.parametrize(
    "said",
    [
        "No output has been received in the last 10m0s, this potentially indicates a stalled build",
        "The job exceeded the maximum time limit for jobs, and has been terminated.",
    ],
)
def test_a_job_that_the_worker_stopped(said: str) -> None:
    result = analyze(text(*OPENING, *ran("pytest", "collecting ...")[:2], "", "", said))
    assert result.failing is not None
    assert result.failure is not None
    assert result.failing.command == "pytest"
    assert result.failure.category is Category.TIMEOUT
