"""``regreen pull``: bring a run's logs here."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regreen.cli.app import app
from regreen.cli.options import BranchOption, JsonOption, LatestOption
from regreen.cli.output import show
from regreen.errors import UsageError
from regreen.plain import visible

if TYPE_CHECKING:
    from regreen.deliver import Console
    from regreen.model import Run, RunJob
    from regreen.runs import Reference

RunArgument = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run: its web address, owner/name#ID, or its id."),
]
OfWorkflowOption = Annotated[
    str | None,
    typer.Option("--workflow", help="With --latest: of this workflow (file or name) only."),
]
JobsOption = Annotated[
    list[str] | None,
    typer.Option("--job", help="A job's rendered name or id; may be repeated [default: failed]."),
]
AllJobsOption = Annotated[bool, typer.Option("--all-jobs", help="The logs of all jobs.")]
CloneOption = Annotated[Path, typer.Option("--repo", help="The clone whose remote is meant.")]


@app.command()
def pull(
    run: RunArgument = None,
    latest: LatestOption = False,
    branch: BranchOption = None,
    workflow: OfWorkflowOption = None,
    job: JobsOption = None,
    all_jobs: AllJobsOption = False,
    repo: CloneOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Fetch a failed run's jobs, steps and masked logs into .regreen/runs."""
    from regreen import config
    from regreen.deliver import Console, state_folder
    from regreen.reading import reader
    from regreen.runs import own_key
    from regreen.runs import pull as fetched

    if job and all_jobs:
        raise UsageError("--job and --all-jobs exclude each other", "give one of them")
    if latest and run is not None:
        raise UsageError(
            f"--latest and a named run ({run}) exclude each other",
            "give one of them; --branch and --workflow narrow --latest",
        )
    if not latest and run is None:
        raise UsageError("name a run, or say --latest", "regreen pull --latest")
    if not latest and (branch or workflow):
        raise UsageError("--branch and --workflow go with --latest", "regreen pull --latest")
    console = Console()
    try:
        settings = config.load(Path.cwd())
        key = own_key(settings.cache)
        reference = _reference(run, branch, workflow, repo, key, console)
        found = fetched(
            reference,
            state_folder(Path.cwd()) / "runs",
            mask=reader(settings).masked_chunks,
            key=key,
            jobs="all" if all_jobs else job or "failed",
            reporter=console,
        )
    finally:
        console.close()
    show(json.dumps(_json(found), indent=2, ensure_ascii=False) if as_json else _text(found))


def _reference(
    run: str | None,
    branch: str | None,
    workflow: str | None,
    repo: Path,
    key: bytes,
    console: Console,
) -> Reference:
    from regreen.git import Repository
    from regreen.runs import latest, named

    try:
        remote = Repository.open(repo).remote()
    except UsageError:
        remote = None
    if run is None:
        return latest(remote, branch=branch, workflow=workflow, reporter=console)
    return named(run, Path(".regreen/runs"), remote, key)


def _json(run: Run) -> dict[str, Any]:
    return {
        "schema": 1,
        "folder": str(run.folder),
        "provider": run.provider,
        "url": run.url,
        "repository": run.repository,
        "id": run.id,
        "attempt": run.attempt,
        "workflow": run.workflow,
        "event": run.event,
        "branch": run.branch,
        "pull_request": run.pull_request,
        "head": run.head,
        "head_now": run.head_now,
        "conclusion": run.conclusion,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "jobs": [
            {
                "id": job.id,
                "name": job.name,
                "conclusion": job.conclusion,
                "failed": job.failed,
                "url": job.url,
                "log": str(job.log) if job.log else None,
                "log_missing": job.log_missing,
            }
            for job in run.jobs
        ],
    }


def _text(run: Run) -> str:
    state = visible(run.conclusion or "in progress")
    name = f"{visible(run.repository)}#{run.id} (attempt {run.attempt})"
    lines = [f"{name}: {visible(run.workflow)}, {state}, {run.head[:10]}"]
    if run.head_now and run.head_now != run.head:
        lines.append(f"  the branch has moved since, to {run.head_now[:10]}")
    lines += [f"  {_line(job)}" for job in run.jobs if job.failed or job.log or job.log_missing]
    if not any(job.failed for job in run.jobs):
        going = "has not ended, and no job has failed so far"
        lines.append("  no job failed" if run.conclusion else f"  it {going}")
    lines.append(f"pulled into {visible(str(run.folder))}")
    if any(job.log for job in run.jobs):
        lines.append(f"  next: regreen analyze --log {_called(run)}")
    return "\n".join(lines)


def _called(run: Run) -> str:
    """How a command is told of the run: by its folder's name, unless it is an older attempt."""
    older = run.folder.name.startswith("attempt-")
    return visible(shlex.quote(str(run.folder))) if older else run.folder.name


def _line(job: RunJob) -> str:
    where = str(job.log) if job.log else f"no log: {job.log_missing or 'not asked for'}"
    ended = visible(job.conclusion or "running")
    return f"{ended:<10} {visible(job.name)}  ({visible(where)})"
