"""The commands around logs as a person types them: pipes, wrong turns, and what to do next."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from regreen.cli import app
from regreen.cli.pull import _json, _text
from regreen.deliver import Console
from regreen.errors import ExitCode, UsageError
from regreen.model import Run, RunJob
from regreen.runs import parse
from tests.logs.hosted import Ran, log

BLACK = log(Ran(script="black --check .", output="would reformat a.py\n\nOh no!", exit_code=1))
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my job.log").write_bytes(BLACK)


def call(*arguments: str, code: int, given: bytes | None = None) -> Result:
    done = CliRunner().invoke(app, list(arguments), input=given)
    assert done.exit_code == code, done.output
    return done


def shell(script: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "sandbox")])
    return subprocess.run(
        ["/bin/bash", "-c", script, "bash", sys.executable],
        env=os.environ | {"PYTHONPATH": path, "NO_COLOR": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_log_may_come_through_a_pipe() -> None:
    wanted = json.loads(call("analyze", "my job.log", "--json", code=1).stdout)
    for way in (("--log", "-"), ("-",)):
        found = json.loads(call("analyze", *way, "--json", code=1, given=BLACK).stdout)
        assert found["asked"]["source"] == "-"
        assert {**found, "asked": None} == {**wanted, "asked": None}
    table = call("analyze", "-", code=1, given=BLACK).stdout
    assert "next:       regreen fix --repo DIR --log FILE" in table
    for way in (("-",), ("--log", "-"), ("my job.log",), ("--log", "my job.log")):
        done = call("rules", "explain", *way, code=0, given=BLACK)
        assert "cause   verdict" in done.stdout


@pytest.mark.parametrize("source", ["/dev/stdin", "/dev/fd/0", "<(cat)"])
def test_what_a_shell_hands_over_is_a_log(source: str) -> None:
    done = shell(f'cat "my job.log" | "$1" -m regreen analyze --json --log {source}')
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert data["asked"]["source"] == "-"
    assert data["failure"]["tool"] == "black"


def test_what_is_piped_in_is_not_replaced_and_leaves_nothing(tmp_path: Path) -> None:
    done = shell('"$1" -m regreen analyze - --output "my job.log" < "my job.log"')
    assert done.returncode == 2
    assert "the report would replace the log" in done.stderr
    spools = tmp_path / "spools"
    spools.mkdir()
    shell(f'export TMPDIR={spools}; cat "my job.log" | "$1" -m regreen analyze -')
    assert list(spools.iterdir()) == []
    assert (tmp_path / "my job.log").read_bytes() == BLACK


def test_a_pipe_that_holds_no_log_is_said() -> None:
    assert "the log is empty" in call("analyze", "-", code=2, given=b"").stderr
    assert "no log is named" in call("analyze", code=2).stderr
    assert "exclude each other" in call("analyze", "a", "--log", "b", code=2).stderr


def test_rules_are_listed_with_tool_and_category() -> None:
    rows = json.loads(call("rules", "list", "--json", code=0).stdout)["rules"]
    black = next(row for row in rows if row["id"] == "black")
    assert (black["tool"], black["category"]) == ("black", "linting_error")
    lines = call("rules", "list", code=0).stdout.splitlines()
    assert len(lines) == len(rows)
    assert any("linting_error (black)" in line for line in lines)
    assert max(map(len, lines)) <= 160


def test_an_explanation_says_when_nothing_was_found(tmp_path: Path) -> None:
    (tmp_path / "odd.log").write_bytes(log(Ran(script="./x", output="Error: zzz", exit_code=9)))
    explained = call("rules", "explain", "odd.log", "--json", code=0).stdout
    said = call("rules", "explain", "odd.log", code=0).stdout
    assert ("none of them found anything" in said) is (not json.loads(explained)["considered"])
    (tmp_path / "odd.log").write_bytes(log(Ran(script="./x", output="zzz", exit_code=9)))
    assert "and none of them found anything" in call("rules", "explain", "odd.log", code=0).stdout


def pulled(folder: str, *jobs: RunJob, conclusion: str | None = "failure") -> Run:
    return Run(
        "github", "https://github.com", "100", 1, "octo/demo", "0" * 40, "CI",
        "https://github.com/octo/demo/actions/runs/100", Path(".regreen/runs") / folder, jobs,
        conclusion=conclusion,
    )  # fmt: skip


def test_a_pull_ends_with_what_to_do_next() -> None:
    red = RunJob("1", "lint", "failure", log=Path("x"))
    assert _text(pulled("github-100", red)).endswith("next: regreen analyze --log github-100")
    older = _text(pulled("github-100/attempt-1", red))
    assert older.endswith("next: regreen analyze --log .regreen/runs/github-100/attempt-1")
    going = _text(pulled("github-100", RunJob("1", "lint", None), conclusion=None))
    assert "it has not ended, and no job has failed so far" in going
    assert "next:" not in going
    assert "no job failed" in _text(pulled("github-100", conclusion="success"))


def test_latest_and_a_run_exclude_each_other() -> None:
    assert "exclude each other" in call("pull", "--latest", "5", code=ExitCode.USAGE).stderr


@pytest.mark.parametrize(
    ("address", "system"),
    [
        ("https://app.circleci.com/pipelines/github/o/n/1", "CircleCI"),
        ("https://dev.azure.com/o/n/_build/results?buildId=7", "Azure Pipelines"),
        ("https://app.travis-ci.com/github/o/n/builds/7", "Travis"),
        ("https://buildkite.com/o/n/builds/7", "Buildkite"),
    ],
)
def test_the_address_of_another_system_says_what_to_do(address: str, system: str) -> None:
    with pytest.raises(UsageError, match=f"runs of {system} cannot be fetched") as caught:
        parse(address, remote=None, environment={})
    assert "regreen analyze --log FILE" in caught.value.next_step


def test_the_size_of_a_small_log_is_no_zero(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.received("small", 2_345, 2_345)
    console.received("large", 2_345_000, 2_345_000)
    said = capsys.readouterr().err
    assert "log of small: 2.3 kB" in said
    assert "log of large: 2.3 MB" in said


def test_the_fields_of_pull_and_rules_are_documented(tmp_path: Path) -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    cells = {
        line.split(" | ")[0].strip("|` "): set(re.findall(r"`(\w+)`", line))
        for line in page.partition("## The other commands")[2].splitlines()
        if line.startswith("| `")
    }
    job = RunJob("1", "lint", "failure", log=Path("x"))
    shown = _json(pulled("github-100", job))
    assert {*shown, *shown["jobs"][0]} - {"schema"} <= cells["pull"]
    listed = json.loads(call("rules", "list", "--json", code=0).stdout)
    assert {"rules", *listed["rules"][0]} <= cells["rules list"]
    assert {*json.loads(call("rules", "test", "--json", code=0).stdout)} - {"schema"} <= cells[
        "rules test"
    ]
    told = json.loads(call("rules", "explain", "my job.log", "--json", code=0).stdout)
    assert {*told, *told["considered"][0]} - {"schema"} <= cells["rules explain"]


@pytest.mark.parametrize("command", ["fix", "reproduce"])
def test_quiet_and_verbose_exclude_each_other(command: str, tmp_path: Path) -> None:
    assert "exclude each other" in call(command, "-q", "-v", code=ExitCode.USAGE).stderr
    assert not (tmp_path / ".regreen").exists()


def test_fix_and_reproduce_take_the_same_options_and_one_more() -> None:
    known: Any = typer.main.get_command(app)
    fix, reproduce = (known.commands[name] for name in ("fix", "reproduce"))
    names = [[option.name for option in one.params] for one in (fix, reproduce)]
    assert [*names[0], "mend"] == names[1]
    assert {"quiet", "verbose", "as_json", "log"} <= set(names[0])
    kinds = {option.name: option for option in reproduce.params}
    assert kinds["matrix"].multiple
    assert kinds["budget"].default == "10m"


def test_what_fails_before_any_job_leaves_a_log_that_is_not_announced(tmp_path: Path) -> None:
    done = call("fix", "--repo", str(tmp_path / "none"), "--json", code=ExitCode.USAGE)
    assert json.loads(done.stdout)["log"] is None
    assert "the log:" not in done.stderr
    [log] = (tmp_path / ".regreen" / "logs").iterdir()
    assert "none" in log.read_text(encoding="utf-8")


def test_where_no_log_can_be_written_that_is_said_and_the_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / ".regreen").symlink_to(tmp_path)
    done = call("reproduce", "--repo", str(tmp_path / "none"), code=ExitCode.USAGE)
    assert "no log is kept: cannot write to" in done.stderr
    assert "no git repository" in done.stderr or "none" in done.stderr
    assert not (tmp_path / "logs").exists()
