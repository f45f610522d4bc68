"""How long ``regreen-syntax`` holds up a commit, beside Python's own start and compile."""

from __future__ import annotations

import compileall
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_ROUNDS = 7
_HOOK = (sys.executable, "-P", "-m", "regreen_hooks.syntax")


def seconds(command: Sequence[str], directory: Path) -> float:
    """Return the median time of ``command`` over some rounds."""
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        subprocess.run(command, cwd=directory, check=True, timeout=120)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Print one line a measurement, in seconds."""
    library = Path(sysconfig.get_path("stdlib"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        names = [path.name for path in sorted(library.glob("*.py"))[:100]]
        for name in names:
            shutil.copy(library / name, work / name)
        rows = {
            "python alone": seconds((sys.executable, "-P", "-c", ""), work),
            "nothing to check": seconds(_HOOK, work),
            f"{len(names)} files of the standard library": seconds((*_HOOK, *names), work),
        }
        start = time.perf_counter()
        compileall.compile_dir(work, quiet=2, force=True)
        rows[f"compileall of the same {len(names)}, in process"] = time.perf_counter() - start
    for name, value in rows.items():
        sys.stdout.write(f"{value:8.3f} s  {name}\n")


if __name__ == "__main__":
    main()
