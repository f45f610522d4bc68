"""How fast a whole ``regreen analyze`` reads a big log, and in how much memory, beside ``grep``.

Usage: ``python benchmarks/bench_logs.py [BYTES] [RUNS]`` (default: 1000000000 bytes, 5 runs). For a
failure near the start, in the middle, near the end, and at the end of one huge step: medians of
both commands, run in turn, on the same file; process start included.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from biglog import PLACES, write

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
                f"{place:<8} {mine:7.2f} s {statistics.median(busy):6.2f} s {speed:9.2f} {max(peaks):9.0f} {other:7.2f} s"
                f" {mine / other:7.1f}"
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


if __name__ == "__main__":
    raise SystemExit(main())
