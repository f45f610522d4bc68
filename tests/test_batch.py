"""Many logs at once, and the flags of ``analyze``: whole, in order, and never stopped by one."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from regreen.batch.finding import find
from regreen.batch.pulled import Task, tasks_of
from regreen.batch.workers import Reading, read, readings
from regreen.cli import app
from regreen.config import Settings
from regreen.deliver.analyses import Skipped, Spot
from regreen.errors import ExitCode
from regreen.logs import LogReader
from regreen.model import Run, RunJob
from regreen.runs.store import log_path, save
from tests.logs.hosted import Ran, log

BLACK = log(Ran(script="black --check .", output="would reformat a.py\n\nOh no!", exit_code=1))
MYPY = log(
    Ran(script="mypy .", output="a.py:1: error: Bad  [misc]\nFound 1 error in 1 file", exit_code=1)
)
GREEN = log(Ran(script="true", output="fine"))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    (folder / "b" / "deep").mkdir(parents=True)
    (folder / "a.log").write_bytes(BLACK)
    (folder / "b" / "deep" / "same.log").write_bytes(BLACK)
    (folder / "b" / "types.txt").write_bytes(MYPY)
    (folder / "c.log").write_bytes(GREEN)
    (folder / "picture").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    (folder / "empty.log").write_bytes(b"")
    return folder


def call(*arguments: str | Path, code: int) -> Result:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == code, done.output
    return done


def batch(folder: str | Path, *more: str | Path, code: int = ExitCode.NO_PATCH) -> dict[str, Any]:
    done = call("batch", "--logs-dir", folder, "--json", *more, code=code)
    return dict(json.loads(done.stdout))


def pulled(store: Path, *jobs: RunJob, number: str = "123", workflow: str = "CI") -> Path:
    """A pulled run; a job whose ``log`` is set gets that log."""
    folder = store / f"github-{number}"
    (folder / "jobs").mkdir(parents=True)
    for job in jobs:
        if job.log is not None:
            log_path(folder, job.id).write_bytes(job.log.read_bytes())
    save(
        Run(
            "github", "https://github.com", number, 1, "octo/demo", "0" * 40, workflow,
            "https://github.com/octo/demo/actions/runs/123", folder, jobs,
            workflow_path=".github/workflows/ci.yml",
        ),
        lambda text: text,
    )  # fmt: skip
    return folder


@pytest.fixture
def store(tmp_path: Path, logs: Path) -> Path:
    store = tmp_path / "here" / ".regreen" / "runs"
    pulled(
        store,
        RunJob("1", "lint (3.11)", "failure", log=logs / "a.log"),
        RunJob("2", "types", "failure", log=logs / "b" / "types.txt"),
        RunJob("3", "docs", "success", log=logs / "c.log"),
        RunJob("4", "old", "failure", log_missing="it has expired"),
    )
    return store


# A folder


def test_every_log_below_a_folder_is_read_and_counted(logs: Path) -> None:
    data = batch(logs, "--workflow", "CI")
    assert [one["name"] for one in data["logs"]] == [
        "a.log", "b/deep/same.log", "b/types.txt", "c.log",
    ]  # fmt: skip
    assert data["totals"] == {"logs": 4, "failed": 3, "passed": 1, "broken": 0, "skipped": 2}
    assert data["by_category"] == {"linting_error": 2, "type_error": 1}
    assert data["by_tool"] == {"black": 2, "mypy": 1}
    assert [group["logs"] for group in data["same"]] == [["a.log", "b/deep/same.log"]]
    assert [one["name"] for one in data["skipped"]] == ["empty.log", "picture"]
    assert all(one["reason"] for one in data["skipped"])
    assert data["asked"]["workflow"] == "CI"


def test_the_order_does_not_depend_on_what_is_ready_first(logs: Path) -> None:
    for n in range(40):
        (logs / f"n{n:02}.log").write_bytes((BLACK, MYPY, GREEN)[n % 3] * (1 + 30 * (n % 2)))
    reports = [batch(logs, "--jobs", jobs) for jobs in ("1", "3", "3")]
    assert reports[0] == reports[1] == reports[2]


def test_exit_codes_say_what_was_found(logs: Path, tmp_path: Path) -> None:
    for name in ("a.log", "b/deep/same.log", "b/types.txt"):
        (logs / name).unlink()
    batch(logs, code=ExitCode.DONE)
    (tmp_path / "none").mkdir()
    done = call("batch", "--logs-dir", tmp_path / "none", code=ExitCode.USAGE)
    assert "there is no log in" in done.stderr
    done = call("batch", "--logs-dir", tmp_path / "missing", code=ExitCode.USAGE)
    assert "there is no folder" in done.stderr


def test_links_pipes_sockets_and_devices_are_not_read(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.log").write_bytes(BLACK)
    (logs / "again.log").symlink_to(logs / "a.log")
    (logs / "out.log").symlink_to(tmp_path / "secret.log")
    (logs / "b" / "loop").symlink_to(logs, target_is_directory=True)
    (logs / "gone.log").symlink_to("nowhere")
    os.mkfifo(logs / "pipe.log")
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(logs)
        listening.bind("sock.log")
        data = batch(logs)
    assert len(data["logs"]) == 4
    reasons = {one["name"]: one["reason"] for one in data["skipped"]}
    for name in ("again.log", "out.log", "b/loop", "gone.log"):
        assert "symbolic link" in reasons[name]
    assert "named pipe" in reasons["pipe.log"]
    assert "socket" in reasons["sock.log"]


def test_a_file_that_may_not_be_read_is_said_and_the_rest_is_done(logs: Path) -> None:
    def vanishes() -> Iterator[Task]:
        for one in find(logs, None, None):
            if isinstance(one, Task):
                yield one
        yield Task("gone.log", logs / "gone.log")

    results = {one.name: one for one in readings(vanishes(), Settings(), 2)}
    assert len([one for one in results.values() if isinstance(one, Spot)]) == 4
    gone = results["gone.log"]
    assert isinstance(gone, Skipped)
    assert gone.broken
    assert "No such file" in gone.reason


def test_names_that_are_no_text_are_shown_and_written(logs: Path, tmp_path: Path) -> None:
    (logs / os.fsdecode(b"\xff\x1b[31m\n::error::x.log")).write_bytes(BLACK)
    out = tmp_path / "r.json"
    done = call("batch", "--logs-dir", logs, "--output", out, code=1)
    assert "\x1b" not in done.stdout
    assert "\n::error" not in done.stdout
    names = [one["name"] for one in json.loads(out.read_text())["logs"]]
    assert os.fsdecode(b"\xff\x1b[31m\n::error::x.log") in names


def test_the_report_of_an_earlier_run_is_no_log(logs: Path) -> None:
    out = logs / "report.log"
    for _ in range(2):
        data = batch(logs, "--output", out, "--format", "table")
        assert "report.log" not in [one["name"] for one in data["logs"] + data["skipped"]]
    assert "3 of 4 logs show a failure" in out.read_text()


def test_progress_is_lines_on_stderr_where_there_is_no_terminal(logs: Path) -> None:
    done = call("batch", "--logs-dir", logs, code=1)
    assert "6 of 6 logs read" in done.stderr
    assert done.stderr.count("logs read") <= 4
    assert "logs read" not in done.stdout
    assert len(done.stderr.splitlines()) <= 10


# Processes


def kills(log_reader: LogReader, task: Task) -> Reading:
    if task.name.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    return read(log_reader, task)


def fails(log_reader: LogReader, task: Task) -> Reading:
    class Broken:
        def analyze_file(self, _path: Path, **_: Any) -> None:
            raise MemoryError("no memory")

    return read(Broken() if "bad" in task.name else log_reader, task)  # type: ignore[arg-type]


def tasks(folder: Path, *names: str) -> list[Task]:
    for name in names:
        (folder / name).write_bytes(BLACK)
    return [Task(name, folder / name) for name in names]


@pytest.mark.parametrize("threads", [0, 1], ids=["forked", "from a server"])
def test_a_worker_that_is_killed_takes_only_its_log_along(tmp_path: Path, threads: int) -> None:
    done = threading.Event()
    for _ in range(threads):
        threading.Thread(target=done.wait, daemon=True).start()
    names = [f"{'kill' if n in (3, 40) else 'log'}{n}" for n in range(70)]
    try:
        results = list(readings(tasks(tmp_path, *names), Settings(), 2, kills))
    finally:
        done.set()
    assert sorted(one.name for one in results) == sorted(names)
    broken = [one for one in results if isinstance(one, Skipped)]
    assert sorted(one.name for one in broken) == ["kill3", "kill40"]
    assert all(one.broken and "killed" in one.reason for one in broken)


def test_a_log_that_meets_a_bug_or_the_memory_s_end_does_not_stop_the_rest(tmp_path: Path) -> None:
    results = {
        one.name: one for one in readings(tasks(tmp_path, "a", "bad", "c"), Settings(), 2, fails)
    }
    bad = results.pop("bad")
    assert isinstance(bad, Skipped)
    assert "MemoryError" in bad.reason
    assert all(isinstance(one, Spot) for one in results.values())


def children(process: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            found.append(int(stat.parent.name))
    return found


def until(ready: Any, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := ready():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


SLOW = """
import sys, time
from regreen.batch import run, workers
import regreen.cli as cli
def slow(log_reader, task):
    time.sleep(600)
