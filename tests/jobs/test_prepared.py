"""The set-up of a job is run once for what it reads, and never stands behind a proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regreen.jobs.prepared import Boundary, boundary
from regreen.model import Failure, ReproducedAlone
from regreen.verify import Attempt, reproduce
from regreen_sandbox.caches import born
from regreen_sandbox.engine import Engine
from regreen_sandbox.eviction import prune
from tests.jobs.prepared_support import COUNT, RED, Place, workflow
from tests.repositories import commit, git

pytestmark = pytest.mark.docker

CHECKOUT = "uses: actions/checkout@v4"
LOOK = (
    'test "$(git rev-parse HEAD)" = "$GITHUB_SHA" && test -z "$(git status --porcelain -uno)" &&'
    " ls -A && cat a.txt && exit 1"
)
JOB = workflow(CHECKOUT, f"run: {COUNT}", f"run: {RED}")


@pytest.fixture
def place(engine: Engine, base_image: str, tmp_path: Path) -> Iterator[Place]:
    made = Place(engine, base_image, tmp_path)
    yield made
    prune(made.keep(), everything=True)


def attempt(
    place: Place,
    head: str,
    text: str,
    *,
    step: str | None = None,
    fresh: bool = False,
    expected: tuple[Failure, ...] = (),
) -> Attempt:
    """Reproduce the job as one command would."""
    with (
        place.workshop(head, text, step=step, fresh=fresh) as workshop,
        ExitStack() as stack,
    ):
        return reproduce(
            workshop,
            commit=head,
            tree=workshop.scratch.tree(head),
            step=workshop.job.failing,
            expected=expected,
            snapshots=stack,
        )


def at(place: Place, head: str, text: str, step: str | None = None) -> Boundary | None:
    """Where the set-up of a job ends."""
    with place.workshop(head, text, step=step) as workshop:
        return boundary(workshop.job, head, workshop.scratch.tree(head), ())


def test_the_second_reproduction_begins_behind_the_set_up(place: Place) -> None:
    head = commit(place.repository, {"a.txt": "1"})
    first = attempt(place, head, JOB)
    second = attempt(place, head, JOB)
    fresh = attempt(place, head, JOB, fresh=True)
    assert [a.prepared is None for a in (first, second, fresh)] == [True, False, True]
    for one in (first, second, fresh):
        assert isinstance(one.result, ReproducedAlone)
        assert one.failed is not None
        assert one.failed.log == "again\n", "set-up ran once, on nothing"
        assert [s.conclusion for s in one.result.outcome.steps] == ["success", "success", "failure"]
    assert isinstance(second.result, ReproducedAlone)
    assert [s.reason[:9] for s in second.result.outcome.steps] == ["prepared:", "prepared:", ""]
    assert any("--fresh does it again" in note for note in place.reporter.notes)


def test_another_commit_finds_its_own_files_and_what_set_up_left(place: Place) -> None:
    left = "run: python3 -m venv --without-pip .venv"
    text = workflow(CHECKOUT, left, f"run: {LOOK}")
    first = commit(place.repository, {"a.txt": "1\n", "old/x": "", "same/y": "1"})
    attempt(place, first, text)
    git(place.repository, "rm", "-rq", "old")
    head = commit(place.repository, {"a.txt": "2\n", "new/x": "", "same/y": "2"})
    unsure = attempt(place, head, text)
    assert unsure.prepared is None, "nothing tells whether that commit's set-up is right here"
    attempt(place, first, text, fresh=True)
    second = attempt(place, head, text, expected=unsure.failures)
    assert second.prepared is not None
    assert second.failed is not None
    assert second.failed.log.split() == [".git", ".venv", "a.txt", "new", "same", "2"]


def test_no_proof_begins_behind_it_or_finds_a_cache(place: Place) -> None:
    head = commit(place.repository, {"a.txt": "1"})
    probe = "echo kept > ~/.cache/pip/x; cat ~/.cache/pip/x || true; cat ~/.npm/x || true; exit 1"
    text = workflow(CHECKOUT, f"run: {COUNT}", f"run: {probe}")
    assert attempt(place, head, text).failed is not None
    assert born(place.engine)
    with place.workshop(head, text) as workshop, workshop.fresh(head) as run:
        outcome = run.proceed(stop_at_failure=True)
        assert len(outcome.steps) == 3
        assert outcome.steps[1].reason == ""
        assert "kept" not in outcome.steps[2].log
        assert run.sandbox.run(
            ("/usr/bin/test", "-e", "/home/runner/.npm"), env={}, cwd="/", timeout=9
        ).exit_code


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((f"run: {COUNT}\n        continue-on-error: true", "run: exit 1"), "kept"),
        (("run: 'false'\n        continue-on-error: true", "run: exit 1"), "a failure"),
        (("run: sleep 100 &", "run: exit 1"), "a process"),
        (("run: echo 2 > /home/runner/work/name/name/a.txt", "run: exit 1"), "a tracked file"),
    ],
)
def test_what_another_job_could_not_begin_behind_is_not_kept(
    place: Place, steps: tuple[str, ...], why: str
) -> None:
    head = commit(place.repository, {"a.txt": "1"})
    attempt(place, head, workflow(CHECKOUT, *steps), step="Run exit 1")
    assert bool(place.keep().environments.names()) is (why == "kept")


def test_an_environment_that_misleads_is_set_up_anew(place: Place) -> None:
    head = commit(place.repository, {"a.txt": "1"})
    text = workflow(CHECKOUT, f"run: {COUNT}", 'run: test -n "$PASS" || exit 1')
    attempt(place, head, text)
    keep = place.keep()
    [key] = keep.environments.names()
    record = dict(keep.environments.read(key) or {})
    record["data"]["state"]["env"] = {"PASS": "1"}
    keep.environments.write(key, record)
    second = attempt(place, head, text)
    assert isinstance(second.result, ReproducedAlone), "it passes behind what was kept"
    assert second.prepared is None
    assert attempt(place, head, text).prepared is not None, "what misled has given way"


def test_the_key_holds_what_set_up_reads(place: Place) -> None:
    files = {"requirements.txt": "a==1\n", "app.py": "1\n", "setup.py": ""}
    named = workflow(CHECKOUT, "run: pip install -r requirements.txt", "run: pytest")
    whole = workflow(CHECKOUT, "run: pip install -e .", "run: pytest")
    scripts = workflow(CHECKOUT, "run: make deps", "run: pytest")
    first = commit(place.repository, files)
    before = [at(place, first, text) for text in (named, whole)]
    second = commit(place.repository, {"app.py": "2\n"})
    after = [at(place, second, text) for text in (named, whole)]
    assert before[0] == after[0]
    assert before[1] != after[1]
    third = commit(place.repository, {"requirements.txt": "a==2\n"})
    assert at(place, third, named) != after[0]
    assert [b.position for b in before if b] == [2, 2]
    assert at(place, first, scripts) is not None, "the checkout"
    known = at(place, first, scripts, step="pytest")
    assert known is not None
    assert (known.position, known.bound) == (2, True)
    told = workflow(
        CHECKOUT, "run: pip install a\n        env: {X: '${{ github.sha }}'}", "run: pytest"
    )
    moved = at(place, first, told)
    assert moved is not None
    assert moved.bound
