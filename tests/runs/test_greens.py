"""The last green run's log: asked for by workflow and default branch, and fetched once."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.model import Run, RunJob
from regreen.runs import Access, green_job
from tests.runs import bodies
from tests.runs.conftest import KEY, SECRET, Fetch, hide
from tests.runs.hub import ACTIONS, API, Hub, told

RUNS = f"{ACTIONS}/workflows/ci.yml/runs"


@pytest.fixture
def red(github: Hub, fetch: Fetch) -> Run:
    """A red run that was pulled, and a green one before it."""
    github.serve_run(bodies.run(), bodies.job(1, "test (3.12)"))
    github.serve_log(1, b"red\n")
    green = bodies.run(90, conclusion="success")
    home = bodies.body("repository", default_branch="trunk")
    github.on(f"{API}/repos/octo/app", told("repository", home))
    listed = bodies.body("runs of a workflow", workflow_runs=[green], total_count=1)
    github.on(RUNS, told("runs of a workflow", listed))
    github.serve_run(
        green,
        bodies.job(8, "test (3.11)", run_id=90, conclusion="success"),
        bodies.job(9, "test (3.12)", run_id=90, conclusion="success"),
    )
    github.serve_log(9, f"Successfully installed a-1 {SECRET}\n".encode())
    return fetch()


def asked(red: Run, store: Path, access: Access) -> tuple[Run, RunJob] | None:
    return green_job(red, red.jobs[0], store, mask=hide, key=KEY, access=access)


def test_the_same_job_of_the_newest_green_run_on_the_default_branch(
    github: Hub, red: Run, store: Path, access: Access
) -> None:
    found = asked(red, store, access)
    assert found is not None
    run, job = found
    assert (run.id, job.name, run.folder) == ("90", "test (3.12)", store / "github-90")
    assert job.log is not None
    assert job.log.read_bytes() == b"Successfully installed a-1 ***\n"
    [query] = [one.query for one in github.asked if one.path == RUNS]
    assert (query["status"], query["branch"]) == ("success", "trunk")
    assert query["created"] == "<2024-05-01T12:00:00Z"
    assert asked(red, store, access) == found
    assert github.count("/blob/9") == 1
    assert github.count(f"{ACTIONS}/jobs/8/logs") == 0


def test_without_a_green_run_or_with_the_job_red_in_it_there_is_none(
    github: Hub, red: Run, store: Path, access: Access
) -> None:
    github.serve_run(bodies.run(90, conclusion="success"), bodies.job(9, "test (3.12)", run_id=90))
    github.serve_log(9, b"red\n")
    assert asked(red, store, access) is None
    nothing = bodies.body("runs of a workflow", workflow_runs=[], total_count=0)
    github.on(RUNS, told("runs of a workflow", nothing))
    assert asked(red, store, access) is None
