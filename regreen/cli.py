"""The ``regreen`` command: one thin function a subcommand.

Results go to stdout, progress to stderr; every failure message ends with the next step. Each
command imports what it needs itself, so that ``--help`` and ``analyze`` start at once.
"""

from __future__ import annotations

import errno
import json
import signal
import sys
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from regreen.durations import seconds
from regreen.errors import ExitCode, RegreenError, UsageError
from regreen.model import Budget, Selection
from regreen.plain import fitting, visible, visible_lines
from regreen_sandbox.errors import DiskFull, SandboxError

if TYPE_CHECKING:
    from regreen.deliver import Summary
    from regreen.request import Request


class Commands(TyperGroup):
    """The subcommands, with the errors that people may meet turned into words and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand that was named."""
        try:
            return super().invoke(ctx)
        except (RegreenError, SandboxError) as error:
            _complain(error.message, error.next_step)
            code = error.exit_code if isinstance(error, RegreenError) else ExitCode.ENGINE
            raise typer.Exit(code) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            _complain(f"the disk is full: {error}", DiskFull.default_next_step)
            raise typer.Exit(ExitCode.ENGINE) from error
        except KeyboardInterrupt as stop:
            _complain("interrupted; nothing was left behind", "run the command again")
            raise typer.Exit(ExitCode.INTERRUPTED) from stop


