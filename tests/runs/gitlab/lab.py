"""What a GitLab server answers, with bodies as its published description shapes them.

The keys and kinds are those of https://docs.gitlab.com/api/pipelines/, …/api/jobs/,
…/api/merge_requests/ and …/api/commits/.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.runs.hub import Answer, Asked, Hub, Reply, ranged

COMMIT = "a" * 40
MERGE = "b" * 40
OTHER = "c" * 40
MOMENT = "2024-05-01T12:00:00.123Z"
REPOSITORY = "group/sub/app"
JSON = {"Content-Type": "application/json"}

_TEXT, _NUMBER, _FLAG = (str,), (int,), (bool,)
_MAYBE = (str, type(None))
_KINDS: dict[str, dict[str, tuple[type, ...]]] = {
    "pipeline": {
        "id": _NUMBER,
        "iid": _NUMBER,
        "project_id": _NUMBER,
        "name": _MAYBE,
        "sha": _TEXT,
        "ref": _TEXT,
        "status": _TEXT,
        "source": _TEXT,
        "created_at": _TEXT,
        "updated_at": _TEXT,
        "web_url": _TEXT,
        "before_sha": _TEXT,
        "tag": _FLAG,
        "yaml_errors": _MAYBE,
        "started_at": _MAYBE,
        "finished_at": _MAYBE,
    },
    "job": {
        "id": _NUMBER,
        "status": _TEXT,
        "stage": _TEXT,
        "name": _TEXT,
        "ref": _TEXT,
        "tag": _FLAG,
        "allow_failure": _FLAG,
        "created_at": _TEXT,
        "started_at": _MAYBE,
        "finished_at": _MAYBE,
        "erased_at": _MAYBE,
        "pipeline": (dict,),
        "web_url": _TEXT,
        "tag_list": (list,),
        "archived": _FLAG,
    },
    "bridge": {
        "id": _NUMBER,
        "status": _TEXT,
        "name": _TEXT,
        "allow_failure": _FLAG,
        "pipeline": (dict,),
        "web_url": _TEXT,
        "downstream_pipeline": (dict, type(None)),
    },
    "merge request": {
        "iid": _NUMBER,
        "source_branch": _TEXT,
        "source_project_id": (int, type(None)),
        "target_project_id": _NUMBER,
        "sha": _TEXT,
        "state": _TEXT,
    },
}


def body(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return ``given``, checked against what a body of this kind must have."""
    for key, kinds in _KINDS[kind].items():
        assert isinstance(given[key], kinds), (kind, key, given[key])
    return given


def pipeline(number: int = 100, **given: Any) -> dict[str, Any]:
    """A finished, failed pipeline of a push."""
    standard = {
        "id": number,
        "iid": 7,
        "project_id": 1,
        "name": None,
        "sha": COMMIT,
        "ref": "main",
        "status": "failed",
        "source": "push",
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "web_url": f"https://other.example/{REPOSITORY}/-/pipelines/{number}",
        "before_sha": OTHER,
        "tag": False,
        "yaml_errors": None,
        "user": {"id": 1, "username": "root", "name": "Administrator"},
        "started_at": MOMENT,
        "finished_at": MOMENT,
        "detailed_status": {"text": "failed"},
    }
    return body("pipeline", standard | given)


def job(number: int, name: str = "lint", **given: Any) -> dict[str, Any]:
    """A finished job whose script failed."""
    standard = {
        "id": number,
        "status": "failed",
        "stage": "test",
        "name": name,
        "ref": "main",
        "tag": False,
        "coverage": None,
        "allow_failure": False,
        "created_at": MOMENT,
        "started_at": MOMENT,
        "finished_at": MOMENT,
        "erased_at": None,
        "failure_reason": "script_failure",
        "pipeline": {"id": 100, "project_id": 1, "sha": COMMIT, "ref": "main", "status": "failed"},
        "web_url": f"https://other.example/{REPOSITORY}/-/jobs/{number}",
        "tag_list": ["docker"],
        "archived": False,
    }
    return body("job", standard | given)


def bridge(
    number: int, name: str, downstream: dict[str, Any] | None, **given: Any
) -> dict[str, Any]:
    """A failed trigger job."""
    row = job(number, name, failure_reason="downstream_pipeline_creation_failed")
    return body("bridge", row | {"downstream_pipeline": downstream} | given)


def request(**given: Any) -> dict[str, Any]:
    """An open merge request of a branch of the same project."""
    standard = {
        "id": 90,
        "iid": 9,
        "source_branch": "topic",
        "target_branch": "main",
        "source_project_id": 1,
        "target_project_id": 1,
        "sha": COMMIT,
        "state": "opened",
    }
    return body("merge request", standard | given)


def told(content: Any, **headers: str) -> Reply:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(content).encode(), headers=JSON | named)


def refused(status: int, message: str = "", **headers: str) -> Reply:
    """An error as GitLab words it."""
    reply = told({"message": message or f"{status} Error"}, **headers)
    return Reply(reply.body, status, reply.headers)


def project(repository: str = REPOSITORY, root: str = "") -> str:
    """The path of a project's interface."""
    return f"{root}/api/v4/projects/{quote(repository, safe='')}"


PROJECT = project()
PIPELINE = f"{PROJECT}/pipelines/100"
JOBS = f"{PIPELINE}/jobs"
TRACE = f"{PROJECT}/jobs/1/trace"


def paged(rows: list[dict[str, Any]], size: int, *, keyset: bool, host: str = "") -> Answer:
    """A list on pages of ``size``, by number or by keyset, the next one named as GitLab does."""

    def answer(asked: Asked) -> Reply:
        if keyset:
            after = int(asked.query.get("cursor", 0))
            part = rows[after : after + size]
            if after + size >= len(rows):
                return told(part)
            kept = "&".join(f"{k}={v}" for k, v in asked.query.items() if k != "cursor")
            link = f'<{host}{asked.path}?{kept}&cursor={after + size}>; rel="next"'
            return told(part, Link=link)
        page = int(asked.query.get("page", 1))
        part = rows[(page - 1) * size : page * size]
        return told(part, X_Next_Page=str(page + 1) if page * size < len(rows) else "")

    return answer


def serve(
    server: Hub,
    run: dict[str, Any],
    *jobs: dict[str, Any],
    bridges: tuple[dict[str, Any], ...] = (),
    at: str = PROJECT,
) -> None:
    """Answer for a pipeline and its jobs; the newest comes first, as GitLab lists them."""
    path = f"{at}/pipelines/{run['id']}"
    rows = sorted(jobs, key=lambda row: -row["id"])

    def listed(asked: Asked) -> Reply:
        chosen = asked.query.get("scope[]")
        newest = {row["name"]: row["id"] for row in reversed(rows)}
        older = asked.query.get("include_retried") == "true"
        found = [row for row in rows if older or newest[row["name"]] == row["id"]]
        return told([row for row in found if chosen in (None, row["status"])])

    server.on(path, told(run))
    server.on(f"{path}/jobs", listed)
    server.on(f"{path}/bridges", told(list(bridges)))
    for row in jobs:
        server.on(f"{at}/jobs/{row['id']}", told(row))


def serve_log(server: Hub, number: int, text: bytes, at: str = PROJECT) -> None:
    """Answer for a job's trace."""
    server.on(f"{at}/jobs/{number}/trace", ranged(text))
