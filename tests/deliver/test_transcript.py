"""The log file: always there, whole up to its last line, bounded, readable by ``analyze``."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from regreen.deliver import Transcript, ringfile
from regreen.deliver import transcript as room
from regreen.errors import UsageError
from regreen.logs import analyze_file
from regreen.model import StepOutcome


def ended(name: str, code: int) -> StepOutcome:
    conclusion = "failure" if code else "success"
    return StepOutcome(0, name, "x", conclusion, code, 1.25, "", "0" * 64, "")


def told(log: Transcript, output: str = "would reformat a.py\n\nOh no! 💥\n") -> None:
    log.stage("Reproduce the failure")
    log.note("a note")
    log.job_started("lint (3.12, ubuntu)")
    log.step_started("Check out", "actions/checkout@v4")
    log.step_ended(ended("Check out", 0))
    log.step_started("style", "black --check .\necho no more\n")
    log.output(output)
    log.step_ended(ended("style", 1))


def test_it_is_named_written_at_once_and_read_by_analyze(tmp_path: Path) -> None:
    log = Transcript.begin(tmp_path)
    told(log)
    assert re.fullmatch(r"\d{8}T\d{6}Z-lint-3.12-ubuntu\.log", log.path.name)
    assert log.path.parent == tmp_path / ".regreen" / "logs"
    assert list(log.path.parent.iterdir()) == [log.path]
    text = log.path.read_text(encoding="utf-8")  # not closed yet, as after a kill -9
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z "
    assert all(re.match(stamp, line) for line in text.splitlines())
    assert "== step style: failure, exit 1, 1.2 s" in re.sub(stamp, "", text)
    found = analyze_file(log.path)
    assert found.failure is not None
    assert (found.failure.tool, found.failure.exit_code) == ("black", 1)
    assert found.failure.command == "black --check .\necho no more"
    log.close("Red.")
    log.close()
    log.note("too late is no error")
    assert log.path.read_text(encoding="utf-8").endswith("Z Red.\n")


def test_two_of_one_second_are_two_files_and_the_oldest_go(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    old = [folder / f"20200101T0000{n:02}Z-lint.log" for n in range(30)]
    other = folder / "notes.log"
    for path in (*old, other):
        path.write_text("x")
    logs = [Transcript(folder) for _ in range(3)]
    for log in logs:
        log.job_started("lint")
    left = sorted(folder.iterdir())
    assert len({log.path for log in logs}) == 3
    assert len(left) == room.KEPT + 1
    assert {log.path for log in logs} | {other, old[-1]} <= set(left)
    assert old[0] not in left
    for log in logs:
        log.close()


@pytest.mark.parametrize("part", [".regreen", ".regreen/logs"])
def test_it_goes_through_no_link(tmp_path: Path, part: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here" / part).parent.mkdir(parents=True)
    (tmp_path / "here" / part).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="symbolic link"):
        Transcript.begin(tmp_path / "here")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_hostile_job_s_name_stays_in_the_folder(tmp_path: Path) -> None:
    log = Transcript(tmp_path / "logs")
    log.job_started("../../é\n\x1b[2J" + "x" * 500)
    assert log.path.parent == tmp_path / "logs"
    assert log.path.exists()
    assert len(log.path.name) < 100
    assert "\x1b[2J" not in log.path.read_text(encoding="utf-8")
    log.close()


def test_of_a_flood_the_beginning_and_the_end_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringfile, "PART", 50_000)
    log = Transcript(tmp_path / "logs")
    log.step_started("flood", "yes")
    most = 0
    for number in range(20_000):
        log.output(f"line {number}\n")
        most = max(most, log.path.stat().st_size)
    assert most < 170_000
    assert "line 19999\n" in log.path.read_text()  # before the step's end too
    log.step_ended(ended("flood", 0))
    log.note("behind it")
    text = log.path.read_text(encoding="utf-8")
    assert len(text) < 110_000
    gone = re.search(r"^\[ +(\d+) bytes of this output are left out here\]$", text, re.MULTILINE)
    assert gone is not None
    numbers = [int(n) for n in re.findall(r"Z line (\d+)$", text, re.MULTILINE)]
    assert numbers == sorted(numbers)
    assert (numbers[0], numbers[-1]) == (0, 19_999)
    width = len("2026-01-01T00:00:00.0000000Z line ")
    missing = set(range(20_000)) - set(numbers)
    assert sum(width + len(str(n)) + 1 for n in missing) == int(gone[1])
    assert text.endswith("   behind it\n")
    log.close()


def test_a_log_that_cannot_be_written_any_more_ends_no_work(tmp_path: Path) -> None:
    log = Transcript(tmp_path / "logs")
    log.job_started("lint")
    assert log._file is not None
    handle = log._file._handle
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, handle)
    os.close(full)
    told(log)
    log.close()
    assert "No space left" in log.fault
