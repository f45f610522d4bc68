"""GitLab's JSON to values: only what is needed is read, and what is read is checked.

Sources: https://docs.gitlab.com/api/pipelines/, https://docs.gitlab.com/api/jobs/ and
https://docs.gitlab.com/api/merge_requests/. Servers of many versions speak this interface, so
fields that may be missing are, and those that must be there and are of the wrong kind make the
answer one that is not GitLab's (``NotAsPromised``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from regreen.model import Run, RunJob
from regreen.runs.github_data import NotAsPromised, commit, identity, inner, words
from regreen.runs.reference import Reference

__all__ = ["NotAsPromised", "commit", "identity", "inner", "words"]

_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]+"
_REPOSITORY = re.compile(rf"{_NAME}(?:/{_NAME})+")
_PIPELINE = re.compile(rf"/(?P<repository>{_NAME}(?:/{_NAME})+?)(?:/-)?/pipelines/[0-9]+/?")
_MERGE_REQUEST = re.compile(r"refs/merge-requests/(?P<number>[1-9][0-9]{0,17})/(?P<kind>[a-z]+)")
_ENDS = {
    "success": "success",
    "failed": "failure",
    "canceled": "cancelled",
    "skipped": "skipped",
}
_NEVER_BEGAN = "manual"
"""A job that waits for a person; it says nothing of the run, and may do so for ever."""
_TIMED_OUT = ("job_execution_timeout", "job_execution_server_timeout", "stuck_or_timeout_failure")


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The merge request that a pipeline belongs to, and what of it was run.

    ``kind`` is ``head`` (its own commits, a *detached* pipeline), ``merge`` (merged with its
    target) or ``train`` (merged behind others).
    """

    number: int
    kind: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """A job that starts another pipeline: ``pipeline`` in ``repository``, if it came to be.

    ``reason`` is GitLab's word for why it failed.
    """

    job: RunJob
    pipeline: str | None
    repository: str | None
    reason: object


def pipeline(data: Mapping[str, Any], reference: Reference) -> Run:
    """Read a pipeline, all but its merge request; ``head`` and ``tested`` are its commit.

    ``conclusion`` is ``None`` until it has ended; ``folder`` is unset.
    """
    number = identity(data, "id")
    sha = commit(data.get("sha"))
    source = words(data, "source")
    plain = merge_request(data) is None and data.get("tag") is not True
    return Run(
        provider="gitlab",
        server=reference.server,
        id=number,
        attempt=1,
        repository=reference.repository,
        head=sha,
        tested=sha,
        workflow=words(data, "name") or "pipeline",
        url=f"{reference.server}/{reference.repository}/-/pipelines/{number}",
        folder=Path(),
        conclusion=_ENDS.get(words(data, "status")),
        event=source if re.fullmatch(r"[a-z_]{1,60}", source) else None,
        branch=(words(data, "ref") or None) if plain else None,
        head_repository=reference.repository,
        started_at=moment(data.get("started_at")) or moment(data.get("created_at")),
    )


def merge_request(data: Mapping[str, Any]) -> MergeRequest | None:
    """Tell by a pipeline's ``ref`` whether it ran for a merge request."""
    match = _MERGE_REQUEST.fullmatch(words(data, "ref"))
    return MergeRequest(int(match["number"]), match["kind"]) if match else None


def job(data: Mapping[str, Any], page: str) -> RunJob:
    """Read a job of the repository whose web page is ``page``."""
    number = identity(data, "id")
    tags = data.get("tag_list")
    return RunJob(
        id=number,
        name=words(data, "name") or number,
        conclusion=_conclusion(data),
        url=f"{page}/-/jobs/{number}",
        labels=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        started_at=moment(data.get("started_at")),
        completed_at=moment(data.get("finished_at")),
        allowed=data.get("allow_failure") is True,
    )


def trigger(data: Mapping[str, Any], server: str, repository: str) -> Trigger:
    """Read a trigger job (GitLab: bridge) of ``repository`` and the pipeline that it started."""
    made = job(data, f"{server}/{repository}")
    started = data.get("downstream_pipeline")
    if not isinstance(started, dict):
        return Trigger(made, None, None, data.get("failure_reason"))
    where: str | None = repository
    if started.get("project_id") != inner(data, "pipeline", "project_id"):
        where = _repository_of(words(started, "web_url"))
    return Trigger(made, identity(started, "id"), where, data.get("failure_reason"))


def path(data: Mapping[str, Any]) -> str:
    """Read a project's path. Raises NotAsPromised."""
    found = words(data, "path_with_namespace")
    if not _REPOSITORY.fullmatch(found):
        raise NotAsPromised("a project without a path")
    return found


def moment(value: object) -> datetime | None:
    """Read a time; one without a zone is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _conclusion(data: Mapping[str, Any]) -> str | None:
    status = words(data, "status")
    if status == "failed" and data.get("failure_reason") in _TIMED_OUT:
        return "timed_out"
    return "skipped" if status == _NEVER_BEGAN else _ENDS.get(status)


def _repository_of(address: str) -> str | None:
    """The path in a pipeline's web address; its host does not matter."""
    try:
        match = _PIPELINE.fullmatch(urlsplit(address).path)
    except ValueError:
        return None
    return match["repository"] if match else None
