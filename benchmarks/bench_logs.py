"""How fast a whole ``regreen analyze`` reads a big log, and in how much memory, beside ``grep``.

Usage: ``python benchmarks/bench_logs.py [BYTES] [RUNS]`` (default: 1000000000 bytes, 5 runs). For a
failure near the start, in the middle, near the end, and at the end of one huge step: medians of
both commands, run in turn, on the same file; process start included.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

PLACES = ("start", "middle", "end", "within")
"""Where the failing step stands among the others; ``within``: at the end of the only step."""
_START = datetime(2024, 5, 1, 12, tzinfo=UTC)
_BLOCK = 4000
_SHAPES = (
    "Collecting {word}-{word2}=={n}.{m}.0",
    "  Downloading {word}_{word2}-{n}.{m}.0-py3-none-any.whl ({n} kB)",
    "     \x1b[38;5;237m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[32m{n}.{m}/{n}.{m} MB\x1b[0m",
    "#{n} {m}.{n} Get:{m} http://deb.example.org/debian {word} amd64 {n}.{m}-1 [{n} kB]",
    "[{m}/{n}] Building CXX object src/{word}/CMakeFiles/{word2}.dir/{word}.cpp.o",
    "tests/{word}/test_{word2}.py::test_{word}[{n}-{m}] PASSED                        [ {m}%]",
    "  warning: '{word}' is deprecated: use {word2} instead (error codes are kept)",
    "DEBUG {word}.{word2}: request {n} took {m} ms, retry 0, timeout 30",
    "added {n} packages, and audited {m} packages in {n}s",
    "   Compiling {word} v{n}.{m}.0 (/home/runner/work/demo/demo/crates/{word2})",
)
_WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "core",
    "util",
    "parse",
    "model",
    "view",
    "http",
    "json",
    "log",
    "cache",
    "table",
]
_REGREEN = (sys.executable, "-m", "regreen", "analyze", "--json", "--log")
_OUT = str(Path(tempfile.gettempdir()) / f"bench-logs-{os.getpid()}")
_GREP = ("grep", "-c", r"##\[error\]")


def main() -> int:
    """Write the logs, time both commands, print a table."""
    size = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(f"{size / 1e6:.0f} MB, medians of {runs}")
    print("failure   regreen   cpu       GB/s   peak MB   grep      ratio")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as rest:
        rest.callback(Path(_OUT).unlink, missing_ok=True)
        for place in PLACES:
            path = Path(folder) / "job.log"
            write(path, size, place)
            ours, theirs, busy, peaks = [], [], [], []
            for number in range(runs + 1):
                seconds, cpu, peak, code = _run(*_REGREEN, str(path))
                assert code == 1, f"exit code {code}: the failure was not found"
                grep, _, _, _ = _run(*_GREP, str(path))
                if number:  # the first brings the file into the page cache
                    ours.append(seconds)
                    theirs.append(grep)
                    busy.append(cpu)
                    peaks.append(peak)
            mine, other = statistics.median(ours), statistics.median(theirs)
            speed = path.stat().st_size / mine / 1e9
            print(
                f"{place:<8} {mine:7.2f} s {statistics.median(busy):6.2f} s {speed:9.2f}"
                f" {max(peaks):9.0f} {other:7.2f} s {mine / other:7.1f}"
            )
    return 0


def _run(*command: str) -> tuple[float, float, float, int]:
    """Run a command; return seconds, processor seconds, peak resident MB and exit code."""
    began = time.perf_counter()
    child = os.posix_spawnp(
        command[0],
        command,
        os.environ,
        # not /dev/null: grep would stop at its first match
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, _OUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)],
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - began
    cpu = usage.ru_utime + usage.ru_stime
    return seconds, cpu, usage.ru_maxrss / 1000, os.waitstatus_to_exitcode(status)


def write(path: Path, size: int, place: str) -> None:
    """Write a log of about ``size`` bytes to ``path`` whose failure stands at ``place``."""
    before = {"start": 0, "middle": size // 2, "end": size, "within": 0}[place]
    moments = (_START + timedelta(milliseconds=n) for n in range(1 << 62))
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:

        def say(*lines: str) -> None:
            for line, moment in zip(lines, moments, strict=False):
                file.write(f"{moment:%Y-%m-%dT%H:%M:%S.%f}7Z {line}\n")

        def noise(count: int) -> None:
            end = file.tell() + count
            for block in _blocks():
                if file.tell() >= end:
                    break
                say(*block)

        say("Current runner version: '2.319.1'", "Complete job name: lint")
        say(*_heading("make everything"))
        noise(before)
        say(*_heading("ruff check ."))
        noise(size if place == "within" else 0)
        say("src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error.")
        say(
            "[*] 1 fixable with the `--fix` option.", "##[error]Process completed with exit code 1."
        )
        if before < size and place != "within":
            say(*_heading("cat everything.log"))
            noise(size - before)
        say("Post job cleanup.", "Cleaning up orphan processes")


def _heading(script: str) -> tuple[str, ...]:
    shown = f"\x1b[36;1m{script}\x1b[0m"
    return (f"##[group]Run {script}", shown, "shell: /usr/bin/bash -e {0}", "##[endgroup]")


def _blocks() -> Iterator[list[str]]:
    """Blocks of made-up output; the same ones in every run."""
    source = random.Random(1)
    pool = [
        source.choice(_SHAPES).format(
            word=source.choice(_WORDS),
            word2=source.choice(_WORDS),
            n=source.randrange(1000),
            m=source.randrange(100),
        )
        for _ in range(_BLOCK)
    ]
    while True:
        yield pool


if __name__ == "__main__":
    raise SystemExit(main())
