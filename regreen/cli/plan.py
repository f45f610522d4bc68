"""``regreen plan``: a job's steps as they will run, before anything runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regreen.cli.app import app
from regreen.cli.options import (
    ActionsDirOption,
    JsonOption,
    OfflineOption,
    SandboxFlags,
    Selectors,
)
from regreen.cli.output import show
from regreen.cli.signature import taking
from regreen.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from regreen.model.planned import PlannedJob
    from regreen.request import Request

FORMATS = ("text", "json", "noxfile")

PlanArgument = Annotated[str | None, typer.Argument(metavar="[JOB]", help="The same as --job JOB.")]
PlanFormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The form: text, json or noxfile, a file that runs the job with nox alone.",
    ),
]


@dataclass(frozen=True, slots=True)
class PlanOptions(Selectors):
    """The options of ``regreen plan``."""

    named: PlanArgument = None
    offline: OfflineOption = False
    actions_dir: ActionsDirOption = None
    form: PlanFormatOption = None
    as_json: JsonOption = False


@app.command()
@taking(PlanOptions)
def plan(options: PlanOptions) -> None:
    """Print a job's steps as they will run, with every expression resolved that can be."""
    form = _form(options)
    planned = _planned(_request(options))
    show(_rendered(planned, form))
    raise typer.Exit(ExitCode.UNSUPPORTED if planned.unsupported else ExitCode.DONE)


def _form(options: PlanOptions) -> str:
    if options.form is not None and options.form not in FORMATS:
        words = f"there is no format {options.form!r}"
        raise UsageError(words, f"choose one of: {', '.join(FORMATS)}")
    if options.as_json and options.form not in (None, "json"):
        raise UsageError(f"--json and --format {options.form} contradict each other", "give one")
    return "json" if options.as_json else options.form or "text"


def _request(options: PlanOptions) -> Request:
    from regreen.cli.asked import asked
    from regreen.model import Budget

    if options.named is not None and options.job not in (None, options.named):
        words = f"{options.named!r} and --job {options.job!r} name two jobs"
        raise UsageError(words, "give one of them")
    given = {one.name: getattr(options, one.name) for one in fields(Selectors)}
    given["job"] = options.named or options.job
    given |= {"offline": options.offline, "actions_dir": options.actions_dir}
    return asked(SandboxFlags(**given), budget=Budget(), repeat=None, out=None)


def _planned(request: Request) -> PlannedJob:
    """Find the job as `regreen reproduce` does, and plan it."""
    from regreen import config
    from regreen.case import open_case
    from regreen.deliver import Console
    from regreen.git import Repository, Scratch
    from regreen.jobs.preview import preview
    from regreen.opening import find_origin, read_analysis
    from regreen.reading import reader
    from regreen.shelves import shelved

    settings, console = config.load(Path.cwd()), Console()
    request = replace(request, given=replace(request.given, runners=settings.runners))
    log_reader = reader(settings)
    try:
        origin = find_origin(request, settings, log_reader, console)
        if request.run is not None and origin is None:
            raise UsageError("no job of the run failed", "name a job: regreen plan JOB")
        analysis = read_analysis(request, origin, log_reader)
        request = shelved(request, settings, analysis, origin, console)
        repository = origin.repository if origin else Repository.open(request.repository)
        with Scratch.borrow(repository, origin.fetched.folder if origin else None) as scratch:
            case = open_case(request, repository, scratch, analysis, console, origin)
            return preview(case.job, case.commit)
    finally:
        console.close()


def _rendered(planned: PlannedJob, form: str) -> str:
    if form == "noxfile":
        from regreen.deliver.noxfile import noxfile

        return noxfile(planned)
    from regreen.deliver.planned import planned_json, planned_text

    if form == "json":
        return json.dumps(planned_json(planned), indent=2, ensure_ascii=False)
    return planned_text(planned)
