"""``regreen recover`` and ``regreen execute``: a plan from a log, and the plan carried out."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from regreen.cli.app import app
from regreen.cli.logs import report_for, require_form
from regreen.cli.options import (
    FixOptions,
    JobOption,
    JsonOption,
    OfWorkflowOption,
    OutputOption,
    SourceArgument,
    SourceOption,
    StepOption,
)
from regreen.cli.output import show
from regreen.cli.recover import CODES, carried_out, shown
from regreen.cli.signature import taking
from regreen.errors import ExitCode, UsageError
from regreen.plain import fitting, visible_lines

if TYPE_CHECKING:
    from regreen.course import Plan
    from regreen.deliver import Summary
    from regreen.git import Repository
    from regreen.model import LogFacts

PlanFormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The form: table, json or markdown [default: by the file's suffix].",
    ),
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Find and prove the fix, show it, and write nothing but the log."
    ),
]


@dataclass(frozen=True, slots=True)
class ExecuteOptions(FixOptions):
    """The options of ``regreen execute``: those of ``fix``, and whether to deliver."""

    dry_run: DryRunOption = False


@app.command()
def recover(
    file: SourceArgument = None,
    log: SourceOption = None,
    workflow: OfWorkflowOption = None,
    job: JobOption = None,
    step: StepOption = None,
    output: OutputOption = None,
    form: PlanFormatOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what to do about the failure in a log: a plan of actions. Nothing is run."""
    from regreen import config
    from regreen.course import plan_of
    from regreen.course.forms import FORMATS, format_of, rendered
    from regreen.course.step_output import step_output
    from regreen.reading import reader

    require_form(form, FORMATS, output, as_json=as_json)
    command = "regreen recover"
    report = report_for(file, log, command, workflow, job, step, output)
    settings = config.load(Path.cwd())
    log_reader = reader(settings)
    here = _repository(Path.cwd())
    plan = plan_of(
        report,
        settings.actions,
        lambda spot: step_output(spot, log_reader),
        lambda spot: _is_foreign(spot.analysis.facts, here),
    )
    _print(plan, "json" if as_json else "table" if output else form or "table")
    if output is not None:
        from regreen.batch.outlet import write

        write(output, rendered(plan, form or format_of(output.name)))
    bad = report.red or report.broken
    raise typer.Exit(ExitCode.NO_PATCH if bad else ExitCode.DONE)


@app.command()
@taking(ExecuteOptions)
def execute(options: ExecuteOptions) -> None:
    """Carry the plan out in the sandbox: mend the job that a log is of, and prove the patch."""
    if not options.dry_run:
        summary = carried_out(options, mend=True)
        shown(summary, options.as_json)
        raise typer.Exit(CODES[summary.status])
    if options.out is not None:
        raise UsageError(
            "--dry-run writes no patch, and --out says where it goes", "give one of them"
        )
    with _apart() as folder:
        summary = carried_out(replace(options, out=folder / "fix"), mend=True, dry=True)
        diff = _diff(summary)
    _end_dry(summary, diff, as_json=options.as_json)


def _repository(folder: Path) -> Repository | None:
    from regreen.git import Repository

    try:
        return Repository.open(folder)
    except UsageError:
        return None


def _is_foreign(facts: LogFacts, here: Repository | None) -> bool:
    """Whether a log is of another repository than that of the current folder, as far as it says."""
    if here is None:
        return True
    name = here.web_name()
    if facts.repository and name:
        return facts.repository.casefold() != name.casefold()
    return facts.tested is not None and not here.has(facts.tested)


@contextmanager
def _apart() -> Iterator[Path]:
    """Yield a folder of the machine's for what a dry run must not leave; it goes."""
    folder = Path(tempfile.mkdtemp(prefix="regreen-dry-run-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _diff(summary: Summary) -> str:
    """Return the proven patch file as text; empty where none was proven."""
    if summary.patch is None:
        return ""
    return Path(summary.patch).read_bytes().decode("utf-8", "backslashreplace")


def _end_dry(summary: Summary, diff: str, *, as_json: bool) -> NoReturn:
    found = summary.status == "verified"
    summary = replace(
        summary,
        patch=None,
        evidence=None,
        report=None,
        next="the same command without --dry-run" if found else summary.next,
    )
    if as_json:
        whole = {**summary.as_json(), "dry_run": True, "diff": diff}
        show(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        if diff:
            show(diff.rstrip("\n"))
        shown(summary, as_json=False)
        if not found:
            show("no patch was proven, and nothing was written")
    raise typer.Exit(CODES[summary.status])


def _print(plan: Plan, form: str) -> None:
    from regreen.course.forms import lines, rendered

    stream = sys.stdout
    if form != "table" or not stream.isatty():
        stream.write(fitting(f"{visible_lines(rendered(plan, form))}\n", stream.encoding))
        stream.flush()
        return
    from regreen.deliver.analyses.printing import print_lines

    print_lines(lambda width: lines(plan, width))
