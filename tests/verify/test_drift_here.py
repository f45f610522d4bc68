"""A release that broke a job, found in a sandbox by what the last green run's log shows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen.logs.installed import installed_in
from regreen.model import Ending, Try
from regreen.report import Silent
from regreen.verify import Bench, red_stand
from regreen.verify.drift import find_drift
from regreen.verify.drift_before import Before
from regreen_sandbox.engine import Engine
from regreen_sandbox.index import Upstream
from tests.sandbox import index_support
from tests.sandbox.index_support import Release, wheel
from tests.verify.support import red_job

pytestmark = pytest.mark.docker

STEPS = """\
      - run: python3 -m venv .venv && .venv/bin/pip install -q app lib
      - run: .venv/bin/python -c "import app, lib; lib.old"
"""
CODES = {"1.0": "old = 1\n", "1.1": "old = 1\n", "2.0": "new = 1\n"}
GREEN = "Successfully installed app-2.0 lib-1.0\n"


def test_what_the_green_log_had_otherwise_is_put_back_and_the_first_bad_release_named(
    engine: Engine, base_image: str, tmp_path: Path, httpserver: HTTPServer
) -> None:
    index = index_support.Upstream(httpserver)
    for name in ("app", "lib"):
        for month, (version, code) in enumerate(CODES.items(), start=1):
            content = wheel(name, version, code=code)
            file = f"{name}-{version}-py3-none-any.whl"
            index.add(name, Release(file, content, f"2024-0{month}-01T00:00:00Z"))
    upstream, as_of = Upstream(index.url), datetime(2024, 5, 1, tzinfo=UTC)
    with red_job(
        engine, base_image, tmp_path, {"a.py": ""}, STEPS, upstream=upstream, as_of=as_of
    ) as red:
        bench = Bench.of(red.workshop, red.scratch, red.commit, 120)
        stand = red_stand(red.attempt, red.workshop, bench.base)
        tries: list[Try] = []
        green = Before("the green log", installed_in(GREEN), sure=True)
        drift = find_drift(
            bench, stand, since=None, windows=(), reporter=Silent(), green=[green],
            tell=tries.append,
        )  # fmt: skip
    assert drift is not None
    [blame] = drift.blames
    assert (blame.name, blame.good, blame.bad, blame.installed) == ("lib", "1.1", "2.0", "2.0")
    assert tries[0].why == "does the step pass with lib 1.0?"
    assert [one.ending for one in tries] == [Ending.PROGRESS, Ending.PROGRESS]


HELD = """\
      - run: |
          python3 -m venv .venv && .venv/bin/pip install -q tool
          .venv/bin/python -c "import tool; tool.old"
"""


def test_a_release_that_only_keeps_another_one_old_is_not_blamed(
    engine: Engine, base_image: str, tmp_path: Path, httpserver: HTTPServer
) -> None:
    index = index_support.Upstream(httpserver)
    for month, version in ((1, "1.0"), (4, "2.0")):
        needs = [f"base>={version}"]
        for name, content in (
            ("base", wheel("base", version)),
            ("tool", wheel("tool", version, requires=needs, code=CODES[version])),
        ):
            file = f"{name}-{version}-py3-none-any.whl"
            index.add(name, Release(file, content, f"2024-0{month}-01T00:00:00Z"))
    upstream, as_of = Upstream(index.url), datetime(2024, 5, 1, tzinfo=UTC)
    with red_job(
        engine, base_image, tmp_path, {"a.py": ""}, HELD, upstream=upstream, as_of=as_of
    ) as red:
        bench = Bench.of(red.workshop, red.scratch, red.commit, 120)
        stand = red_stand(red.attempt, red.workshop, bench.base)
        since = datetime(2024, 3, 1, tzinfo=UTC)
        tries: list[Try] = []
        drift = find_drift(
            bench, stand, since=since, windows=(), reporter=Silent(), tell=tries.append
        )
    assert drift is not None
    assert [(blame.name, blame.bad) for blame in drift.blames] == [("tool", "2.0")], tries
