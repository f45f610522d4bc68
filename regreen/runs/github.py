"""Runs of GitHub Actions, on github.com and on GitHub Enterprise Server.

Endpoints: https://docs.github.com/rest/actions/workflow-runs and
https://docs.github.com/rest/actions/workflow-jobs.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import quote

from regreen.errors import UsageError
from regreen.model import Run, RunJob
from regreen.runs import archive, github_data
from regreen.runs.github_api import Api
from regreen.runs.github_errors import Absent, Caller
from regreen.runs.provider import Access, LogMissing, LogStream, Progress
from regreen.runs.reference import Reference
from regreen.runs.tokens import github_token, to_export

T = TypeVar("T")
P = ParamSpec("P")

_FAILED = ("failure", "timed_out")
_WORKFLOW_FILE = re.compile(r"(?:\.github/workflows/)?([^/]+\.ya?ml)|(\d+)")
_KEPT_DAYS = "GitHub keeps logs for 90 days unless the repository says otherwise"


def connect(server: str, access: Access, progress: Progress) -> GitHub:
    """Return the provider for ``server``, with the token that is meant for it, if there is one."""
    token = github_token(server, access.environment)
    variable = to_export(server, access.environment)
    return GitHub(Api(Caller(server, token, variable), access, progress), access.most_bytes)


class GitHub:
    """One GitHub server's runs; see ``regreen.runs.provider.Provider``."""

    def __init__(self, api: Api, most_bytes: int) -> None:
        """Take the runs from ``api``; no log may have more than ``most_bytes``."""
        self._api = api
        self._most_bytes = most_bytes
        self._newest: dict[str, int] = {}
        self._archives: dict[tuple[str, int], archive.Archive | LogMissing] = {}
        self._open_files = ExitStack()

    @property
    def secrets(self) -> Sequence[str]:
        """The token."""
        token = self._api.caller.token
        return (token.value,) if token else ()

    def close(self) -> None:
        """End all connections."""
        self._open_files.close()
        self._api.close()

    def resolve(self, reference: Reference) -> Reference:
        """Ask which run and attempt a job belongs to, unless the reference says."""
        if reference.job is None or (reference.run is not None and reference.attempt is not None):
            return reference
        what = f"the job {reference.job} of {reference.repository}"
        data = self._api.get(f"{_actions(reference.repository)}/jobs/{reference.job}", what)
        run = self._read(what, github_data.identity, data, "run_id")
        if reference.run not in (None, run):
            raise UsageError(
                f"the job {reference.job} belongs to the run {run}, not to {reference.run}",
                f"regreen pull {reference.server}/{reference.repository}/actions/runs/{run}",
            )
        attempt = data.get("run_attempt")
        told = attempt if isinstance(attempt, int) and attempt > 0 else None
        return replace(reference, run=run, attempt=told)

    def newest_failed(
        self, reference: Reference, *, branch: str | None, workflow: str | None
    ) -> Reference:
        """Return the newest run that failed or timed out."""
        repository = reference.repository
        folder = _actions(repository)
        if workflow is not None:
            folder += f"/workflows/{self._workflow(repository, workflow)}"
        chosen: dict[str, str] = {"branch": branch} if branch is not None else {}
        what = f"the runs of {repository}"
        found: list[tuple[str, int]] = []
        for status in _FAILED:
            data = self._api.get(
                f"{folder}/runs", what, {"status": status, "per_page": 1, **chosen}
            )
            rows = data.get("workflow_runs")
            if not isinstance(rows, list):
                raise self._api.not_as_promised(what)
            for row in (row for row in rows if isinstance(row, dict)):
                number = int(self._read(what, github_data.identity, row, "id"))
                found.append((github_data.words(row, "created_at"), number))
        if not found:
            where = f" on {branch}" if branch else ""
            where += f" of {workflow}" if workflow else ""
            raise UsageError(
                f"{repository} has no failed run{where}",
                f"look at {reference.server}/{repository}/actions and name the run",
            )
        return replace(reference, run=str(max(found)[1]))

    def newest_green(self, run: Run) -> Reference | None:
        """Ask for the workflow's newest successful run on the default branch."""
        if run.workflow_path is None:
            return None
        what = f"the green runs of {run.repository}"
        branch = github_data.words(
            self._api.get(f"/repos/{run.repository}", what), "default_branch"
        )
        folder = f"{_actions(run.repository)}/workflows"
        asked: dict[str, str | int] = {"status": "success", "branch": branch, "per_page": 1}
        if run.started_at is not None:
            asked["created"] = f"<{run.started_at:%Y-%m-%dT%H:%M:%SZ}"
        file = self._workflow(run.repository, run.workflow_path)
        rows = self._api.get(f"{folder}/{file}/runs", what, asked).get("workflow_runs")
        if not isinstance(rows, list):
            raise self._api.not_as_promised(what)
        for row in (row for row in rows if isinstance(row, dict)):
            number = self._read(what, github_data.identity, row, "id")
            attempt = row.get("run_attempt")
            told = attempt if isinstance(attempt, int) and attempt > 0 else None
            return Reference("github", run.server, run.repository, number, told)
        return None

    def run(self, reference: Reference, *, attempt: int | None = None) -> Run:
        """Return the run, and the pull request that it belongs to."""
        what = f"the run {reference}"
        path = f"{_actions(reference.repository)}/runs/{reference.run}"
        if attempt is not None:
            path += f"/attempts/{attempt}"
        data = self._api.get(path, what)
        run = self._read(what, github_data.run, data, reference)
        if run.id != reference.run or attempt not in (None, run.attempt):
            raise self._api.not_as_promised(what)
        if attempt is None:
            self._newest[run.id] = run.attempt
        if run.pull_request is None and (run.event or "").startswith("pull_request"):
            return replace(run, pull_request=self._pull_of_fork(run))
        return run

    def jobs(self, run: Run) -> Iterator[RunJob]:
        """List the jobs of the run's attempt."""
        what = f"the jobs of {run.repository}#{run.id}"
        path = f"{_actions(run.repository)}/runs/{run.id}/attempts/{run.attempt}/jobs"
        seen: set[str] = set()
        for row in self._api.pages(path, "jobs", what):
            job = self._read(what, github_data.job, row, run)
            if job.id not in seen:
                seen.add(job.id)
                yield job

    @contextmanager
    def log(self, run: Run, job: RunJob, scratch: Path) -> Iterator[LogStream]:
        """Open a job's own log, else the job's part of the run's archive."""
        path = f"{_actions(run.repository)}/jobs/{job.id}/logs"
        with ExitStack() as stack:
            try:
                stream = stack.enter_context(self._api.stream(path, f"the log of {job.name}"))
            except Absent as absent:
                if absent.status == 410:
                    raise LogMissing(_KEPT_DAYS, for_good=True) from None
                packed = self._archive(run, scratch)
                steps = {step.number: step.name for step in job.steps}
                stream = LogStream(None, packed.log(job.name, steps))
            yield stream

    def head_now(self, run: Run) -> str | None:
        """Ask where the pull request or the branch is now; a refusal means that it is unknown."""
        if run.pull_request is not None:
            path, keys = f"/repos/{run.repository}/pulls/{run.pull_request}", ("head", "sha")
        elif run.branch is not None and run.head_repository is not None:
            branch = quote(run.branch, safe="/")
            path = f"/repos/{run.head_repository}/git/ref/heads/{branch}"
            keys = ("object", "sha")
        else:
            return None
        try:
            data = self._api.get(path, "the branch", tries=1)
            return github_data.commit(github_data.inner(data, *keys))
        except (UsageError, github_data.NotAsPromised):
            return None

    def _archive(self, run: Run, scratch: Path) -> archive.Archive:
        """Fetch the attempt's archive once, into a file without a name."""
        key = (run.id, run.attempt)
        if key not in self._archives:
            try:
                self._archives[key] = self._fetched(run, scratch)
            except LogMissing as missing:
                self._archives[key] = missing
        found = self._archives[key]
        if isinstance(found, LogMissing):
            raise found
        return found

    def _fetched(self, run: Run, scratch: Path) -> archive.Archive:
        what = f"the archive of {run.repository}#{run.id}'s logs"
        runs = f"{_actions(run.repository)}/runs/{run.id}"
        paths = [f"{runs}/attempts/{run.attempt}/logs"]
        if self._newest.get(run.id) == run.attempt:
            paths.append(f"{runs}/logs")  # always the newest attempt's
        for path in paths:
            nameless = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - closed with the others
            file = self._open_files.enter_context(nameless)
            try:
                with self._api.stream(path, what) as stream:
                    for chunk in stream.chunks:
                        file.write(chunk)
            except Absent as absent:
                if absent.status == 410:
                    raise LogMissing(_KEPT_DAYS, for_good=True) from None
                continue
            return self._open_files.enter_context(archive.opened(file, self._most_bytes))
        raise LogMissing("GitHub has no log of this job")

    def _pull_of_fork(self, run: Run) -> int | None:
        """Find the pull request by the branch that it comes from; none: it could not be found."""
        owner = (run.head_repository or "").partition("/")[0]
        if not owner or run.branch is None:
            return None
        try:
            rows = self._api.rows(
                f"/repos/{run.repository}/pulls",
                "pulls",
                {"head": f"{owner}:{run.branch}", "state": "all"},
            )
        except UsageError:
            return None
        rows = sorted(rows, key=lambda row: github_data.inner(row, "head", "sha") != run.head)
        numbers = [row.get("number") for row in rows]
        return next((n for n in numbers if isinstance(n, int) and n > 0), None)

    def _workflow(self, repository: str, workflow: str) -> str:
        """Return what names a workflow in an address: its file's name or its number."""
        if match := _WORKFLOW_FILE.fullmatch(workflow):
            return quote(match[1] or match[2], safe="")
        what = f"the workflows of {repository}"
        names: list[str] = []
        for row in self._api.pages(f"{_actions(repository)}/workflows", "workflows", what):
            name = github_data.words(row, "name")
            if name == workflow:
                return self._read(what, github_data.identity, row, "id")
            names.append(name)
        raise UsageError(
            f"{repository} has no workflow {workflow!r}",
            f"name one with --workflow: {', '.join(names[:20])}",
        )

    def _read(self, what: str, read: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
        try:
            return read(*given, **more)
        except github_data.NotAsPromised:
            raise self._api.not_as_promised(what) from None


def _actions(repository: str) -> str:
    return f"/repos/{repository}/actions"
