"""Rebuild the failing job and say whether it fails here as it failed in CI."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from regreen.git import Tree
from regreen.jobs.runner import UnsupportedStep
from regreen.jobs.workshop import Begun, Checkpoint, Workshop
from regreen.model import (
    Failure,
    JobOutcome,
    Passed,
    Reproduced,
    ReproducedAlone,
    ReproducedDifferently,
    Reproduction,
    StepOutcome,
    Unsupported,
)
from regreen.verify.checkpoints import Checkpoints
from regreen.verify.room import peak_memory
from regreen.verify.same import compare


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reproduction, the failures it showed (the cause first), and where a search may begin.

    ``prepared`` is when the set-up was run that this reproduction began behind, if it did;
    ``memory`` the most bytes of memory that the job took, where that is known; ``sudo`` says
    whether a step called ``sudo`` and did not get it.
    """

    result: Reproduction
    failures: tuple[Failure, ...]
    failed: StepOutcome | None
    checkpoint: Checkpoint | None
    seconds: float
    prepared: datetime | None = None
    memory: int | None = None
    sudo: bool = False


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
    attempt = _attempt(workshop, commit, tree, step, expected, snapshots)
    wanted = (Reproduced, ReproducedAlone)
    if attempt.prepared is None or isinstance(attempt.result, wanted):
        return attempt
    workshop.setting.reporter.note("behind the prepared set-up it is another: set up anew")
    workshop.forget(commit)
    return _attempt(workshop, commit, tree, step, expected, snapshots)


def _attempt(
    workshop: Workshop,
    commit: str,
    tree: Tree,
    step: int | None,
    expected: Sequence[Failure],
    snapshots: ExitStack,
) -> Attempt:
    started = time.monotonic()
    checkpoints = Checkpoints(workshop, tree, snapshots)
    try:
        with workshop.begin(commit, others=bool(expected)) as begun:
            _tell(begun, workshop)
            outcome = checkpoints.run(begun.run, only=step, begun=begun)
            memory = None if outcome.failed is None else peak_memory(begun.run.sandbox)
            sudo = begun.run.sandbox.needs_sudo()
    except UnsupportedStep as error:
        return Attempt(Unsupported(str(error)), (), None, None, time.monotonic() - started)
    seconds = time.monotonic() - started
    whole = JobOutcome((*begun.skipped, *outcome.steps), outcome.seconds)
    if (failed := whole.failed) is None:
        return Attempt(Passed(1, whole), (), None, None, seconds, begun.made, sudo=sudo)
    seen = workshop.failures(failed)
    result = _result(workshop, whole, failed, seen, step, expected)
    return Attempt(result, seen, failed, checkpoints.last, seconds, begun.made, memory, sudo)


def _tell(begun: Begun, workshop: Workshop) -> None:
    if begun.made is not None:
        workshop.setting.reporter.note(
            f"set-up from {begun.made:%Y-%m-%d %H:%M} UTC, {begun.saved:.0f} s saved; "
            "--fresh does it again"
        )


def _result(
    workshop: Workshop,
    outcome: JobOutcome,
    failed: StepOutcome,
    seen: tuple[Failure, ...],
    step: int | None,
    expected: Sequence[Failure],
) -> Reproduction:
    theirs = failed.name if step is None else workshop.job.steps[step].title
    if failed.index != step and failed.name != theirs:
        return ReproducedDifferently(
            f"CI failed in step {theirs!r}; here step {failed.name!r} fails with exit code "
            f"{failed.exit_code}{_words(seen)}",
            seen[0] if seen else None,
            outcome,
        )
    if expected:
        return compare(expected, seen, outcome)
    return ReproducedAlone(seen[0], outcome)


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
