"""Rebuild the failing job and say whether it fails here as it failed in CI."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from regreen.git import Tree
from regreen.jobs.runner import UnsupportedStep
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import (
    Failure,
    Passed,
    ReproducedAlone,
    ReproducedDifferently,
    Reproduction,
    StepOutcome,
    Unsupported,
)
from regreen.verify.checkpoints import Checkpoints
from regreen.verify.same import compare


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reproduction, the failures it showed (the cause first), and where a search may begin."""

    result: Reproduction
    failures: tuple[Failure, ...]
    failed: StepOutcome | None
    checkpoint: Checkpoint | None
    seconds: float


def reproduce(
    workshop: Workshop,
    *,
    commit: str,
    tree: Tree,
    step: int | None,
    expected: Sequence[Failure],
    snapshots: ExitStack,
) -> Attempt:
    """Run the job at ``commit`` up to its failure and compare.

    ``step`` is the index of the step that failed in CI and ``expected`` its failures; both are
    empty without a log. The checkpoint's snapshot is removed with ``snapshots``.
    """
    started = time.monotonic()
    checkpoints = Checkpoints(workshop, tree, snapshots)
    try:
        with workshop.fresh(commit) as run:
            outcome = checkpoints.run(run, only=step)
    except UnsupportedStep as error:
        return Attempt(Unsupported(str(error)), (), None, None, time.monotonic() - started)
    failed = outcome.failed
    if failed is None:
        seconds = time.monotonic() - started
        return Attempt(Passed(1, outcome), (), None, None, seconds)
    seen = workshop.failures(failed)
    result: Reproduction
    if step is not None and failed.index != step:
        theirs = workshop.job.steps[step].title
        result = ReproducedDifferently(
            f"CI failed in step {theirs!r}; here step {failed.name!r} fails with exit code "
            f"{failed.exit_code}{_words(seen)}",
            seen[0] if seen else None,
            outcome,
        )
    elif expected:
        result = compare(expected, seen, outcome)
    else:
        result = ReproducedAlone(seen[0], outcome)
    seconds = time.monotonic() - started
    return Attempt(result, seen, failed, checkpoints.last, seconds)


def again(workshop: Workshop, commit: str, times: int) -> int:
    """Run the whole job ``times`` times more and return how many of the runs were green."""
    green = 0
    for _ in range(times):
        with workshop.fresh(commit) as run:
            green += run.proceed(stop_at_failure=True).green
    return green


def _words(failures: Sequence[Failure]) -> str:
    if not failures or not failures[0].evidence:
        return ""
    return f": {failures[0].evidence[-1].text[:200]}"
