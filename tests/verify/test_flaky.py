"""What makes the difference for a test that comes and goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.logs import classify
from regreen.verify.flaky import Tally, circumstances, examine
from regreen_sandbox.engine import Engine
from tests.verify.support import red_job

KEY = ("tests/test_a.py", None, "test_x")
WAYS = circumstances((KEY,))
SEEDS = [at for at, way in enumerate(WAYS) if way.cause == "randomness"]
REVERSED = next(at for at, way in enumerate(WAYS) if way.order == "reversed")
ZONE = next(at for at, way in enumerate(WAYS) if "TZ" in way.env)


def cause(plain: str, **other: str) -> tuple[int, int, str]:
    """Return what is said; runs are letters, R for red and G for green."""

    def runs(letters: str) -> list[frozenset[tuple[str | None, str | None, str]]]:
        return [frozenset({KEY}) if letter == "R" else frozenset() for letter in letters]

    tally = Tally(runs(plain), {int(at[1:]): runs(said) for at, said in other.items()})
    (found,) = tally.result({KEY: "tests/test_a.py::test_x"}, WAYS)
    assert found.test == "tests/test_a.py::test_x"
    return found.failed, found.runs, found.cause


def test_only_pytest_s_tests_are_put_in_another_order() -> None:
    assert [way.cause for way in circumstances(())] == ["network"]
    causes = [way.cause for way in circumstances(((None, None, "test_a.T.test_x"),))]
    assert "order" not in causes
    assert {"randomness", "time zone", "locale", "network"} == set(causes)
    alone = [way.order for way in WAYS if way.cause == "order"]
    assert alone == ["reversed", "tests/test_a.py::test_x"]


@pytest.mark.parametrize(
    ("plain", "other", "said"),
    [
        ("GGG", {}, (0, 3, "")),
        ("GGG", {f"w{REVERSED}": "RRR"}, (0, 3, "order")),
        ("GGG", {f"w{REVERSED}": "RGR"}, (0, 3, "")),
        ("GGG", {f"w{REVERSED}": "R"}, (0, 3, "")),
        ("RRR", {f"w{ZONE}": "GGG"}, (3, 3, "time zone")),
        ("GRG", {f"w{SEEDS[0]}": "RRR", f"w{SEEDS[1]}": "GGG"}, (1, 3, "randomness")),
        ("GRG", {f"w{SEEDS[0]}": "GGG"}, (1, 3, "")),
        ("GRG", {f"w{ZONE}": "GRR"}, (1, 3, "")),
    ],
)
def test_a_cause_is_named_only_where_it_settles_the_test(
    plain: str, other: dict[str, str], said: tuple[int, int, str]
) -> None:
    assert cause(plain, **other) == said


STEPS = """\
      - run: python3 -m unittest -v
      - run: echo behind
"""
UNITTEST = """\
import os, unittest
class T(unittest.TestCase):
    def test_seed(self):
        self.assertNotEqual(os.environ.get("PYTHONHASHSEED"), "2")
    def test_zone(self):
        self.assertFalse(os.environ.get("TZ"))
    def test_well(self):
        pass
"""
LOG = """\
FAIL: test_well (test_a.T.test_well)
Ran 3 tests in 0.001s

FAILED (failures=1)
"""


@pytest.mark.docker
def test_a_job_that_passes_is_run_under_other_circumstances(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    with red_job(engine, base_image, tmp_path, {"test_a.py": UNITTEST}, STEPS) as job:
        assert job.attempt.failed is None
        expected = classify("python3 -m unittest", "Run tests", LOG, 1)
        tree = job.scratch.tree(job.commit)
        found = examine(job.workshop, job.commit, tree, 1, expected)
        assert {(one.test, one.failed, one.runs, one.cause) for one in found} == {
            ("test_a.T.test_well", 0, 3, ""),
            ("test_a.T.test_seed", 0, 3, "randomness"),
            ("test_a.T.test_zone", 0, 3, "time zone"),
        }
