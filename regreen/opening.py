"""The failure that a command is about: the pulled run it is of, and what its log says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regreen.config import Settings
from regreen.deliver import state_folder
from regreen.errors import UsageError
from regreen.logs import LogReader
from regreen.model import Analysis
from regreen.reading import analysis_of
from regreen.report import Reporter
from regreen.request import Request

if TYPE_CHECKING:
    from regreen.origin import Origin


def find_origin(
    request: Request, settings: Settings, log_reader: LogReader, reporter: Reporter
) -> Origin | None:
    """Pull the run, when one was asked for."""
    if request.run is None:
        return None
    state = state_folder(Path.cwd())
    job = request.selection.job
    from regreen.origin import open_origin  # only for a run that is to be pulled

    return open_origin(
        request.run, job, request.repository, state, settings.cache, log_reader, reporter
    )


def read_analysis(
    request: Request, origin: Origin | None, log_reader: LogReader
) -> Analysis | None:
    """Read the log, when there is one. Raises UsageError for a file that is no log of a job."""
    step = request.selection.step
    path = request.log or (origin.log if origin else None)
    if path is None:
        return None
    ran = (origin.run.provider, origin.job) if origin and not request.log else None
    analysis = analysis_of(log_reader, path, step=step, ran=ran)
    if analysis.failure is None and not analysis.ended:
        known = analysis.facts.provider is not None
        what = "does not say how its job ended" if known else "nothing of a CI job"
        raise UsageError(
            f"{path} shows no failure, and {what}",
            "name the failed job's whole log with --log FILE",
        )
    return origin.complete(analysis) if origin else analysis
