"""What was installed when the job was last green: its own log tells it, or a lock guesses it.

The log is the one that was given, else that of the newest green run of the same workflow and job on
the default branch, where the red run was pulled. Only where there is none, locks of the commit
before are read: a job that installs from one shows no other releases than it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from regreen.case import Case
from regreen.config import Settings
from regreen.deliver import state_folder
from regreen.errors import RegreenError, UsageError
from regreen.fixers.dependencies.locks import lock_files, locked
from regreen.logs import LogReader
from regreen.logs.installed import read_installed
from regreen.report import Reporter
from regreen.scenes import parent_of
from regreen.verify.drift_before import Before

_MOST_LOCKS = 8


def last_green(
    case: Case, settings: Settings, log_reader: LogReader, reporter: Reporter
) -> list[Before]:
    """Return what tells what the job installed when it was green, if anything does.

    What cannot be had is told, and no error: the index as of a date is left. Raises UsageError for
    a log that was given and cannot be read.
    """
    if case.request.green_log is not None:
        return [_of_log(case.request.green_log, "the green log")]
    try:
        found = _pulled(case, settings, log_reader, reporter)
    except (RegreenError, OSError) as error:
        said = error.message if isinstance(error, RegreenError) else str(error)
        reporter.note(f"the last green run's log cannot be had: {said}")
        found = None
    return [found] if found is not None and found.versions else list(_locks(case))


def _of_log(path: Path, source: str) -> Before:
    try:
        versions: Mapping[str, tuple[str, ...]] = read_installed(path)
    except OSError as error:
        words = f"cannot read the log {path}: {error.strerror or os.strerror(error.errno or 0)}"
        raise UsageError(words, "name the green job's log with --green-log FILE") from error
    return Before(source, versions, sure=True)


def _pulled(
    case: Case, settings: Settings, log_reader: LogReader, reporter: Reporter
) -> Before | None:
    origin = case.origin
    if origin is None or case.request.sandbox.offline:
        return None
    from regreen.runs import green_job, own_key  # only for a run that was pulled

    found = green_job(
        origin.run,
        origin.job,
        state_folder(Path.cwd()) / "runs",
        mask=log_reader.masked_chunks,
        key=own_key(settings.cache),
        reporter=reporter,
    )
    if found is None or found[1].log is None:
        return None
    run, job = found
    reporter.note(f"the job was last green in {run.repository}#{run.id}")
    return _of_log(found[1].log, f"{run.repository}#{run.id}, job {job.name!r}")


def _locks(case: Case) -> Iterator[Before]:
    """Yield what the locks of the commit before say; of the commit itself where that is not had."""
    tree = parent_of(case) or case.tree
    for path in lock_files(tree)[:_MOST_LOCKS]:
        versions = locked(path, tree.text(path) or "")
        if versions:
            yield Before(path, versions, sure=False)
