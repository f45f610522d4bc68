"""Coming back to the step that fails: from a snapshot, or by running the steps before it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from regreen.jobs.runner import JobRun
from regreen.jobs.workshop import Workshop
from regreen.verify import Attempt, reproduce
from regreen.verify.checkpoints import Checkpoints
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.eviction import prune
from regreen_sandbox.labels import KIND, OWNER, Kind, Owner
from tests.jobs.prepared_support import Place, workflow
from tests.repositories import commit

pytestmark = pytest.mark.docker

CHECKOUT = "uses: actions/checkout@v4"
QUICK = (
    CHECKOUT,
    'run: echo "WORD=kept" >> "$GITHUB_ENV"; echo again >> ~/ran',
    "id: told\n        run: echo out=5 >> $GITHUB_OUTPUT; echo untracked > b.txt",
    *(["run: 'true'"] * 6),
    "run: echo $WORD ${{ steps.told.outputs.out }} $(cat b.txt ~/ran); exit 1",
)
SAID = "kept 5 untracked again\n"


@contextmanager
def red(
    engine: Engine, image: str, folder: Path, steps: tuple[str, ...], step: str | None = None
) -> Iterator[tuple[Workshop, Attempt]]:
    """Yield a job that was reproduced, without anything kept of it."""
    place = Place(engine, image, folder)
    head = commit(place.repository, {"a.txt": "1\n"})
    try:
        with place.workshop(head, workflow(*steps), step=step) as workshop, ExitStack() as stack:
            workshop.premises = replace(workshop.premises, keep=None)
            yield (
                workshop,
                reproduce(
                    workshop,
                    commit=head,
                    tree=workshop.scratch.tree(head),
                    step=workshop.job.failing,
                    expected=(),
                    snapshots=stack,
                ),
            )
    finally:
        prune(place.keep(), everything=True)


def snapshots(engine: Engine) -> int:
    mine = [f"{OWNER}={Owner.current()}", f"{KIND}={Kind.SNAPSHOT}"]
    return len(engine.client.api.images(filters={"label": mine}))


def last_words(run: JobRun) -> str:
    """Run what is left and return what the last step said."""
    return run.proceed(stop_at_failure=True).steps[-1].log


def test_quick_steps_cost_no_snapshot_and_are_run_again_once(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    with red(engine, base_image, tmp_path, QUICK) as (workshop, attempt):
        assert attempt.failed is not None
        assert attempt.failed.log == SAID
        assert attempt.checkpoint is not None
        assert snapshots(engine) == 0
        for _ in range(2):
            with workshop.resume(attempt.checkpoint) as run:
                assert run.state.position == len(QUICK) - 1
                assert last_words(run) == SAID
            assert snapshots(engine) == 1
    assert snapshots(engine) == 0


def test_a_checkpoint_with_processes_is_replayed_every_time(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    serve = "run: cd / && nohup /bin/sleep 1000 > /dev/null 2>&1 &"
    look = "run: ps ax | grep -c '[/]bin/sleep 1000'; exit 1"
    with red(engine, base_image, tmp_path, (CHECKOUT, serve, "run: sleep 1", look), look[5:]) as (
        workshop,
        attempt,
    ):
        assert attempt.failed is not None
        assert attempt.failed.log == "1\n"
        assert attempt.checkpoint is not None
        for _ in range(2):
            with workshop.resume(attempt.checkpoint) as run:
                assert last_words(run) == "1\n", "a snapshot would hold no process"
        assert snapshots(engine) == 0


def test_a_later_checkpoint_is_come_to_through_the_one_before(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    """What was brought in the meantime is there too."""
    steps = (*QUICK[:-1], "run: grep 2 a.txt", "run: cat a.txt; exit 1")
    with red(engine, base_image, tmp_path, steps) as (workshop, attempt), ExitStack() as stack:
        assert attempt.checkpoint is not None
        tree = workshop.scratch.replace(attempt.checkpoint.tree, {"a.txt": "2\n"})
        watched = Checkpoints(workshop, tree, stack, attempt.checkpoint)
        with workshop.resume(attempt.checkpoint) as run:
            workshop.bring(run, attempt.checkpoint, tree)
            assert watched.run(run, first=len(steps) - 2).failed is not None
        assert watched.made_one
        assert watched.last is not None
        with workshop.resume(watched.last) as run:
            assert run.state.position == len(steps) - 1
            assert last_words(run) == "2\n"


def test_a_replay_that_fails_on_the_way_says_so(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    with red(engine, base_image, tmp_path, QUICK) as (_, attempt):
        assert attempt.checkpoint is not None
        never = workflow(CHECKOUT, "run: exit 3", *QUICK[2:])
        place = Place(engine, base_image, tmp_path)
        with (
            place.workshop(attempt.checkpoint.commit, never) as other,
            pytest.raises(SandboxError, match="passed before"),
            other.resume(attempt.checkpoint),
        ):
            pass