original = workers.readings
run.readings = lambda tasks, settings, jobs: original(tasks, settings, jobs, slow)
sys.argv = ["regreen", "batch", "--logs-dir", sys.argv[1], "--jobs", "2"]
cli.main()
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)],
    ids=["Ctrl-C", "terminated", "killed"],
)
def test_an_interrupt_ends_at_once_and_leaves_no_process(
    logs: Path, number: signal.Signals, code: int
) -> None:
    (logs / "d.log").write_bytes(b"x\n" * (5 << 20))
    (logs / "e.log").write_bytes(b"x\n" * (5 << 20))
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(logs)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        workers = until(lambda: len(found := children(child.pid)) == 2 and found)
        time.sleep(1)  # they become workers: an interrupt is the parent's from then on
        os.killpg(child.pid, number) if number == signal.SIGINT else child.send_signal(number)
        _, said = child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == code, said
    assert b"Traceback" not in said, said.decode()
    until(lambda: not any(Path(f"/proc/{pid}").exists() and alive(pid) for pid in workers))


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# Pulled runs


def test_a_pulled_run_is_its_failed_jobs(store: Path) -> None:
    for named in ("github-123", str(store / "github-123"), "123"):
        done = call("analyze", "--log", named, "--json", code=1)
        data = json.loads(done.stdout)
        assert [job["name"] for job in data["jobs"]] == ["lint (3.11)", "types"]
        assert data["failure"]["tool"] == "black"
        assert data["asked"]["workflow"] == "CI"
        assert [(one["name"], one["broken"]) for one in data["skipped"]] == [
            ("docs", False), ("old", True),
        ]  # fmt: skip
        assert "expired" in data["skipped"][1]["reason"]


