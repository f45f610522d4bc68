"""Ten candidates for one failing step, one at a time and one for each processor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.sandbox.measure import Figures, in_turn, timed
from regreen.model import Budget, Edit, Failure, Proposal
from regreen.report import Silent
from regreen.scene import Scene
from regreen.verify import Bench, Found, red_stand, search
from regreen.verify.stand import Stand
from regreen_sandbox.engine import Engine
from tests.verify.support import Red, red_job

CANDIDATES = 10
_ROUNDS = 3
_WORK = {
    "waits 1 s": "sleep 1",
    "computes 1 s": "python3 -c 'import time\nwhile time.process_time() < 1: pass'",
}
_STEP = """\
      - run: |
          %s
          . ./orders.py; echo "it is worth $WORTH"; test $WORTH -ge 1
"""


def measure(engine: Engine, image: str) -> dict[str, Figures]:
    """Return the seconds of searches in which the last of ten candidates mends the job."""
    cores = len(os.sched_getaffinity(0))
    figures: dict[str, Figures] = {}
    for name, work in _WORK.items():
        step = _STEP % work.replace("\n", "\n          ")
        with (
            tempfile.TemporaryDirectory(prefix="regreen-bench-") as folder,
            red_job(engine, image, Path(folder), {"orders.py": "WORTH=0\n"}, step) as red,
        ):
            ways = {f"{jobs} at a time": partial(timed, partial(_look, red, jobs)) for jobs in
                    dict.fromkeys((1, cores))}  # fmt: skip
            figures[f"ten candidates, the step {name}"] = in_turn(ways, _ROUNDS)
    return figures


def _look(red: Red, jobs: int) -> None:
    bench = Bench.of(red.workshop, red.scratch, red.commit, 300)
    found = search(
        _ideas,
        _scene,
        bench,
        red_stand(red.attempt, red.workshop, bench.base),
        budget=Budget(seconds=300, jobs=jobs),
        reporter=Silent(),
        memory=64 << 20,
    )
    assert isinstance(found, Found)


def _scene(stand: Stand) -> Scene:
    return Scene(stand.tree, "", stand.outcome.log, ".")


def _ideas(failures: Sequence[Failure], _: Scene) -> Iterable[tuple[Failure, Proposal]]:
    for number in range(1, CANDIDATES + 1):
        worth = int(number == CANDIDATES)
        yield failures[0], Edit(f"{number}", "", {"orders.py": f"WORTH={worth}\n# {number}\n"})
