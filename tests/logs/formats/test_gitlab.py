"""GitLab's job logs: stages, commands, the verdict, with and without time stamps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regreen.logs import analyze
from regreen.model import Category

GREEN, RESET, ERASE = "\x1b[32;1m", "\x1b[0;m", "\x1b[0K"


def stage(name: str, heading: str, *lines: str) -> list[str]:
    """One stage as the runner writes it."""
    return [
        f"section_start:1714564800:{name}\r{ERASE}{ERASE}\x1b[36;1m{heading}{RESET}",
        *lines,
        f"section_end:1714564801:{name}\r{ERASE}",
    ]


def command(text: str) -> str:
    return f"{GREEN}$ {text}{RESET}"


OPENING = [
    f"{ERASE}Running with gitlab-runner 17.4.0 (abcdef12){RESET}",
    f"{ERASE}  on runner-1 AbCdEf, system ID: s_1{RESET}",
    *stage(
        "prepare_executor",
        'Preparing the "docker" executor',
        f"{ERASE}Using Docker executor with image python:3.11 ...{RESET}",
    ),
    *stage(
        "get_sources",
        "Getting source from Git repository",
        "Initialized empty Git repository in /builds/group/sub/demo/.git/",
        f"{GREEN}Checking out 4f1c0f7c as detached HEAD (ref is main)...{RESET}",
    ),
]
RED = f"\x1b[31;1mERROR: Job failed: exit code 1{RESET}"
SCRIPT = [
    command("pip install -r requirements.txt"),
    "WARNING: Retrying after connection broken by ReadTimeoutError",
    "Successfully installed ruff",
    command("ruff check ."),
    "src/a.py:1:8: F401 [*] `os` imported but unused",
    "Found 1 error.",
]
AFTER = stage(
    "after_script",
    "Running after_script",
    command("mypy src"),
    "src/a.py:1: error: Name 'x' is not defined  [name-defined]",
    "Found 1 error in 1 file (checked 1 source file)",
    "WARNING: after_script failed, but job will continue unaffected: exit code 1",
)


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def stamped(lines: list[str]) -> bytes:
    """The lines with the runner's time stamps; what the script prints is stream 01."""
    out, stream = [], "00"
    for number, line in enumerate(lines):
        if "section_start" in line and "step_script" in line:
            out.append(f"2024-05-01T12:00:{number % 60:02}.123456Z 00O {line}")
            stream = "01"
            continue
        if line.startswith(("section_end", "section_start")) or "ERROR: Job failed" in line:
            out.append(f"2024-05-01T12:00:{number % 60:02}.123456Z 00O {line}")
            stream = "00" if "section_end" in line else stream
            continue
        out.append(f"2024-05-01T12:00:{number % 60:02}.123456Z {stream}O {line}")
    return text(*out)


LINES = [*OPENING, *stage("step_script", "Executing", *SCRIPT), *AFTER, RED]


@pytest.mark.parametrize("data", [text(*LINES), stamped(LINES)], ids=["plain", "stamped"])
def test_the_last_command_of_the_script_failed(data: bytes) -> None:
    result = analyze(data)
    assert result.failing is not None
    assert result.failure is not None
    assert (result.failing.name, result.failing.command) == ("ruff check .", "ruff check .")
    assert result.failing.exit_code == 1
    assert result.failure.category is Category.LINTING_ERROR
    said = [e.text for e in result.failure.evidence]
    assert "ERROR: Job failed: exit code 1" in said
    raw = data.decode().split("\n")
    for line in result.failure.evidence:
        assert line.text in raw[line.line - 1]


def test_what_the_log_tells_of_its_run() -> None:
    facts = analyze(text(*LINES)).facts
    assert facts.provider == "gitlab"
    assert facts.repository == "group/sub/demo"
    assert facts.tested == "4f1c0f7c"
    assert facts.image == "python:3.11"
    assert facts.started_at == datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def test_a_green_job_has_no_failure_whatever_it_printed() -> None:
    lines = [*OPENING, *stage("step_script", "Executing", *SCRIPT), f"{GREEN}Job succeeded{RESET}"]
    assert analyze(text(*lines)).failure is None