def test_a_job_of_a_run_is_chosen_by_name_or_id(store: Path) -> None:
    for job in ("types", "TYPES", "2"):
        done = call("analyze", "--log", "github-123", "--job", job, "--json", code=1)
        data = json.loads(done.stdout)
        assert [one["name"] for one in data["jobs"]] == ["types"]
        assert data["skipped"] == []
    call("analyze", "--log", "github-123", "--job", "docs", code=0)
    done = call("analyze", "--log", "github-123", "--job", "nope", code=2)
    assert "lint (3.11), types, docs, old" in done.stderr
    done = call("analyze", "--log", "github-123", "--job", "old", code=2)
    assert "expired" in done.stderr
    assert "regreen pull https://github.com/octo/demo/actions/runs/123" in done.stderr
    assert store.is_dir()


def test_a_run_that_was_not_pulled_is_said(store: Path) -> None:
    done = call("analyze", "--log", "nothing.log", code=2)
    assert "there is no log nothing.log" in done.stderr
    for named in ("github-9", "9", "octo/demo#9"):
        done = call("analyze", "--log", named, code=2)
        assert (
            f"the run {named} is not here\n  next: regreen pull {shlex.quote(named)}" in done.stderr
        )


def test_a_folder_of_logs_is_for_batch(store: Path, tmp_path: Path) -> None:
    (tmp_path / "some logs").mkdir()
    for folder in (store, tmp_path / "some logs"):
        done = call("analyze", "--log", folder, code=2)
        assert f"regreen batch --logs-dir {shlex.quote(str(folder))}" in done.stderr


