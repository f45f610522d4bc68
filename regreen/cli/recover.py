"""``regreen reproduce`` and ``regreen fix``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from regreen.cli.app import app
from regreen.cli.options import (
    AsOfOption,
    BranchOption,
    BudgetOption,
    CommitOption,
    JobOption,
    JsonOption,
    LatestOption,
    LogOption,
    MatrixOption,
    MendOption,
    OutOption,
    RepeatOption,
    RepoOption,
    RunOption,
    StepOption,
    WorkflowOption,
)
from regreen.cli.output import show
from regreen.durations import seconds
from regreen.errors import ExitCode, RegreenError, UsageError
from regreen.model import Budget, Selection
from regreen_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from regreen.deliver import Summary
    from regreen.request import Request, RunAsked

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


@app.command()
def fix(
    run: RunOption = None,
    latest: LatestOption = False,
    branch: BranchOption = None,
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
    asked = _run_asked(run, latest, branch, workflow)
    request = _request(repo, commit, log, selection, as_of, budget, repeat, out, asked)
    _recovered(request, as_json, fix=True)


@app.command()
def reproduce(
    run: RunOption = None,
    latest: LatestOption = False,
    branch: BranchOption = None,
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
    asked = _run_asked(run, latest, branch, workflow)
    request = _request(repo, commit, log, selection, as_of, budget, repeat, out, asked)
    _recovered(request, as_json, fix=mend)


def _run_asked(
    run: str | None, latest: bool, branch: str | None, workflow: str | None
) -> RunAsked | None:
    from regreen.request import RunAsked

    if run is not None and latest:
        raise UsageError("--run and --latest exclude each other", "give one of them")
    if branch is not None and not latest:
        raise UsageError("--branch goes with --latest", "regreen fix --latest --branch NAME")
    return RunAsked(run, branch, workflow) if run is not None or latest else None


def _request(
    repo: Path,
    commit: str | None,
    log: Path | None,
    selection: Selection,
    as_of: str | None,
    budget: str,
    repeat: int | None,
    out: Path | None,
    run: RunAsked | None,
) -> Request:
    from regreen.request import Request

    limit = Budget(seconds=seconds(budget))
    return Request(repo, commit, log, selection, _moment(as_of), limit, repeat, out, run)


def _recovered(request: Request, as_json: bool, *, fix: bool) -> NoReturn:
    from regreen import config
    from regreen.deliver import Console, error_json
    from regreen.recovery import recover

    console = Console()
    try:
        summary = recover(request, config.load(Path.cwd()), console, fix=fix)
    except (RegreenError, SandboxError) as error:
        if as_json:
            show(json.dumps(error_json(error.message, error.next_step), indent=2))
        raise
    finally:
        console.close()
    _shown(summary, as_json)
    raise typer.Exit(_CODES[summary.status])


def _shown(summary: Summary, as_json: bool) -> None:
    from regreen.deliver import summary_text

    if as_json:
        show(json.dumps(summary.as_json(), indent=2, ensure_ascii=False))
    else:
        show(summary_text(summary))


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
