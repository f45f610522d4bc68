"""Which tests run, told by their ids and by pytest's counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.verify.observing import Observed, fewer, observe
from regreen_sandbox.engine import Engine
from tests.verify.support import red_job

A, B = "t.py::test_a", "t.py::test_b[1]"


def counted(**counts: int) -> Observed:
    return Observed(counts={"Test": (counts,)})


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (Observed({"Test": (A, B)}), Observed({"Test": (A, B, "t.py::test_c")}), ""),
        (Observed({"Test": (A, B)}), Observed({"Test": (A,)}), "t.py::test_b is no longer run"),
        (Observed({"Test": (A, B)}), Observed(), ""),
        (Observed(), Observed({"Test": (A,)}), ""),
        (counted(passed=3, failed=1), counted(passed=4), ""),
        (counted(passed=3, failed=1), counted(passed=3), "3 tests run instead of 4"),
        (counted(passed=3, failed=1), counted(passed=3, skipped=1), "1 tests are skipped"),
        (counted(passed=3, failed=1), counted(passed=3, xfailed=1), "1 tests are xfailed"),
        (counted(passed=3, failed=1), counted(passed=3, deselected=1), "1 tests are deselected"),
        (counted(errors=1), counted(passed=3, skipped=1), ""),
    ],
)
def test_fewer_tests_are_told(before: Observed, after: Observed, words: str) -> None:
    assert bool(found := fewer(before, after)) is bool(words)
    assert words in "; ".join(found)


PYTEST = """\
import importlib, os, sys
class Item:
    nodeid = "test_a.py::test_x"
class Session:
    items = [Item]
options = os.environ.get("PYTEST_ADDOPTS", "").split()
if "--collect-only" not in options:
    print("==== 1 passed in 0.01s ====")
    open("ran", "a").write("x")
for name in options[options.index("-p") + 1:] if "-p" in options else []:
    importlib.import_module(name).pytest_collection_finish(Session)
"""


STEPS = """\
      - {name: Test, run: python3 -m pytest -q}
      - {name: Say, run: echo pytest}
"""


@pytest.mark.docker
def test_ids_are_collected_behind_a_run_and_no_test_runs_again(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    files = {"pytest.py": PYTEST}
    with (
        red_job(engine, base_image, tmp_path, files, STEPS) as job,
        job.workshop.fresh(job.commit) as run,
    ):
        outcome = run.proceed(stop_at_failure=True)
        seen = observe(run, outcome, 60.0)
        ran = run.sandbox.read(f"{run.job.layout.workspace}/ran")
    assert dict(seen.ids) == {"Test": ("test_a.py::test_x",)}
    assert dict(seen.counts) == {"Test": ({"passed": 1},)}
    assert ran == b"x"