def test_a_report_never_takes_the_place_of_a_log(logs: Path, store: Path, tmp_path: Path) -> None:
    a = logs / "a.log"
    hard, link = tmp_path / "hard.txt", tmp_path / "link.txt"
    os.link(a, hard)
    link.symlink_to(a)
    stored = store / "github-123" / "jobs" / "1.log"
    record = stored.parents[1] / "run.json"
    for out in (a, logs / "b" / ".." / "a.log", hard, link):
        for command in (("analyze", "--log", a), ("analyze", a), ("batch", "--logs-dir", logs)):
            done = call(*command, "--output", out, code=2)
            assert "the report would replace the log" in done.stderr
    for out in (stored, record):
        done = call("analyze", "--log", "github-123", "--output", out, code=2)
        assert "the report would replace the log" in done.stderr
    call("batch", "--logs-dir", store, "--output", stored, code=2)
    assert a.read_bytes() == stored.read_bytes() == BLACK
    assert record.read_bytes().startswith(b"{")


@pytest.mark.parametrize("form", ["table", "json", "markdown", "sarif", "github"])
def test_an_earlier_report_among_the_logs_is_written_anew(logs: Path, form: str) -> None:
    out = logs / "report.txt"
    for _ in range(2):
        call("batch", "--logs-dir", logs, "--output", out, "--format", form, code=1)
    first = out.read_bytes()
    call("batch", "--logs-dir", logs, "--output", out, "--format", form, code=1)
    assert out.read_bytes() == first


def test_the_jobs_of_runs_in_a_folder_are_logs(store: Path, logs: Path) -> None:
    pulled(store, RunJob("7", "x", "failure", log=logs / "a.log"), number="77", workflow="Nightly")
    data = batch(store)
    assert [one["name"] for one in data["logs"]] == [
        "github-123/lint (3.11)", "github-123/types", "github-77/x",
    ]  # fmt: skip
    assert data["logs"][0]["job"] == "lint (3.11)"
    assert data["totals"]["broken"] == 1
    only = batch(store, "--workflow", "ci.yml")
    assert [one["name"] for one in only["logs"]] == [
        "github-123/lint (3.11)", "github-123/types", "github-77/x",
    ]  # fmt: skip
    nightly = batch(store, "--workflow", "Nightly")
    assert [one["name"] for one in nightly["logs"]] == ["github-77/x"]
    assert [one["name"] for one in batch("github-77")["logs"]] == ["x"]


def test_a_damaged_record_leaves_its_logs_to_be_read(store: Path) -> None:
    (store / "github-123" / "run.json").write_text("{")
    names = [one["name"] for one in batch(store)["logs"]]
    assert names == [f"github-123/jobs/{n}.log" for n in (1, 2, 3)]


def test_older_attempts_count_as_runs_of_their_own(store: Path, logs: Path) -> None:
    older = store / "github-123" / "attempt-1"
    made = pulled(store, RunJob("5", "lint", "failure", log=logs / "a.log"), number="5")
    made.rename(older)
    names = [one["name"] for one in batch(store)["logs"]]
    assert "github-123/attempt-1/lint" in names
    assert len(names) == 3


def test_cancelled_jobs_are_read_where_none_failed_and_doubles_told_apart(tmp_path: Path) -> None:
    jobs = (
        RunJob("1", "a", "cancelled", log=tmp_path / "1"),
        RunJob("2", "a", "cancelled", log=tmp_path / "2"),
        RunJob("3", "b", "success", log=tmp_path / "3"),
    )
    run = Run("github", "s", "1", 1, "o/d", "0" * 40, "CI", "u", tmp_path, jobs)
    found, left_out = tasks_of(run, None)
    assert [one.name for one in found] == ["a (1)", "a (2)"]
    assert [one.name for one in left_out] == ["b"]


# The flags of analyze


