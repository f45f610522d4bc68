"""The log of a job as it was when it was last green, before a run of which it is red."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from regreen.model import Run, RunJob
from regreen.runs.provider import Access, Mask, Progress, Quiet, connect
from regreen.runs.pulling import pull
from regreen.runs.reference import ProviderName, Reference


def green_job(
    run: Run,
    job: RunJob,
    store: Path,
    *,
    mask: Mask,
    key: bytes | None,
    reporter: Progress | None = None,
    access: Access | None = None,
) -> tuple[Run, RunJob] | None:
    """Return the newest green run of the same workflow on the default branch, and the same job.

    Its log is fetched as ``pull`` does, so once only. ``None`` where there is no such run, where it
    has no such job that passed, or where that job's log is gone. Raises UsageError when the server
    cannot be asked.
    """
    access, reporter = access or Access(), reporter or Quiet()
    name: ProviderName = "gitlab" if run.provider == "gitlab" else "github"
    reference = Reference(name, run.server, run.repository, run.id)
    with closing(connect(reference, access, reporter)) as provider:
        found = provider.newest_green(run)
    if found is None:
        return None
    pulled = pull(
        found, store, mask=mask, key=key, jobs=[job.name], reporter=reporter, access=access
    )
    same = (one for one in pulled.jobs if one.name == job.name and one.conclusion == "success")
    green = next((one for one in same if one.log is not None), None)
    return (pulled, green) if green is not None else None
