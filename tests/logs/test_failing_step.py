"""Which step turned the job red."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from regreen.logs import LogReader, analyze
from regreen.model import Analysis, Category, RunJob, RunStep
from tests.logs.hosted import Ran, job, log, stamped

BLACK = Ran(script="black --check .", output="would reformat a.py\n\nOh no!", exit_code=1)
ISORT = Ran(script="isort -c .", output="ERROR: a.py Imports are incorrectly sorted.", exit_code=1)
TESTS = Ran(script="pytest", output="= 3 passed in 0.1s =")
UPLOAD = Ran(uses="actions/upload-artifact@v4", inputs={"name": "x"}, output="uploaded")


def tool(data: bytes) -> str | None:
    failure = analyze(data).failure
    return failure.tool if failure else "green"


def test_an_upload_after_the_failure_is_not_the_cause() -> None:
    broken = Ran(uses="actions/upload-artifact@v4", inputs={"name": "x"}, error="No files found")
    assert tool(log(BLACK, UPLOAD)) == "black"
    assert tool(log(BLACK, broken)) == "black"


def test_a_step_that_was_allowed_to_fail_is_not_the_cause() -> None:
    install = Ran(script="pip install isort", output="ok")
    assert tool(log(BLACK, install, ISORT)) == "isort"
    assert tool(log(BLACK, TESTS, ISORT)) == "isort"


def test_a_job_that_went_on_to_install_is_green() -> None:
    assert (
        tool(log(BLACK, Ran(script="pip install build"), Ran(script="python -m build"))) == "green"
    )


def test_a_job_whose_cache_was_saved_is_green() -> None:
    lines = job(BLACK, TESTS, post=["Cache saved with the key: pip-1"])
    assert tool(stamped(lines).encode()) == "green"


def test_a_failure_before_steps_that_always_run_is_kept_with_less_confidence() -> None:
    certain = analyze(log(BLACK)).failure
    less = analyze(log(BLACK, TESTS)).failure
    assert certain is not None
    assert less is not None
    assert less.tool == "black"
    assert less.confidence < certain.confidence


def test_annotations_of_a_green_action_are_no_failure() -> None:
    scan = Ran(uses="octo/scan@v1", inputs={"soft": "true"}, error="Check: CKV_1: something")
    assert tool(log(scan, TESTS)) == "green"


def test_an_action_that_ends_the_job_with_an_error_is_the_cause() -> None:
    failure = analyze(log(TESTS, Ran(uses="a/b@v1", inputs={"c": "d"}, error="Not Found"))).failure
    assert failure is not None
    assert failure.step == "a/b@v1"


def test_a_post_step_does_not_hide_the_cause() -> None:
    lines = job(BLACK, post=["##[error]cache service is down"])
    assert tool(stamped(lines).encode()) == "black"


def test_an_error_printed_by_a_script_does_not_end_it() -> None:
    noisy = Ran(script="./noisy", output="##[error]all is well")
    assert tool(log(noisy, BLACK)) == "black"
    assert tool(log(noisy)) == "green"


def test_a_cancelled_job_yields_to_the_one_that_failed() -> None:
    cancelled = Ran(script="pytest", output="running", error="The operation was canceled.")
    first = stamped(job(cancelled, name="test (3.10)"), "test (3.10)\tpytest\t")
    second = stamped(job(BLACK, name="lint"), "lint\tblack\t")
    for text in (first + second, second + first):
        result = analyze(text.encode())
        assert result.failure is not None
        assert result.failure.tool == "black"
        assert result.facts.job == "lint"


def test_a_cancelled_step_is_a_time_out_unless_its_tool_had_failed() -> None:
    def cancelled(output: str) -> str:
        step = Ran(script="pytest", output=output, error="The operation was canceled.")
        failure = analyze(log(step)).failure
        assert failure is not None
        return failure.category

    assert cancelled("collecting ...") is Category.TIMEOUT
    assert cancelled("FAILED t.py::a - x\n= 1 failed in 2s =") is Category.TEST_FAILURE


@pytest.mark.parametrize(
    "error",
    [
        "Unable to resolve action `a/b@v9`, unable to find version `v9`",
        "Missing download info for actions/cache@v9",
    ],
)
def test_errors_before_the_first_step(error: str) -> None:
    lines = [
        "Current runner version: '2.319.1'",
        "Getting action download info",
        f"##[error]{error}",
    ]
    result = analyze(stamped(lines).encode())
    assert result.failing is not None
    assert result.failing.name == "Set up job"
    assert result.failure is not None
    assert result.failure.category is Category.CONFIGURATION_ERROR


def test_only_the_failing_step_is_classified() -> None:
    noise = Ran(
        script="pip install x",
        output="WARNING: Retrying after connection broken by 'ConnectTimeoutError'\n"
        "ModuleNotFoundError: No module named 'yaml'\n= 3 failed in 2s =\nSyntaxError: bad",
    )
    result = analyze(log(noise, BLACK))
    assert result.failure is not None
    assert result.failure.tool == "black"
    assert result.also == ()


def at(second: int, *steps: Ran) -> str:
    """The lines of some steps, all of one second."""
    lines = [line for step in steps for line in step.lines()]
    return "".join(f"2024-05-01T12:00:{second:02}.0000000Z {line}\n" for line in lines)


def ran(begin: int, end: int, conclusion: str = "failure") -> tuple[str, RunJob]:
    """What GitHub tells of a job whose step failed between two seconds."""
    times = (datetime(2024, 5, 1, 12, 0, second, tzinfo=UTC) for second in (begin, end))
    return "github", RunJob("1", "lint", conclusion, steps=(RunStep(2, "x", "failure", *times),))


BLACK = Ran(script="black .", output="would reformat a.py", exit_code=1)
MYPY = Ran(script="mypy .", output="a.py:1: error: Bad  [misc]", exit_code=1)


def test_the_provider_s_word_on_when_the_step_failed_counts_more_than_the_log_s_look(
    tmp_path: Path,
) -> None:
    path = tmp_path / "job.log"
    path.write_text(at(10, BLACK) + at(30, MYPY), encoding="utf-8")

    def tool(second: int | None) -> str | None:
        told = ran(second, second) if second else None
        failure = LogReader().analyze_file(path, ran=told).failure
        assert failure is not None
        return failure.tool

    assert [tool(second) for second in (None, 10, 30, 50)] == ["mypy", "black", "mypy", "mypy"]


def test_a_heading_that_a_step_prints_does_not_end_it(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    tests = Ran(script="pytest", output="FAILED test_a.py::test_a - assert 1 == 2\n1 failed in 1s")
    path.write_text(at(10, tests) + at(14, BLACK) + at(30, Ran(script="ls")), encoding="utf-8")
    assert_tool(LogReader().analyze_file(path), "black")
    found = LogReader().analyze_file(path, ran=ran(10, 20))
    assert_tool(found, "pytest")
    assert found.failing is not None
    assert found.failing.name == "pytest"


def assert_tool(analysis: Analysis, tool: str) -> None:
    assert analysis.failure is not None
    assert tool in (analysis.failure.tool, *(one.tool for one in analysis.also))


def test_a_job_that_failed_is_never_called_green(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    hidden = Ran(script="make", output="nothing to see")
    lines = stamped(job(hidden, Ran(script="pip install x")))
    path.write_text(lines, encoding="utf-8")
    assert LogReader().analyze_file(path).failure is None
    failure = LogReader().analyze_file(path, ran=("github", RunJob("1", "lint", "failure"))).failure
    assert failure is not None
    assert failure.category == "unknown"


def test_another_provider_s_words_at_the_front_do_not_change_whose_log_it_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "job.log"
    front = "2024-05-01T12:00:00.0000000Z Running with gitlab-runner 16.0.0 (abc)\n"
    path.write_text(front + at(10, BLACK) + "Job succeeded\n", encoding="utf-8")
    found = LogReader().analyze_file(path, ran=ran(10, 10))
    assert found.facts.provider == "github"
    assert_tool(found, "black")


def test_a_log_that_breaks_off_says_so_and_its_last_step_is_read() -> None:
    whole = stamped(job(Ran(script="black .", output="would reformat a.py\nOh no!"))).encode()
    cut = whole[: whole.index(b"Post job cleanup.")]
    assert analyze(whole).ended
    assert analyze(whole).failure is None
    broken = analyze(cut)
    assert not broken.ended
    assert broken.failure is not None
    assert broken.failure.tool == "black"
    quiet = analyze(cut.replace(b"would reformat a.py", b"an error in a name"))
    assert (quiet.ended, quiet.failure) == (False, None)


def test_what_was_asked_for_by_a_name_that_is_not_there_is_said() -> None:
    failed = log(Ran(script="black .", output="would reformat a.py", exit_code=1))
    assert analyze(failed, step="black .", job="lint").notes == ()
    (step, name) = analyze(failed, step="nope", job="other").notes
    assert "'nope'" in step
    assert "'lint', not 'other'" in name
