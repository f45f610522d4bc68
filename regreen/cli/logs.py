"""``regreen analyze`` and ``regreen batch``: what one log says, and what many say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from regreen.cli.app import app
from regreen.cli.options import (
    FormatOption,
    JobOption,
    JsonOption,
    LogsOption,
    OfWorkflowOption,
    OutputOption,
    SourceOption,
    StepOption,
    WorkersOption,
)
from regreen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from regreen.deliver.analyses import Report

_RUNS = Path(".regreen/runs")


@app.command()
def analyze(
    log: SourceOption,
    workflow: OfWorkflowOption = None,
    job: JobOption = None,
    step: StepOption = None,
    output: OutputOption = None,
    form: FormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what failed in a log and what kind of failure it is."""
    _check(form, output, as_json=as_json)
    folder = _pulled(log)
    if folder is None:
        report = _of_log(Path(log), workflow, job, step)
    else:
        report = _of_run(folder, log, workflow, job, step)
    _end(report, output, form, as_json=as_json)


@app.command()
def batch(
    logs_dir: LogsOption,
    workflow: OfWorkflowOption = None,
    output: OutputOption = None,
    jobs: WorkersOption = None,
    form: FormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """Analyze all logs below a folder, in parallel, and say what they have in common."""
    from regreen import config
    from regreen.batch.progress import shown
    from regreen.batch.run import analyze_folder

    _check(form, output, as_json=as_json)
    folder = (None if Path(logs_dir).exists() else _pulled(logs_dir)) or Path(logs_dir)
    settings = config.load(Path.cwd())
    with shown() as progress:
        report = analyze_folder(
            folder, settings, workflow=workflow, jobs=jobs, leave=output, progress=progress
        )
    _end(report, output, form, as_json=as_json)


def _pulled(named: str) -> Path | None:
    """The folder of the pulled run that is meant; ``None`` for a file, or what is not there."""
    path = Path(named)
    if path.is_dir():
        return path
    if path.exists():
        return None
    from regreen.runs import find

    return find(_RUNS, named)


def _of_log(log: Path, workflow: str | None, job: str | None, step: str | None) -> Report:
    from regreen import config
    from regreen.deliver.analyses import Report, Spot
    from regreen.reading import analysis_of, reader

    analysis = analysis_of(reader(config.load(Path.cwd())), log, step=step, job=job)
    spot = Spot(str(log), analysis)
    file = workflow if workflow and workflow.endswith((".yml", ".yaml")) else None
    return Report(str(log), "log", (spot,), (), workflow, job, step, workflow_file=file)


def _of_run(
    folder: Path, named: str, workflow: str | None, job: str | None, step: str | None
) -> Report:
    from regreen import config
    from regreen.batch.pulled import is_of
    from regreen.batch.run import analyze_run
    from regreen.reading import reader
    from regreen.runs import load

    run = load(folder)
    if workflow is not None and not is_of(run, workflow):
        raise UsageError(
            f"the run is one of the workflow {run.workflow!r}, not of {workflow!r}",
            "leave --workflow out, or name another run",
        )
    log_reader = reader(config.load(Path.cwd()))
    return analyze_run(run, log_reader, named, job=job, step=step)


def _check(form: str | None, output: Path | None, *, as_json: bool) -> None:
    """Refuse before the work what could not be done after it."""
    from regreen.deliver.analyses import FORMATS

    if form is not None and form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", f"choose one of: {', '.join(FORMATS)}")
    if as_json and output is None and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} contradict each other", "give one of them")
    if output is not None:
        from regreen.batch.outlet import require_writable

        require_writable(output)


def _end(report: Report, output: Path | None, form: str | None, *, as_json: bool) -> NoReturn:
    """Print the report, write it, and end with the exit code that it stands for.

    It is printed first: a disk that fills up in the end takes nothing from the user.
    """
    _print(report, "json" if as_json else "table" if output else form or "table")
    if output is not None:
        from regreen.batch.outlet import write
        from regreen.deliver.analyses import format_of, rendered

        write(output, rendered(report, form or format_of(output.name)))
    bad = report.red or report.broken
    raise typer.Exit(ExitCode.NO_PATCH if bad else ExitCode.DONE)


def _print(report: Report, form: str) -> None:
    from regreen.deliver.analyses.printing import print_report

    print_report(report, form)
