"""GitHub's JSON to values: only what is needed is read, and what is read is checked.

Servers of many versions speak this interface, so fields that may be missing are, and those that
must be there and are of the wrong kind make the answer one that is not GitHub's
(``NotAsPromised``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from regreen.model import Run, RunJob, RunStep
from regreen.runs.reference import Reference

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]+"
_REPOSITORY = re.compile(rf"{_NAME}/{_NAME}")
_ENDED = "completed"
_PULL_EVENTS = ("pull_request", "pull_request_target")
_NO_NUMBER = "an answer without a number that must be there"


class NotAsPromised(Exception):
    """An answer that lacks what GitHub's description promises."""


def run(data: Mapping[str, Any], reference: Reference) -> Run:
    """Read a workflow run. ``conclusion`` is ``None`` until it has ended; ``folder`` is unset."""
    number = identity(data, "id")
    repository = _full_name(data.get("repository")) or reference.repository
    event = words(data, "event")
    path = words(data, "path").partition("@")[0]
    status = data.get("status")
    return Run(
        provider="github",
        server=reference.server,
        id=number,
        attempt=_attempt(data),
        repository=repository,
        head=commit(data.get("head_sha")),
        workflow=words(data, "name") or path,
        url=f"{reference.server}/{repository}/actions/runs/{number}",
        folder=Path(),
        conclusion=_word(data.get("conclusion")) if status in (_ENDED, None) else None,
        event=event or None,
        branch=words(data, "head_branch") or None,
        workflow_path=path if _is_inside(path) else None,
        head_repository=_full_name(data.get("head_repository")),
        pull_request=_pull_request(data) if event in _PULL_EVENTS else None,
        started_at=_moment(data.get("run_started_at")) or _moment(data.get("created_at")),
    )


def job(data: Mapping[str, Any], run: Run) -> RunJob:
    """Read a job of ``run``."""
    number = identity(data, "id")
    return RunJob(
        id=number,
        name=words(data, "name") or number,
        conclusion=_word(data.get("conclusion")) if data.get("status") in (_ENDED, None) else None,
        url=f"{run.url}/job/{number}",
        labels=tuple(one for one in _items(data, "labels") if isinstance(one, str)),
        steps=tuple(_step(one) for one in _items(data, "steps") if isinstance(one, dict)),
        started_at=_moment(data.get("started_at")),
        completed_at=_moment(data.get("completed_at")),
    )


def identity(data: Mapping[str, Any], key: str) -> str:
    """Read a number that names something, as text. Raises NotAsPromised."""
    number = data.get(key)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 1 << 63:
        raise NotAsPromised(_NO_NUMBER)
    return str(number)


def commit(text: object) -> str:
    """Read a commit's hash. Raises NotAsPromised."""
    if not isinstance(text, str) or not _COMMIT.fullmatch(text):
        raise NotAsPromised("a commit that is none")
    return text


def words(data: Mapping[str, Any], key: str) -> str:
    """Read a text that may be missing."""
    text = data.get(key)
    return text if isinstance(text, str) else ""


def inner(data: Mapping[str, Any], *keys: str) -> Any:
    """Read what lies below ``keys``; ``None`` when a part of the way is missing."""
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _step(data: Mapping[str, Any]) -> RunStep:
    number = data.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        raise NotAsPromised(_NO_NUMBER)
    return RunStep(
        number=number,
        name=words(data, "name"),
        conclusion=_word(data.get("conclusion")),
        started_at=_moment(data.get("started_at")),
        completed_at=_moment(data.get("completed_at")),
    )


def _attempt(data: Mapping[str, Any]) -> int:
    attempt = data.get("run_attempt", 1)
    if not isinstance(attempt, int) or isinstance(attempt, bool) or not 0 < attempt < 100_000:
        raise NotAsPromised(_NO_NUMBER)
    return attempt


def _pull_request(data: Mapping[str, Any]) -> int | None:
    """The pull request that the run tested; GitHub lists none for those from forks."""
    rows = [row for row in _items(data, "pull_requests") if isinstance(row, dict)]
    rows.sort(key=lambda row: inner(row, "head", "sha") != data.get("head_sha"))
    for row in rows:
        number = row.get("number")
        if isinstance(number, int) and not isinstance(number, bool) and number > 0:
            return number
    return None


def _is_inside(path: str) -> bool:
    return bool(path) and not path.startswith("/") and ".." not in path.split("/")


def _full_name(data: object) -> str | None:
    name = data.get("full_name") if isinstance(data, dict) else None
    return name if isinstance(name, str) and _REPOSITORY.fullmatch(name) else None


def _items(data: Mapping[str, Any], key: str) -> list[Any]:
    found = data.get(key)
    return found if isinstance(found, list) else []


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[a-z_]{1,40}", value) else None


def _moment(value: object) -> datetime | None:
    """Read a time; one without a zone is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
