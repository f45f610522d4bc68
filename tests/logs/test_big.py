"""Memory does not grow with the log, whatever the log is made of."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from regreen.logs import analyze_file
from regreen.logs.raw import CHUNK, RawLog
from tests.logs.hosted import Ran, job, stamped

MOST_MB = 100
SIZE = 96 << 20
FAILED = Ran(script="ruff check .", output="a.py:1:8: F401 `os` imported but unused", exit_code=1)


def stretched(piece: bytes, place: int) -> Iterator[bytes]:
    """A failed job's log with 96 MiB of ``piece`` in the output of one of its steps."""
    lines = (
        stamped(job(Ran(script="make"), FAILED, Ran(script="cat log"))).encode().splitlines(True)
    )
    for number, line in enumerate(lines):
        yield line
        if number == place:
            block = piece * max(CHUNK // len(piece), 1)
            for _ in range(SIZE // len(block)):
                yield block
            yield b"\n"


def place(heading: bytes) -> int:
    """The number of the last line that the runner itself prints below a step's heading."""
    lines = stamped(job(Ran(script="make"), FAILED, Ran(script="cat log"))).encode().splitlines()
    at = next(n for n, line in enumerate(lines) if heading in line)
    return next(n for n in range(at, len(lines)) if b"##[endgroup]" in lines[n])


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


PEAK = """
import atexit, pathlib, sys
status = pathlib.Path("/proc/self/status")
hwm = lambda: next(line for line in status.read_text().splitlines() if "VmHWM" in line)
atexit.register(lambda: print(hwm(), file=sys.stderr))
from regreen.cli import main
main()
"""
"""The command, and then its peak in kB; ``ru_maxrss`` would count the process that started it."""
LINE = b"2024-05-01T12:00:01.0000000Z a line like any other, of some length\n"
HEADING = b"2024-05-01T12:00:01.0000000Z ##[group]Run x\n2024-05-01T12:00:01.0000000Z y\n"


@pytest.mark.parametrize(
    ("heading", "piece"),
    [
        pytest.param(b"Run make", LINE, id="before"),
        pytest.param(b"Run ruff", LINE, id="within"),
        pytest.param(b"Run cat", LINE, id="behind"),
        pytest.param(b"Run ruff", b"x" * 4096, id="one line"),
        pytest.param(b"Run ruff", b"\0\xff\xfe\x80" * 1024, id="bytes"),
        pytest.param(b"Run make", b"progress 10%\r", id="progress"),
        pytest.param(b"Run ruff", b"\n", id="empty lines"),
        pytest.param(b"Run make", LINE[:29] + b"##[error]again\n" * 16, id="errors"),
        pytest.param(b"Run cat", HEADING * 16, id="headings"),
        pytest.param(b"Run ruff", b"\x1b[31merror: \x1b[0m FAILED a.py::b - Error\n", id="words"),
    ],
)
def test_resident_memory_stays_small(folder: Path, heading: bytes, piece: bytes) -> None:
    path = folder / "job.log"
    with path.open("wb") as file:
        file.writelines(stretched(piece, place(heading)))
    command = (sys.executable, "-c", PEAK, "analyze", "--json", "--log", str(path))
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["failure"]["step"]
    assert int(done.stderr.split()[-2]) / 1024 < MOST_MB


def test_windows_tell_the_same_lines_as_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    text = b"".join(b"%d\n" % n for n in range(400_000)) + b"end"
    path.write_bytes(b"\xef\xbb\xbf" + text)
    with RawLog.open(path) as log:
        hits = [at for at, _ in log.survey(re.compile(rb"9999\n"))]
        assert log.lines == 400_001
        for at in hits[::7]:
            whole = path.read_bytes()
            assert log.number(at) == whole[:at].count(b"\n") + 1
        assert len(hits) == len(re.findall(rb"9999\n", text))


@pytest.mark.parametrize("shift", [1, 5, 8])
def test_a_mark_on_the_border_of_two_chunks_is_found(tmp_path: Path, shift: int) -> None:
    lines = stamped(job(FAILED)).encode()
    missing = CHUNK - lines.index(b"##[error]") - shift
    head, rest = lines.split(b"\n", 1)
    path = tmp_path / "log"
    path.write_bytes(head + b"\n" + b"y" * (missing - 1) + b"\n" + rest)
    assert path.read_bytes().index(b"##[error]") == CHUNK - shift
    failure = analyze_file(path).failure
    assert failure is not None
    assert failure.tool == "ruff"