app = typer.Typer(
    cls=Commands,
    help="Take a red CI run and get back a patch that is proven to turn it green.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"regreen {version('regreen')}")
        raise typer.Exit(ExitCode.DONE)


@app.callback()
def options(
    _show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Take a red CI run and get back a patch that is proven to turn it green."""


image_app = typer.Typer(help="The sandbox's base images.", no_args_is_help=True)
app.add_typer(image_app, name="image")

_CODES = {
    "verified": ExitCode.DONE,
    "passed": ExitCode.DONE,
    "reproduced": ExitCode.NO_PATCH,
    "no-fix": ExitCode.NO_PATCH,
    "advice": ExitCode.NO_PATCH,
    "not-reproduced": ExitCode.NOT_REPRODUCED,
    "unsupported": ExitCode.UNSUPPORTED,
    "rejected": ExitCode.REJECTED,
    "transient": ExitCode.FLAKY,
    "flaky": ExitCode.FLAKY,
}

RepoOption = Annotated[Path, typer.Option("--repo", help="The git repository, bare or not.")]
CommitOption = Annotated[
    str | None,
    typer.Option("--commit", help="The commit that CI tested [default: the log's, else HEAD]."),
]
LogOption = Annotated[Path | None, typer.Option("--log", help="The failed job's log.")]
WorkflowOption = Annotated[
    str | None, typer.Option("--workflow", help="The workflow: a file of the commit, or any file.")
]
JobOption = Annotated[str | None, typer.Option("--job", help="The job's id or name.")]
StepOption = Annotated[
    str | None, typer.Option("--step", help="The failed step: its name, id or first line.")
]
MatrixOption = Annotated[
    list[str] | None,
    typer.Option("--matrix", metavar="K=V", help="A matrix value; may be repeated."),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Serve the package index as of this day or time (ISO 8601, UTC).",
    ),
]
BudgetOption = Annotated[
    str,
    typer.Option("--budget", metavar="TIME", help="How long to search for a fix: 90s, 10m, 1h."),
]
RepeatOption = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        min=1,
        help="Runs without and with a patch, each [default: 2; 3 where tests run].",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Where patch and evidence go [default: .regreen/fixes/…]."),
]
MendOption = Annotated[bool, typer.Option("--fix", help="Go on and mend it, as `regreen fix`.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@app.command()
def fix(
    repo: RepoOption = Path(),
    commit: CommitOption = None,
    log: LogOption = None,
    workflow: WorkflowOption = None,
    job: JobOption = None,
    step: StepOption = None,
    matrix: MatrixOption = None,
    as_of: AsOfOption = None,
    budget: BudgetOption = "10m",
    repeat: RepeatOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reproduce a failed job, mend it, and prove the patch in fresh sandboxes."""
    selection = Selection(workflow, job, step, _matrix(matrix or []))
    request = _request(repo, commit, log, selection, as_of, budget, repeat, out)
    _recovered(request, as_json, fix=True)


@app.command()
def reproduce(
    repo: RepoOption = Path(),
    commit: CommitOption = None,
    log: LogOption = None,
    workflow: WorkflowOption = None,
    job: JobOption = None,
    step: StepOption = None,
    matrix: MatrixOption = None,
    as_of: AsOfOption = None,
    budget: BudgetOption = "10m",
    repeat: RepeatOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    mend: MendOption = False,
) -> None:
    """Rebuild a failed job in a sandbox and show that it fails in the same way."""
    selection = Selection(workflow, job, step, _matrix(matrix or []))
    request = _request(repo, commit, log, selection, as_of, budget, repeat, out)
    _recovered(request, as_json, fix=mend)


@app.command()
def analyze(
    log: Annotated[Path, typer.Option("--log", help="The failed job's log.")],
    step: StepOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what failed in a log and what kind of failure it is."""
    from regreen.deliver import analysis_json, analysis_text
    from regreen.logs import analyze as analysed
    from regreen.runs import read_file

    analysis = analysed(read_file(log), step=step)
    _print(json.dumps(analysis_json(analysis), indent=2) if as_json else analysis_text(analysis))
    raise typer.Exit(ExitCode.NO_PATCH if analysis.failure else ExitCode.DONE)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what this machine has and lacks, each with the command that mends it."""
    from regreen import config
    from regreen_sandbox.doctor import check

    findings = check(config.load(Path.cwd()).images())
    if as_json:
        rows = [{"name": f.name, "ok": f.ok, "detail": f.detail, "mend": f.mend} for f in findings]
        _print(json.dumps({"schema": 1, "findings": rows}, indent=2))
    else:
        for finding in findings:
            _print(f"{'ok  ' if finding.ok else 'MISS'} {finding.name}: {finding.detail}")
            if finding.mend:
                _print(f"     mend: {finding.mend}")
    raise typer.Exit(ExitCode.DONE if all(f.ok for f in findings) else ExitCode.ENGINE)


@image_app.command("build")
def image_build(
    label: Annotated[str, typer.Argument(help="The runner's label.")] = "ubuntu-latest",
    as_json: JsonOption = False,
) -> None:
    """Pull or bootstrap a base image, anew."""
    from regreen import config
    from regreen.deliver import Console
    from regreen_sandbox.engine import connect
    from regreen_sandbox.images import build

    wanted = config.load(Path.cwd()).images()
    console = Console()
    with connect() as engine:
        base = build(engine, label, settings=wanted, report=console.note)
    if as_json:
        found = {"reference": base.reference, "id": base.id, "substitution": base.substitution}
        _print(json.dumps({"schema": 1, **found}))
    else:
        _print(
            f"{base.reference} {base.id}" + (f"\n{base.substitution}" if base.substitution else "")
        )


@image_app.command("list")
def image_list(as_json: JsonOption = False) -> None:
    """List the base images that are here."""
    from regreen_sandbox.engine import connect
    from regreen_sandbox.images import list_images

    with connect() as engine:
        found = list_images(engine)
    if as_json:
        rows = [{"reference": i.reference, "id": i.id} for i in found]
        _print(json.dumps({"schema": 1, "images": rows}))
        return
    for image in found:
        size = f"{image.size_bytes / 1e6:.0f} MB"
        _print(f"{image.kind:<5} {image.reference}  {image.system}  {size}  {image.created[:10]}")


@app.command("clean")
def clean(
    everything: Annotated[bool, typer.Option("--all", help="The images too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove what regreen left in Docker."""
    from regreen_sandbox.engine import clean as clean_engine
    from regreen_sandbox.engine import connect

    with connect() as engine:
        swept = clean_engine(engine, everything=everything)
    words = {
        name: len(getattr(swept, name)) for name in ("containers", "networks", "volumes", "images")
    }
    if as_json:
        _print(json.dumps({"schema": 1, **words}))
    else:
        _print("removed " + ", ".join(f"{count} {name}" for name, count in words.items()))


def main() -> NoReturn:
    """Run the command and end with one of the exit codes of ``regreen.errors``."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        app()
    except Exception:  # noqa: BLE001 - whatever was not foreseen is a bug, and has its exit code
        typer.echo(fitting(visible_lines(traceback.format_exc()), sys.stderr.encoding), err=True)
        _complain("this is a bug of regreen", "report it with the lines above")
    sys.exit(ExitCode.BUG)


def _complain(message: str, next_step: str) -> None:
    lines = [f"regreen: {message}"] + ([f"  next: {next_step}"] if next_step else [])
    text = "\n".join(visible(line) for line in lines)
    typer.echo(fitting(text, sys.stderr.encoding), err=True)


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _print(text: str) -> None:
    typer.echo(fitting(visible_lines(text), sys.stdout.encoding))


def _request(
    repo: Path,
    commit: str | None,
    log: Path | None,
    selection: Selection,
    as_of: str | None,
    budget: str,
    repeat: int | None,
    out: Path | None,
) -> Request:
    from regreen.request import Request

    limit = Budget(seconds=seconds(budget))
    return Request(repo, commit, log, selection, _moment(as_of), limit, repeat, out)


def _recovered(request: Request, as_json: bool, *, fix: bool) -> NoReturn:
    from regreen import config
    from regreen.deliver import Console, error_json
    from regreen.recovery import recover

    console = Console()
    try:
        summary = recover(request, config.load(Path.cwd()), console, fix=fix)
    except (RegreenError, SandboxError) as error:
        if as_json:
            _print(json.dumps(error_json(error.message, error.next_step), indent=2))
        raise
    finally:
        console.close()
    _shown(summary, as_json)
    raise typer.Exit(_CODES[summary.status])


def _shown(summary: Summary, as_json: bool) -> None:
    from regreen.deliver import summary_text

    if as_json:
        _print(json.dumps(summary.as_json(), indent=2, ensure_ascii=False))
    else:
        _print(summary_text(summary))


def _matrix(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--matrix takes K=V, not {pair!r}", "regreen fix --help")
    return dict(pair.split("=", 1) for pair in pairs)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--as-of {text!r} is no date", "write it as 2024-05-01 or 2024-05-01T12:00:00Z"
        ) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment > datetime.now(UTC):
        raise UsageError(f"--as-of {text!r} lies in the future", "name a day that has been")
    return moment
