"""``run.json``: a run as it is stored. Read again, it is checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from regreen.model import Run, RunJob, RunStep
from regreen.runs.servers import is_repository, is_server

SCHEMA = 1
_ID = re.compile(r"[1-9][0-9]{0,18}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TEXT = (str,)
_TEXT_OR_NONE = (str, type(None))
_HERE = ("folder", "log")
"""Where the files lie is known from where ``run.json`` lies."""

_RUN: Mapping[str, tuple[type, ...]] = {
    "provider": _TEXT,
    "server": _TEXT,
    "id": _TEXT,
    "attempt": (int,),
    "repository": _TEXT,
    "head": _TEXT,
    "workflow": _TEXT,
    "url": _TEXT,
    "conclusion": _TEXT_OR_NONE,
    "event": _TEXT_OR_NONE,
    "branch": _TEXT_OR_NONE,
    "tested": _TEXT_OR_NONE,
    "workflow_path": _TEXT_OR_NONE,
    "head_repository": _TEXT_OR_NONE,
    "pull_request": (int, type(None)),
    "head_now": _TEXT_OR_NONE,
}
_JOB: Mapping[str, tuple[type, ...]] = {
    "id": _TEXT,
    "name": _TEXT,
    "conclusion": _TEXT_OR_NONE,
    "url": _TEXT_OR_NONE,
    "allowed": (bool,),
    "log_missing": _TEXT_OR_NONE,
}
_STEP: Mapping[str, tuple[type, ...]] = {
    "number": (int,),
    "name": _TEXT,
    "conclusion": _TEXT_OR_NONE,
}
_NEVER_MASKED = frozenset(
    {
        "provider",
        "server",
        "id",
        "repository",
        "head_repository",
        "head",
        "conclusion",
        "event",
        "tested",
        "head_now",
    }
)
_NUMBERS = ("attempt", "pull_request")
_COMMITS = ("head", "tested", "head_now")
_REPOSITORIES = ("repository", "head_repository")


class Damaged(Exception):
    """A record that is not what was written; the text says what is wrong with it."""


def to_json(run: Run, masked: Callable[[str], str]) -> dict[str, Any]:
    """Return ``run`` as JSON values, every text that a person wrote ``masked``."""
    return {"schema": SCHEMA, **_plain(run, masked)}


def from_json(data: Any, folder: Path, log: Callable[[str], Path | None]) -> Run:
    """Read a record; ``log`` tells where a job's log lies. Raises Damaged."""
    if not isinstance(data, dict):
        raise Damaged("it holds no object")
    schema = data.get("schema")
    if not isinstance(schema, int) or schema < 1:
        raise Damaged("it has no schema number")
    if schema > SCHEMA:
        raise Damaged(
            f"its schema is {schema}, and this regreen knows {SCHEMA}: it is a newer one's"
        )
    run = _checked(data, _RUN)
    if run["provider"] not in ("github", "gitlab") or not _ID.fullmatch(run["id"]):
        raise Damaged("its provider or id is none")
    _require_forms(run)
    return Run(
        **run,
        folder=folder,
        started_at=_moment(data, "started_at"),
        jobs=tuple(_job(row, log) for row in _rows(data, "jobs")),
    )


def _require_forms(run: Mapping[str, Any]) -> None:
    """Addresses and commands are made of these. Raises Damaged."""
    if any(run[name] is not None and run[name] < 1 for name in _NUMBERS):
        raise Damaged("its attempt or pull request is no number of one")
    if not all(_COMMIT.fullmatch(run[name]) for name in _COMMITS if run[name] is not None):
        raise Damaged("a commit is none")
    if not all(is_repository(run[name]) for name in _REPOSITORIES if run[name] is not None):
        raise Damaged("a repository is none")
    if not is_server(run["server"]):
        raise Damaged("its server is no address")
    path = run["workflow_path"]
    if path is not None and (path.startswith("/") or ".." in path.split("/")):
        raise Damaged("its workflow lies outside of the repository")


def _job(data: Mapping[str, Any], log: Callable[[str], Path | None]) -> RunJob:
    job = _checked(data, _JOB)
    if not _ID.fullmatch(job["id"]):
        raise Damaged("a job's id is none")
    labels = data.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise Damaged("labels is not a list of texts")
    return RunJob(
        **job,
        labels=tuple(labels),
        steps=tuple(_step(row) for row in _rows(data, "steps")),
        started_at=_moment(data, "started_at"),
        completed_at=_moment(data, "completed_at"),
        log=log(job["id"]),
    )


def _step(data: Mapping[str, Any]) -> RunStep:
    return RunStep(
        **_checked(data, _STEP),
        started_at=_moment(data, "started_at"),
        completed_at=_moment(data, "completed_at"),
    )


def _checked(data: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
    found = {}
    for name, allowed in kinds.items():
        value = data.get(name, False if allowed == (bool,) else None)
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise Damaged(f"{name} is missing or of the wrong kind")
        found[name] = value
    return found


def _rows(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Damaged(f"{name} is not a list of objects")
    return rows


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Damaged(f"{name} is no time") from None


def _plain(value: Any, masked: Callable[[str], str]) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one, masked) for one in value]
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Run | RunJob | RunStep):
        return {
            name: found if name in _NEVER_MASKED else _plain(found, masked)
            for name in (one.name for one in fields(value))
            if name not in _HERE
            for found in (getattr(value, name),)
        }
    return value
