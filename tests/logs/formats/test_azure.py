"""Azure Pipelines: tasks, tolerated failures, post-job tasks."""

from __future__ import annotations

import pytest

from regreen.logs import analyze
from regreen.model import Category

LINE = "=" * 78


def task(
    name: str, *output: str, kind: str = "Command line", script: str | None = None
) -> list[str]:
    """One task as the agent writes it."""
    shown = ["Generating script.", *(["Script contents:", script] if script else [])]
    return [
        f"##[section]Starting: {name}",
        LINE,
        f"Task         : {kind}",
        "Description  : Run it",
        "Version      : 2.1.0",
        LINE,
        *shown,
        "========================== Starting Command Output ===========================",
        "[command]/usr/bin/bash --noprofile --norc /home/vsts/work/_temp/1.sh",
        *output,
        f"##[section]Finishing: {name}",
    ]


def text(*lines: str) -> bytes:
    return "".join(f"2024-05-01T12:00:00.1234567Z {line}\n" for line in lines).encode()


OPENING = [
    "##[section]Starting: Lint",
    "##[section]Starting: Initialize job",
    "Agent name: 'Hosted Agent'",
    "##[section]Finishing: Initialize job",
    *task("Checkout octo/demo@main to s", "HEAD is now at 4f1c0f7c Merge", kind="Get sources"),
]
RUFF = ("src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error.")
BASH = "##[error]Bash exited with code '1'."
CLOSING = [
    *task("Checkout octo/demo@main to s", "Cleaning any cached credential", kind="Get sources"),
    "##[section]Starting: Finalize Job",
    "Cleaning up task key",
    "##[section]Finishing: Finalize Job",
]


def test_the_failed_task_and_its_script_are_found() -> None:
    data = text(
        *OPENING, *task("Ruff", *RUFF, "", BASH, kind="Bash", script="ruff check ."), *CLOSING
    )
    result = analyze(data)
    assert result.facts.provider == "azure"
    assert result.facts.tested == "4f1c0f7c"
    assert result.failing is not None
    assert result.failure is not None
    assert (result.failing.name, result.failing.command) == ("Ruff", "ruff check .")
    assert result.failing.exit_code == 1
    assert result.failure.category is Category.LINTING_ERROR
    lines = data.decode().split("\n")
    assert any(lines[e.line - 1].endswith(BASH) for e in result.failure.evidence)


def test_a_task_behind_which_others_ran_was_tolerated() -> None:
    mypy = ("a.py:1: error: Name 'x' is not defined  [name-defined]", "Found 1 error in 1 file")
    data = text(
        *OPENING,
        *task("Types", *mypy, BASH, kind="Bash"),
        *task("Ruff", *RUFF, BASH, kind="Bash"),
        *task("Publish Test Results", "##[error]no result files", kind="Publish"),
        *CLOSING,
    )
    failing = analyze(data).failing
    assert failing is not None
    assert failing.name == "Ruff"


def test_an_error_in_clean_up_is_not_the_cause() -> None:
    post = ["##[section]Starting: Post-job: Cache", "##[error]cache is locked"]
    data = text(*OPENING, *task("Ruff", *RUFF, BASH, kind="Bash"), *post, *CLOSING)
    failing = analyze(data).failing
    assert failing is not None
    assert failing.name == "Ruff"


def test_the_job_s_time_limit() -> None:
    said = (
        "##[error]The job running on agent Hosted Agent ran longer than the maximum time of 60 min"
    )
    data = text(*OPENING, *task("Test", "collecting", said, kind="Bash"), *CLOSING)
    result = analyze(data)
    assert result.failure is not None
    assert result.failure.category is Category.TIMEOUT


@pytest.mark.parametrize("name", ["Ruff", "ruff check ."])
def test_a_task_is_chosen_by_name_or_script(name: str) -> None:
    data = text(*OPENING, *task("Ruff", *RUFF, BASH, script="ruff check ."), *CLOSING)
    failing = analyze(data, step=name).failing
    assert failing is not None
    assert failing.name == "Ruff"


def test_the_file_of_one_task_is_read_too() -> None:
    result = analyze(text(*task("Ruff", *RUFF, BASH, kind="Bash")))
    assert result.failing is not None
    assert (result.facts.provider, result.failing.name) == ("azure", "Ruff")