def test_what_was_asked_stands_in_the_report(logs: Path) -> None:
    done = call(
        "analyze", "--log", logs / "a.log", "--workflow", "CI", "--job", "lint",
        "--step", "black --check .", "--json", code=1,
    )  # fmt: skip
    asked = json.loads(done.stdout)["asked"]
    assert asked == {
        "source": str(logs / "a.log"), "kind": "log", "workflow": "CI", "job": "lint",
        "step": "black --check .",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "more", "begins"),
    [
        ("r.json", (), '{\n  "schema": 1'),
        ("r.md", (), "### linting"),
        ("r.sarif", (), '{\n  "$schema"'),
        ("r", (), '{\n  "schema": 1'),
        ("r.json", ("--format", "github"), "::error file=a.py"),
        ("r.md", ("--format", "table"), "black would reformat a.py."),
    ],
)
def test_the_report_goes_to_the_file_and_the_table_is_printed(
    logs: Path, tmp_path: Path, name: str, more: tuple[str, ...], begins: str
) -> None:
    out = tmp_path / name
    out.write_text("old")
    done = call("analyze", "--log", logs / "a.log", "--output", out, *more, code=1)
    assert out.read_text().startswith(begins)
    assert out.read_text().endswith("\n")
    assert done.stdout.startswith("black would reformat a.py.")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]
    assert out.stat().st_mode & 0o777 == 0o644


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_lost(
    logs: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("kept")
    link = tmp_path / "link.json"
    link.symlink_to(kept)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    wrong = (link, tmp_path / "folder", tmp_path / "pipe", Path("/dev/null"), kept / "x",
             tmp_path / "missing" / "r.json", Path("/proc/r.json"))  # fmt: skip
    for out in wrong:
        for command in (("analyze", "--log", logs / "a.log"), ("batch", "--logs-dir", logs)):
            done = call(*command, "--output", out, code=2)
            assert f"cannot write to {out}" in done.stderr
    assert kept.read_text() == "kept"
    assert link.is_symlink()


def test_a_disk_that_fills_up_takes_neither_the_table_nor_the_old_report(
    logs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "r.json"
    out.write_text("old")
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); "
        "import regreen.cli as cli; cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "analyze", "--log", str(logs / "a.log"),
         "--output", str(out)],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert b"black would reformat a.py." in done.stdout
    assert b"cannot write to" in done.stderr
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["r.json"]


def test_wrong_forms_are_refused_before_the_work(logs: Path) -> None:
    done = call("analyze", "--log", logs / "a.log", "--format", "yaml", code=2)
    assert "table, json, markdown, sarif, github" in done.stderr
    done = call("analyze", "--log", logs / "a.log", "--format", "sarif", "--json", code=2)
    assert "contradict" in done.stderr


def test_annotations_are_only_printed_when_asked_for(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    plain = call("analyze", "--log", logs / "a.log", code=1)
    assert "::error" not in plain.output
    asked = call("analyze", "--log", logs / "a.log", "--format", "github", code=1)
    assert asked.stdout.startswith("::error file=a.py,title=black::")


def test_a_job_is_chosen_in_a_log_that_holds_several(tmp_path: Path) -> None:
    def of(job: str, data: bytes) -> str:
        return "".join(f"{job}\tstep\t{line}\n" for line in data.decode().splitlines())

    both = tmp_path / "both.log"
    both.write_text(of("lint", BLACK) + of("types", MYPY))
    for job, tool in (("lint", "black"), ("types", "mypy")):
        done = call("analyze", "--log", both, "--job", job, "--json", code=1)
        assert json.loads(done.stdout)["failure"]["tool"] == tool
    done = call("analyze", "--log", both, "--job", "docs", code=2)
    assert "choose one of: lint, types" in done.stderr


def test_analyze_starts_without_what_it_does_not_need(logs: Path) -> None:
    code = (
        "import sys, regreen.cli as cli\n"
        "try: cli.main()\n"
        "finally: print(sorted({'rich', 'docker', 'httpx', 'githubkit', 'multiprocessing', "
        "'regreen.jobs', 'regreen.recovery', 'regreen.deliver.files'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "analyze", "--log", str(logs / "a.log")],
        capture_output=True, timeout=60, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
