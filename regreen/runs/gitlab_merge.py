"""Whose commit a merge request's pipeline tested: the pushed one, or one merged for the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from regreen.errors import UsageError
from regreen.model import Run
from regreen.runs import gitlab_data
from regreen.runs.gitlab_api import Api
from regreen.runs.gitlab_data import MergeRequest, NotAsPromised, commit, inner, moment, words
from regreen.runs.provider import Progress


def of_merge_request(
    api: Api, progress: Progress, run: Run, found: MergeRequest, created: datetime | None
) -> Run:
    """Return ``run`` with its merge request's number, branch, fork and pushed commit.

    The pipeline's own commit is the pushed one when it is *detached*; else it is a merge commit
    (https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/). What cannot be asked stays
    unknown, and a merge commit whose pushed commit is unknown is said.
    """
    run = replace(run, pull_request=found.number, head_repository=None)
    url = f"{api.project(run.repository)}/merge_requests/{found.number}"
    try:
        data = api.get(url, f"the merge request {found.number}", tries=2)
    except UsageError as error:
        if found.kind != "head":
            progress.note(
                f"the pushed commit is unknown, and the merge commit {run.head[:12]} is taken for "
                f"it: {error.message}"
            )
        return run
    run = replace(
        run,
        branch=words(data, "source_branch") or None,
        head_repository=_source(api, run, data),
    )
    if found.kind == "head":
        return run
    head = _pushed(api, run, url, data, created)
    if head is None:
        progress.note(f"the commit that {run.head[:12]} merges is unknown: it is taken for pushed")
    return replace(run, head=head or run.head)


def _pushed(
    api: Api, run: Run, url: str, data: Mapping[str, Any], created: datetime | None
) -> str | None:
    """Find the pushed commit among the merge commit's parents, else by the time of the pushes.

    A train may merge a commit of its own making (squashed), which nobody pushed.
    """
    newest = _commit(data.get("sha"))
    parents = _parents(api, run)
    if newest in parents:
        return newest
    pushes = _versions(api, url)
    for parent in parents:
        if any(parent == sha for sha, _ in pushes):
            return parent
    earlier = [sha for sha, when in pushes if created and when and when <= created]
    return earlier[0] if earlier else newest


def _parents(api: Api, run: Run) -> list[str]:
    url = f"{api.project(run.repository)}/repository/commits/{run.head}"
    try:
        found = api.get(url, "the merge commit", tries=1).get("parent_ids")
    except UsageError:
        return []
    return [sha for one in found if (sha := _commit(one))] if isinstance(found, list) else []


def _versions(api: Api, url: str) -> list[tuple[str, datetime | None]]:
    """What was pushed to the merge request, the newest first."""
    try:
        rows = list(api.rows(f"{url}/versions", "the pushes", pages=1))
    except UsageError:
        return []
    found = [(_commit(row.get("head_commit_sha")), moment(row.get("created_at"))) for row in rows]
    known = [(sha, when) for sha, when in found if sha]
    return sorted(known, key=lambda one: one[1].timestamp() if one[1] else 0.0, reverse=True)


def _source(api: Api, run: Run, data: Mapping[str, Any]) -> str | None:
    """The path of the project that the branch lies in; ``None``: it cannot be seen, or is gone."""
    source = data.get("source_project_id")
    if source == data.get("target_project_id"):
        return run.repository
    if not isinstance(source, int) or isinstance(source, bool):
        return None
    try:
        return project_path(api, run.repository, str(source), tries=1)
    except UsageError:
        return None


def project_path(api: Api, beside: str, number: str, *, tries: int = 4) -> str:
    """Return the path on the server of the project with this number; ``beside``: any path there.

    Raises UsageError when it cannot be seen.
    """
    root = api.root(beside)
    what = f"the project {number}"
    data = api.get(f"{api.caller.server}{root}/api/v4/projects/{number}", what, tries=tries)
    try:
        return f"{root}/{gitlab_data.path(data)}".lstrip("/")
    except NotAsPromised:
        raise api.not_as_promised(what) from None


def newest(api: Api, run: Run) -> str | None:
    """Return the commit that the merge request, or the branch, points to now, if it can be seen."""
    try:
        if run.pull_request is not None:
            url = f"{api.project(run.repository)}/merge_requests/{run.pull_request}"
            return _commit(api.get(url, "the merge request", tries=1).get("sha"))
        if run.branch is None or run.head_repository is None:
            return None
        url = f"{api.project(run.head_repository)}/repository/branches/{quote(run.branch, safe='')}"
        return _commit(inner(api.get(url, "the branch", tries=1), "commit", "id"))
    except UsageError:
        return None


def _commit(text: object) -> str | None:
    try:
        return commit(text)
    except NotAsPromised:
        return None
