"""Pipelines of GitLab CI, on gitlab.com and on servers of one's own.

Endpoints: https://docs.gitlab.com/api/pipelines/ and https://docs.gitlab.com/api/jobs/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from regreen.errors import UsageError
from regreen.model import Run, RunJob
from regreen.plain import visible
from regreen.runs import gitlab_data
from regreen.runs.github_errors import Absent
from regreen.runs.gitlab_api import Api
from regreen.runs.gitlab_errors import why
from regreen.runs.gitlab_jobs import TRIGGER, Listing, listing
from regreen.runs.gitlab_merge import newest, of_merge_request, project_path
from regreen.runs.gitlab_tokens import caller
from regreen.runs.provider import Access, LogMissing, LogStream, Progress
from regreen.runs.reference import Reference

T = TypeVar("T")
P = ParamSpec("P")

_NUMBERED = re.compile(
    r"(?:(?P<root>[^/]+(?:/[^/]+)?)/)??(?:api/v4/)?projects/(?P<id>[1-9]\d{0,18})"
)
"""A project by its number: ``projects`` is a name that no group may have."""
_MOST_REQUESTS = 5


def connect(server: str, access: Access, progress: Progress) -> GitLab:
    """Return the provider for ``server``, with the token that is meant for it, if there is one."""
    return GitLab(Api(caller(server, access.environment), access, progress), progress)


class GitLab:
    """One GitLab server's pipelines; see ``regreen.runs.provider.Provider``.

    GitLab counts no attempts of a pipeline, its jobs are retried one by one: ``Run.attempt`` is
    one more than the retried jobs, so that a retry shows. ``Run.workflow`` is the pipeline's name.
    A server's relative URL root stays a part of ``Run.repository``, as in every web address.
    """

    def __init__(self, api: Api, progress: Progress) -> None:
        """Take the pipelines from ``api``."""
        self._api = api
        self._progress = progress
        self._listed: dict[tuple[str, str], Listing] = {}

    @property
    def secrets(self) -> Sequence[str]:
        """The token."""
        token = self._api.caller.token
        return (token.value,) if token else ()

    def close(self) -> None:
        """End all connections."""
        self._api.close()

    def resolve(self, reference: Reference) -> Reference:
        """Ask which project a number means, and which pipeline a job belongs to."""
        reference = self._by_path(reference)
        if reference.job is None or reference.run is not None:
            return reference
        what = f"the job {reference.job} of {reference.repository}"
        url = f"{self._api.project(reference.repository)}/jobs/{reference.job}"
        found = gitlab_data.inner(self._api.get(url, what), "pipeline")
        if not isinstance(found, dict):
            raise self._api.not_as_promised(what)
        return replace(reference, run=self._read(what, gitlab_data.identity, found, "id"))

    def newest_failed(
        self, reference: Reference, *, branch: str | None, workflow: str | None
    ) -> Reference:
        """Return the newest failed pipeline, of the branch or of a merge request from it."""
        if workflow is not None:
            raise UsageError(
                "a GitLab project has one pipeline and no workflows to choose from: "
                f"{workflow!r} means nothing to it",
                "leave --workflow out",
            )
        reference = self._by_path(reference)
        project = self._api.project(reference.repository)
        what = f"the pipelines of {reference.repository}"
        chosen = {"ref": branch} if branch is not None else {}
        asked: dict[str, str | int] = {"status": "failed", "per_page": 1, **chosen}
        rows = self._api.rows(f"{project}/pipelines", what, asked, pages=1)
        failed = chain(rows, self._of_requests(project, branch) if branch else ())
        numbers = [int(self._read(what, gitlab_data.identity, row, "id")) for row in failed]
        if not numbers:
            where = f" on {branch}" if branch else ""
            raise UsageError(
                f"{reference.repository} has no failed pipeline{where}",
                f"look at {reference.server}/{reference.repository}/-/pipelines and name one",
            )
        return replace(reference, run=str(max(numbers)))

    def newest_green(self, run: Run) -> Reference | None:
        """Ask for the newest pipeline that passed on the default branch."""
        project = self._api.project(run.repository)
        what = f"the green pipelines of {run.repository}"
        branch = gitlab_data.words(self._api.get(project, what), "default_branch")
        asked: dict[str, str | int] = {"status": "success", "ref": branch, "per_page": 1}
        if run.started_at is not None:
            asked["updated_before"] = f"{run.started_at:%Y-%m-%dT%H:%M:%SZ}"
        for row in self._api.rows(f"{project}/pipelines", what, asked, pages=1):
            number = self._read(what, gitlab_data.identity, row, "id")
            return Reference("gitlab", run.server, run.repository, number)
        return None

    def run(self, reference: Reference, *, attempt: int | None = None) -> Run:
        """Return the pipeline, and the merge request that it belongs to."""
        reference = self._by_path(reference)
        what = f"the pipeline {reference}"
        url = f"{self._api.project(reference.repository)}/pipelines/{reference.run}"
        data = self._api.get(url, what)
        run = self._read(what, gitlab_data.pipeline, data, reference)
        if run.id != reference.run:
            raise self._api.not_as_promised(what)
        if errors := gitlab_data.words(data, "yaml_errors"):
            self._progress.note(f"GitLab refused the CI configuration: {visible(errors[:1000])}")
        found = self._listed[run.repository, run.id] = listing(self._api, self._progress, run)
        run = replace(run, attempt=1 + found.retried)
        if attempt not in (None, run.attempt):
            raise UsageError(
                f"{reference} has no attempt {attempt}: GitLab retries jobs, not pipelines",
                "name the older job by its own address",
            )
        request = gitlab_data.merge_request(data)
        if request is None:
            return run
        created = gitlab_data.moment(data.get("created_at"))
        return of_merge_request(self._api, self._progress, run, request, created)

    def jobs(self, run: Run) -> Iterator[RunJob]:
        """List the pipeline's jobs, as ``gitlab_jobs.listing`` says."""
        found = self._listed.pop((run.repository, run.id), None)
        yield from (found or listing(self._api, self._progress, run)).jobs

    @contextmanager
    def log(self, run: Run, job: RunJob, scratch: Path) -> Iterator[LogStream]:
        """Open a job's trace."""
        if (job.log_missing or "").startswith(TRIGGER):
            raise LogMissing(job.log_missing or "")
        url = f"{self._api.project(_repository(run, job))}/jobs/{job.id}"
        try:
            with self._api.stream(f"{url}/trace", f"the log of {job.name}") as stream:
                first = next(stream.chunks, b"")
                if not first:
                    raise self._missing(url, job)
                yield LogStream(stream.total, chain([first], stream.chunks))
        except Absent:
            raise self._missing(url, job) from None

    def head_now(self, run: Run) -> str | None:
        """Ask where the merge request or the branch is now; a refusal means: unknown."""
        return newest(self._api, run)

    def _missing(self, url: str, job: RunJob) -> LogMissing:
        """Say why a job has no log."""
        try:
            data = self._api.get(url, f"the job {job.name}")
        except UsageError as error:
            return LogMissing(error.message)
        if when := gitlab_data.moment(data.get("erased_at")):
            return LogMissing(f"it was erased on {when:%Y-%m-%d}", for_good=True)
        reason = why(data.get("failure_reason"))
        because = f" ({reason})" if reason else ""
        if gitlab_data.moment(data.get("started_at")) is None:
            return LogMissing(f"the job never began{because}")
        return LogMissing(f"GitLab has no log of this job{because}")

    def _by_path(self, reference: Reference) -> Reference:
        """Return the reference with the project's path when it has its number."""
        match = _NUMBERED.fullmatch(reference.repository)
        if match is None:
            return reference
        if "api/v4/" in reference.repository:
            self._api.settle(f"/{match['root']}" if match["root"] else "")
        found = project_path(self._api, reference.repository, match["id"])
        return replace(reference, repository=found)

    def _of_requests(self, project: str, branch: str) -> Iterator[Mapping[str, Any]]:
        """Yield the failed pipelines of the newest merge requests from the branch."""
        asked: dict[str, str | int] = {"source_branch": branch, "per_page": _MOST_REQUESTS}
        try:
            for row in self._api.rows(f"{project}/merge_requests", "", asked, pages=1):
                number, here = row.get("iid"), row.get("target_project_id")
                if not isinstance(number, int) or isinstance(number, bool):
                    continue
                url = f"{project}/merge_requests/{number}/pipelines"
                for one in self._api.rows(url, "", pages=1):
                    if one.get("status") == "failed" and one.get("project_id") == here:
                        yield one
        except UsageError:  # merge requests may be switched off, or hidden
            return

    def _read(self, what: str, read: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
        try:
            return read(*given, **more)
        except gitlab_data.NotAsPromised:
            raise self._api.not_as_promised(what) from None


def _repository(run: Run, job: RunJob) -> str:
    """The project that a job lies in: a downstream pipeline's may be another one."""
    page = rf"{re.escape(run.server)}/([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+)/-/jobs/{job.id}"
    match = re.fullmatch(page, job.url or "")
    return match[1] if match else run.repository
