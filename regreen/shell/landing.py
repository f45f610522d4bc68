"""Bring a job to where a person is to land: just behind its failing step, or before any step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from regreen.errors import UsageError
from regreen.jobs import Job, StepSpec
from regreen.jobs.runner import JobRun
from regreen.jobs.view import View
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import StepOutcome


@dataclass(frozen=True, slots=True)
class Landing:
    """A job that stands still: ``step`` is where, ``view`` how it read just before it ran.

    ``outcome`` is what the step did, ``None`` when it has not run.
    """

    run: JobRun
    step: StepSpec
    view: View
    outcome: StepOutcome | None


def find_step(job: Job, asked: str) -> int:
    """Return the index of the step that a person named: its number, id, name or first line.

    Raises UsageError, naming the steps that there are.
    """
    wanted = asked.strip().casefold()
    for step in job.steps:
        first = (step.run or step.uses or "").strip().partition("\n")[0]
        names = (step.id, step.name, step.title, first, f"Run {first}")
        if wanted in {name.strip().casefold() for name in names if name}:
            return step.index
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:6]) <= len(job.steps):
        return int(wanted) - 1
    known = ", ".join(f"{step.index + 1} {step.title}" for step in job.steps)
    raise UsageError(
        f"the job {job.id} has no step {asked!r}; its steps are: {known}",
        "give the number or the name of one of them with --at",
    )


@contextmanager
def land_behind_failure(
    workshop: Workshop, commit: str, checkpoint: Checkpoint | None
) -> Iterator[Landing]:
    """Yield the job where its first failing step failed, or at its end when none fails.

    It goes on from ``checkpoint`` when there is one.
    """
    begun = workshop.resume(checkpoint) if checkpoint else workshop.fresh(commit)
    with begun as run:
        yield _gone_on(run, None)


@contextmanager
def land_before(workshop: Workshop, commit: str, index: int) -> Iterator[Landing]:
    """Yield the job before its step ``index``, or where a step before that one failed."""
    with workshop.begin(commit, at_most=index) as begun:
        run = begun.run
        landing = _gone_on(run, index)
        yield landing if run.state.failed else Landing(run, run.job.steps[index], run.view, None)


def _gone_on(run: JobRun, until: int | None) -> Landing:
    """Run what is left of the job, up to its first failure or the index ``until``."""
    views: dict[int, View] = {}

    def before(step: StepSpec) -> None:
        views[step.index] = run.view

    outcomes = run.proceed(stop_at_failure=True, before=before, until=until).steps
    step = run.job.steps[max(run.state.position - 1, 0)]
    return Landing(run, step, views.get(step.index, run.view), outcomes[-1] if outcomes else None)
