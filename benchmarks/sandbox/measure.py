"""Times of several ways to do one thing, taken in turn, and how they are shown and kept."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from regreen_sandbox.limits import host_memory

RESULTS = Path(__file__).parents[1] / "results"
ROUNDS = 5
Figures = dict[str, float]


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that ``action`` takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def in_turn(actions: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> Figures:
    """Return the median seconds of each action, which says itself how many it took.

    The actions take turns, so that a change of the machine's speed meets all alike; a first round
    warms caches up and does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds + 1):
        for name, action in actions.items():
            seconds[name].append(action())
    return {name: statistics.median(times[1:]) for name, times in seconds.items()}


def show(title: str, figures: Mapping[str, float], floor: str) -> None:
    """Print ``figures`` and their ratio to the one named ``floor``."""
    print(f"\n{title}")
    for name, seconds in figures.items():
        print(f"  {name:44} {seconds:8.3f} s  {seconds / figures[floor]:6.2f} x")


def keep(
    figures: Mapping[str, Mapping[str, float]], engine: str, file: str = "sandbox.jsonl"
) -> None:
    """Append ``figures`` to a history, with what they depend on; nothing names the machine."""
    line = {
        "schema": 1,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _output(["git", "rev-parse", "HEAD"]),
        "changed": bool(_output(["git", "status", "--porcelain", "--untracked-files=no"])),
        "engine": engine,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(host_memory() / (1 << 30)),
        "seconds": {
            title: {name: round(value, 4) for name, value in group.items()}
            for title, group in figures.items()
        },
    }
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / file).open("a", encoding="utf-8") as history:
        history.write(json.dumps(line, sort_keys=True) + "\n")


def command(
    argv: Sequence[str],
    folder: Path | None = None,
    exit_code: int = 0,
    environment: Mapping[str, str] | None = None,
) -> float:
    """Run ``argv`` and return its seconds; another exit code than ``exit_code`` is an error."""
    began = time.perf_counter()
    done = subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, check=False, timeout=300
    )
    seconds = time.perf_counter() - began
    if done.returncode != exit_code:
        words = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        raise SystemExit(f"{argv[0]} ended with {done.returncode}:\n{words}")
    return seconds


def _output(argv: Sequence[str]) -> str:
    folder = Path(__file__).parent
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()
