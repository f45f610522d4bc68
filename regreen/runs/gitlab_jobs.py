"""A pipeline's jobs: each one's newest and older attempts, and those of pipelines it started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regreen.errors import UsageError
from regreen.model import Run, RunJob
from regreen.runs import gitlab_data
from regreen.runs.gitlab_api import Api
from regreen.runs.gitlab_errors import why
from regreen.runs.provider import Progress

_MOST_PIPELINES = 20
_DEEPEST = 4
"""GitLab nests child pipelines two deep, and starts other projects' from there."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The jobs of a pipeline; ``retried``: how many of them are older attempts."""

    jobs: tuple[RunJob, ...]
    retried: int


def listing(api: Api, progress: Progress, run: Run) -> Listing:
    """List the jobs of a pipeline.

    Of a job that ran more than once the newest has the job's name and the others ``NAME, attempt
    N``; those fail nothing any more (``allowed``). A trigger job that failed with its pipeline is
    replaced by that pipeline's failed jobs, ``TRIGGER / JOB``. Raises UsageError.
    """
    own = _attempts(_own(api, run.repository, run.id))
    below = _Below(api, progress, run.server, {run.id})
    triggers = [
        job
        for found in _top(api, progress, run)
        for job in below.of(found, "", found.job.allowed, 1)
    ]
    retried = sum(1 for _, older in own if older)
    return Listing((*(job for job, _ in own), *triggers), retried)


def _top(api: Api, progress: Progress, run: Run) -> list[gitlab_data.Trigger]:
    """The pipeline's own trigger jobs; a CI job's token may reach its jobs and not these."""
    try:
        return _triggers(api, run.server, run.repository, run.id)
    except UsageError as error:
        if not api.caller.of_job:
            raise
        progress.note(f"pipelines that this one started are left out: {error.message}")
        return []


def _own(api: Api, repository: str, pipeline: str, **chosen: str) -> list[RunJob]:
    what = f"the jobs of {repository}#{pipeline}"
    page = f"{api.caller.server}/{repository}"
    found: dict[str, RunJob] = {}
    url = f"{api.project(repository)}/pipelines/{pipeline}/jobs"
    for row in api.rows(url, what, chosen or {"include_retried": "true"}):
        job = _read(api, what, row, page)
        found[job.id] = job
    return sorted(found.values(), key=lambda job: int(job.id))


def _read(api: Api, what: str, row: Mapping[str, Any], page: str) -> RunJob:
    try:
        return gitlab_data.job(row, page)
    except gitlab_data.NotAsPromised:
        raise api.not_as_promised(what) from None


def _attempts(jobs: Sequence[RunJob]) -> list[tuple[RunJob, bool]]:
    """Name each job apart, with whether it is an older one; ``jobs`` come the oldest first.

    GitLab does not say which jobs were retried, but a pipeline has no two jobs of one name.
    """
    same: dict[str, list[RunJob]] = {}
    for job in jobs:
        same.setdefault(job.name, []).append(job)
    found: list[tuple[RunJob, bool]] = []
    for name, attempts in same.items():
        found.append((attempts[-1], False))
        for number, job in enumerate(attempts[:-1], 1):
            found.append((replace(job, name=f"{name}, attempt {number}", allowed=True), True))
    return found


def _triggers(api: Api, server: str, repository: str, pipeline: str) -> list[gitlab_data.Trigger]:
    what = f"the trigger jobs of {repository}#{pipeline}"
    rows = api.rows(f"{api.project(repository)}/pipelines/{pipeline}/bridges", what)
    try:
        found = [gitlab_data.trigger(row, server, repository) for row in rows]
    except gitlab_data.NotAsPromised:
        raise api.not_as_promised(what) from None
    return sorted(found, key=lambda trigger: int(trigger.job.id))


class _Below:
    """Looks for the failed jobs of the pipelines that trigger jobs started."""

    def __init__(self, api: Api, progress: Progress, server: str, seen: set[str]) -> None:
        self._api = api
        self._progress = progress
        self._server = server
        self._seen = seen

    def of(
        self, trigger: gitlab_data.Trigger, before: str, allowed: bool, depth: int
    ) -> Iterator[RunJob]:
        """Yield the failed jobs below a trigger job, or itself when there are none to be had."""
        name = f"{before}{trigger.job.name}"
        page = trigger.job.url
        if trigger.pipeline and trigger.repository:
            page = f"{self._server}/{trigger.repository}/-/pipelines/{trigger.pipeline}"
        itself = replace(trigger.job, name=name, url=page, allowed=allowed)
        reason = why(trigger.reason)
        if trigger.job.conclusion not in ("failure", "timed_out"):
            yield replace(itself, log_missing=TRIGGER)
            return
        found = list(self._failed(trigger, f"{name} / ", allowed, depth))
        yield from found
        if not found:
            yield replace(itself, log_missing=TRIGGER + (f" ({reason})" if reason else ""))

    def _failed(
        self, trigger: gitlab_data.Trigger, before: str, allowed: bool, depth: int
    ) -> Iterator[RunJob]:
        number, repository = trigger.pipeline, trigger.repository
        if number is None or repository is None or number in self._seen:
            return
        if depth > _DEEPEST or len(self._seen) > _MOST_PIPELINES:
            return
        self._seen.add(number)
        if trigger.job.url and not trigger.job.url.startswith(f"{self._server}/{repository}/-/"):
            before += f"{repository} / "
        try:
            jobs = _own(self._api, repository, number, **{"scope[]": "failed"})
            deeper = _triggers(self._api, self._server, repository, number)
        except UsageError as error:
            self._progress.note(f"the pipeline below {before[:-3]!r} cannot be read: {error}")
            return
        for job in jobs:
            if job.conclusion in ("failure", "timed_out"):
                yield replace(job, name=before + job.name, allowed=allowed or job.allowed)
        for one in deeper:
            if one.job.conclusion in ("failure", "timed_out"):
                yield from self.of(one, before, allowed or one.job.allowed, depth + 1)


TRIGGER = "a trigger job writes no log; the pipeline that it starts has its own"
