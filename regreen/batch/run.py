"""The two readings: of a folder, and of a pulled run."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from regreen.batch.finding import find
from regreen.batch.pulled import Task, tasks_of
from regreen.batch.workers import Reading, read, readings
from regreen.config import Settings
from regreen.deliver.analyses import Report, Skipped, Spot
from regreen.errors import UsageError
from regreen.logs import LogReader
from regreen.model import Run
from regreen.reading import analysis_of

Progress = Callable[[int, int], None]
"""Called with the number of logs that were read and of all there are."""


def analyze_folder(
    folder: Path,
    settings: Settings,
    *,
    workflow: str | None = None,
    jobs: int | None = None,
    leave: Path | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Read every log below ``folder``, ``jobs`` at a time (``None``: one a processor).

    The result is in the order of the names whatever was ready first. Raises UsageError when there
    is no such folder, or nothing in it that could be read.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", "name one with --logs-dir DIR")
    found = list(find(folder, workflow, leave))
    tasks = [one for one in found if isinstance(one, Task)]
    results: list[Reading] = [one for one in found if isinstance(one, Skipped)]
    if not tasks and not any(one.broken for one in results if isinstance(one, Skipped)):
        raise UsageError(f"there is no log in {folder}", "name another folder with --logs-dir DIR")
    progress(0, len(tasks))
    with closing(readings(tasks, settings, jobs or len(os.sched_getaffinity(0)))) as read_so_far:
        for count, reading in enumerate(read_so_far, start=1):
            results.append(reading)
            progress(count, len(tasks))
    results.sort(key=lambda reading: reading.name)
    return Report(str(folder), "folder", *_parted(results), workflow=workflow)


def analyze_run(
    run: Run,
    log_reader: LogReader,
    source: str,
    *,
    job: str | None = None,
    step: str | None = None,
) -> Report:
    """Read the logs of a pulled run's failed jobs, or of the one called ``job``.

    Raises UsageError when it has no such job or step, or when no log of a failed job is here.
    """
    tasks, left_out = tasks_of(run, job)
    results: list[Reading] = [*left_out]
    for task in tasks:
        if step is None:
            results.append(read(log_reader, task))
        else:
            analysis = analysis_of(log_reader, task.path, step=step, ran=task.ran)
            results.append(Spot(task.name, analysis, task.job, str(task.path)))
    spots, skipped = _parted(results)
    unread = [one for one in skipped if one.broken]
    if unread and not spots:
        raise UsageError(
            f"no log of a failed job could be read; {unread[0].name}: {unread[0].reason}",
            f"regreen pull {run.url}",
        )
    return Report(
        source,
        "run",
        spots,
        skipped,
        run.workflow,
        job,
        step,
        workflow_file=run.workflow_path,
        url=_address(run),
        provider=run.provider,
    )


def _address(run: Run) -> str:
    """The run's address; with the attempt where that is not the newest that was pulled."""
    older = run.provider == "github" and run.folder.name.startswith("attempt-")
    return f"{run.url}/attempts/{run.attempt}" if older and "/attempts/" not in run.url else run.url


def _parted(results: list[Reading]) -> tuple[tuple[Spot, ...], tuple[Skipped, ...]]:
    spots = tuple(one for one in results if isinstance(one, Spot))
    return spots, tuple(one for one in results if isinstance(one, Skipped))
