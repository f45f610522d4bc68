"""``regreen analyze`` and ``regreen batch``: what one log says, and what many say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
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
    SourceArgument,
    SourceOption,
    StepOption,
    WorkersOption,
)
from regreen.cli.spool import STDIN, Source, named, readable
from regreen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from regreen.deliver.analyses import Report

_RUNS = Path(".regreen/runs")
_RUN_NAME = re.compile(
    r"(?:(?:github|gitlab)-)?[1-9]\d{0,18}|https?://\S+|[\w.-]+/[\w.-]+#[1-9]\d{0,18}"
)
"""What can only be the name of a run."""


@app.command()
def analyze(
    file: SourceArgument = None,
    log: SourceOption = None,
    workflow: OfWorkflowOption = None,
    job: JobOption = None,
    step: StepOption = None,
    output: OutputOption = None,
    form: FormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what failed in a log and what kind of failure it is."""
    from regreen.deliver.analyses import FORMATS

    require_form(form, FORMATS, output, as_json=as_json)
    report = report_for(file, log, "regreen analyze", workflow, job, step, output)
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
    from regreen.deliver.analyses import FORMATS

    require_form(form, FORMATS, output, as_json=as_json)
    folder = (None if Path(logs_dir).exists() else _pulled(logs_dir)) or Path(logs_dir)
    _spare(output, _kept(folder, output))
    settings = config.load(Path.cwd())
    with shown() as progress:
        report = analyze_folder(
            folder, settings, workflow=workflow, jobs=jobs, leave=output, progress=progress
        )
    _end(report, output, form, as_json=as_json)


def report_for(
    file: str | None,
    log: str | None,
    command: str,
    workflow: str | None,
    job: str | None,
    step: str | None,
    output: Path | None,
) -> Report:
    """Return the analysis of the log, or of the pulled run, that ``command`` was given.

    Raises UsageError for none or two, and when the report at ``output`` would cost a log.
    """
    given = named(file, log, command)
    folder = _pulled(given)
    if folder is None:
        _spare(output, _places(given))
        with readable(given) as source:
            return _of_log(source, workflow, job, step)
    _spare(output, _kept(folder, output))
    return _of_run(folder, given, workflow, job, step)


def _pulled(given: str) -> Path | None:
    """The folder of the pulled run that is meant; ``None`` for a file, or what is not there."""
    path = Path(given)
    if path.is_dir():
        if not (path / "run.json").exists():
            raise UsageError(
                f"{path} is a folder, and no pulled run",
                f"for all logs in it: regreen batch --logs-dir {shlex.quote(given)}",
            )
        return path
    if given == STDIN or path.exists():
        return None
    from regreen.runs import find

    folder = find(_RUNS, given)
    if folder is None and _RUN_NAME.fullmatch(given.strip()):
        raise UsageError(f"the run {given} is not here", f"regreen pull {shlex.quote(given)}")
    return folder


def _places(given: str) -> list[Path]:
    return [Path("/dev/stdin" if given == STDIN else given)]


def _kept(folder: Path, output: Path | None) -> Iterator[Path]:
    """What lies in a folder of logs or pulled runs, and must not become a report.

    Nothing where ``output`` is an earlier report: that may be written anew.
    """
    from regreen.batch.finding import find
    from regreen.batch.outlet import is_report
    from regreen.batch.pulled import Task

    if output is None or is_report(output):
        return
    yield folder / "run.json"
    yield from (one.path for one in find(folder, None, None) if isinstance(one, Task))


def _of_log(source: Source, workflow: str | None, job: str | None, step: str | None) -> Report:
    from regreen import config
    from regreen.deliver.analyses import Report, Spot
    from regreen.reading import analysis_of, reader

    analysis = analysis_of(reader(config.load(Path.cwd())), source.path, step=step, job=job)
    spot = Spot(source.name, analysis, path=source.kept)
    file = workflow if workflow and workflow.endswith((".yml", ".yaml")) else None
    return Report(source.name, "log", (spot,), (), workflow, job, step, workflow_file=file)


def _of_run(
    folder: Path, given: str, workflow: str | None, job: str | None, step: str | None
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
    return analyze_run(run, log_reader, given, job=job, step=step)


def require_form(
    form: str | None, known: Sequence[str], output: Path | None, *, as_json: bool
) -> None:
    """Raise UsageError for a form that is none of ``known``, or not the one of ``--json``."""
    if form is not None and form not in known:
        raise UsageError(f"there is no format {form!r}", f"choose one of: {', '.join(known)}")
    if as_json and output is None and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} contradict each other", "give one of them")


def _spare(output: Path | None, logs: Iterable[Path]) -> None:
    """Refuse before the work what could not be written after it, or would cost a log."""
    if output is not None:
        from regreen.batch.outlet import require_spared, require_writable

        require_spared(output, logs)
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
