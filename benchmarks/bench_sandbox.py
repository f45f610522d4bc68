"""The sandbox beside bare ``docker``, ``act`` and ``actdbg``, in the same image.

Prints medians and their ratio to the floor, and appends them to ``results/sandbox.jsonl``. Names
after the command choose parts: ``containers jobs candidates snapshots
prepared``.
"""

from __future__ import annotations

import sys

from benchmarks.sandbox import candidates, containers, jobs, prepared, snapshots
from benchmarks.sandbox.measure import Figures, keep, show
from regreen_sandbox.engine import connect
from regreen_sandbox.images import ImageSettings, ensure_base

FLOORS = {
    "start": "docker run",
    "command": "docker exec",
    "again": "docker run of a commit",
    "ten": "docker run",
    "job": "docker run",
    "step": "docker exec",
    "taking": "plain copy",
    "restoring": "plain container",
    "prepared": "first",
}


def main() -> None:
    """Measure the parts that are named, or all."""
    parts = sys.argv[1:] or ["containers", "jobs", "candidates", "snapshots", "prepared"]
    figures: dict[str, Figures] = {}
    with connect() as engine:
        image = ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print)
        for part in parts:
            measured = {
                "containers": lambda: containers.measure(engine, image.reference),
                "jobs": lambda: jobs.measure(image.reference),
                "candidates": lambda: candidates.measure(engine, image.reference),
                "snapshots": lambda: snapshots.measure(engine, image.reference),
                "prepared": prepared.measure,
            }[part]()
            for title, group in measured.items():
                figures.setdefault(title, {}).update(group)
        if "step" in figures and "command" in figures:
            floor = {"docker exec": figures["command"]["docker exec"]}
            figures["step"] = floor | figures["step"]
        for title, group in figures.items():
            floor_name = FLOORS.get(title, "")
            show(title, group, floor_name if floor_name in group else next(iter(group)))
        keep(figures, engine.version)


if __name__ == "__main__":
    main()