def test_a_script_s_own_stage_does_not_move_the_end_of_the_script() -> None:
    fake = f"section_start:1714564800:after_script\r{ERASE}\x1b[36;1mRunning after_script{RESET}"
    script = [*SCRIPT[:3], fake, *SCRIPT[3:]]
    lines = [*OPENING, *stage("step_script", "Executing", *script), *AFTER, RED]
    for data in (text(*lines), stamped(lines)):
        failing = analyze(data).failing
        assert failing is not None
        assert failing.command == "ruff check ."


def test_a_fake_stage_is_no_stage_where_streams_tell() -> None:
    fake = f"section_start:1714564800:cleanup_file_variables\r{ERASE}"
    lines = [*OPENING, *stage("step_script", "Executing", fake, *SCRIPT), RED]
    stream = stamped(lines).replace(
        b"00O section_start:1714564800:cleanup", b"01O section_start:17:cleanup"
    )
    failing = analyze(stream).failing
    assert failing is not None
    assert failing.command == "ruff check ."


def test_a_command_behind_output_without_a_line_end_is_still_a_command() -> None:
    script = [SCRIPT[0], "no line end" + SCRIPT[3], *SCRIPT[4:]]
    lines = [*OPENING, *stage("step_script", "Executing", *script), RED]
    failing = analyze(text(*lines)).failing
    assert failing is not None
    assert failing.command == "ruff check ."


def test_a_script_section_holds_its_command() -> None:
    script = [
        f"section_start:1714564800:section_script_step_0[hide_duration=true,collapsed=true]\r{ERASE}"
        + command("ruff check . # collapsed multi-line command"),
        *SCRIPT[4:],
        f"section_end:1714564800:section_script_step_0\r{ERASE}",
    ]
    lines = [*OPENING, *stage("step_script", "Executing", *script), RED]
    failing = analyze(text(*lines)).failing
    assert failing is not None
    assert failing.command == "ruff check . # collapsed multi-line command"


@pytest.mark.parametrize(
    ("verdict", "category"),
    [
        ("ERROR: Job failed: execution took longer than 1h0m0s seconds", Category.TIMEOUT),
        ("ERROR: Job failed: canceled", Category.UNKNOWN),
    ],
)
def test_a_job_that_was_broken_off(verdict: str, category: Category) -> None:
    script = [command("make check"), "running", "still running"]
    lines = [*OPENING, *stage("step_script", "Executing", *script), *AFTER, verdict]
    result = analyze(text(*lines))
    assert result.failing is not None
    assert result.failure is not None
    assert result.failing.command == "make check"
    assert result.failing.exit_code is None
    assert result.failure.category is category


def test_a_failure_before_the_script_lies_in_its_stage() -> None:
    lines = [
        *OPENING[:6],
        *stage("get_sources", "Getting source", "fatal: unable to access 'https://host.example/'"),
        *stage("cleanup_file_variables", "Cleaning up"),
        RED,
    ]
    failing = analyze(text(*lines)).failing
    assert failing is not None
    assert failing.name == "get_sources"


def test_artifacts_that_could_not_be_kept_fail_a_script_that_passed() -> None:
    lines = [
        *OPENING,
        *stage("step_script", "Executing", command("make"), "fine"),
        *stage("upload_artifacts_on_success", "Uploading", "ERROR: too large archive"),
        RED,
    ]
    failing = analyze(text(*lines)).failing
    assert failing is not None
    assert failing.name == "upload_artifacts_on_success"


def test_a_step_is_chosen_by_its_stage_or_command() -> None:
    for name in ("step_script", "ruff check ."):
        failing = analyze(text(*LINES), step=name).failing
        assert failing is not None
        assert failing.command == "ruff check ."
    assert analyze(text(*LINES), step="get_sources").failure is None


def test_a_log_that_was_cut_off_is_judged_by_what_it_was_doing() -> None:
    result = analyze(text(*LINES[: len(OPENING) + 7]))
    assert result.failing is not None
    assert result.failing.command == "ruff check ."
