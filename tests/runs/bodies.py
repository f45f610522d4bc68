"""Bodies as GitHub sends them, made from the models that githubkit generates from its description.

A body has every field that the description requires, of the required kind; a test gives those that
it is about.
"""

from __future__ import annotations

from functools import cache
from types import GenericAlias
from typing import Any

from githubkit_schemas.latest import models
from pydantic import TypeAdapter

COMMIT = "a" * 40
MERGE = "b" * 40
MOMENT = "2024-05-01T12:00:00Z"
_TEXTS = {"date-time": MOMENT, "date": MOMENT[:10], "uri": "https://github.com/", "email": "a@b.c"}

MODELS = {
    "run": "WorkflowRun",
    "job": "Job",
    "jobs": "ReposOwnerRepoActionsRunsRunIdAttemptsAttemptNumberJobsGetResponse200",
    "runs": "ReposOwnerRepoActionsRunsGetResponse200",
    "runs of a workflow": "ReposOwnerRepoActionsWorkflowsWorkflowIdRunsGetResponse200",
    "workflow": "Workflow",
    "workflows": "ReposOwnerRepoActionsWorkflowsGetResponse200",
    "pull": "PullRequest",
    "pull in a list": "PullRequestSimple",
    "pull of a run": "PullRequestMinimal",
    "ref": "GitRef",
    "error": "BasicError",
    "repository": "MinimalRepository",
}


@cache
def adapter(kind: str) -> TypeAdapter[Any]:
    """Return what checks a body of this kind."""
    many = kind.startswith("list of ")
    model: Any = getattr(models, MODELS[kind.removeprefix("list of ")])
    wanted: Any = GenericAlias(list, (model,)) if many else model
    return TypeAdapter(wanted)


def check(kind: str, body: Any) -> None:
    """Raise unless ``body`` is what GitHub's description promises."""
    adapter(kind).validate_python(body)


@cache
def _schema(kind: str) -> dict[str, Any]:
    return adapter(kind).json_schema(mode="validation")


def body(kind: str, **given: Any) -> dict[str, Any]:
    """Return a whole body of this kind with the ``given`` fields in it, checked."""
    schema = _schema(kind)
    found: dict[str, Any] = {**_example(schema, schema), **given}
    check(kind, found)
    return found


def _example(part: dict[str, Any], whole: dict[str, Any]) -> Any:
    while "$ref" in part:
        part = whole["$defs"][part["$ref"].rsplit("/", 1)[1]]
    if "enum" in part or "const" in part:
        return part.get("const", part.get("enum", [None])[0])
    for alternatives in (part.get("anyOf"), part.get("oneOf"), part.get("allOf")):
        if alternatives:
            if {"type": "null"} in alternatives:
                return None
            return _example(alternatives[0], whole)
    match part.get("type"):
        case "object":
            names = part.get("required", ())
            return {name: _example(part["properties"][name], whole) for name in names}
        case "string":
            return _TEXTS.get(part.get("format", ""), "text")
        case "integer" | "number":
            return 1
        case "boolean":
            return False
        case "array":
            return []
    return None


def run(number: int = 100, **given: Any) -> dict[str, Any]:
    """A finished, failed run of a push."""
    standard = {
        "id": number,
        "name": "CI",
        "path": ".github/workflows/ci.yml",
        "event": "push",
        "status": "completed",
        "conclusion": "failure",
        "head_sha": COMMIT,
        "head_branch": "main",
        "run_attempt": 1,
        "run_started_at": MOMENT,
        "pull_requests": [],
        "repository": body("repository", full_name="octo/app"),
        "head_repository": body("repository", full_name="octo/app"),
    }
    return body("run", **(standard | given))


def job(number: int, name: str = "build", **given: Any) -> dict[str, Any]:
    """A finished, failed job with two steps."""
    steps = [
        {"number": 1, "name": "Set up job", "status": "completed", "conclusion": "success"},
        {"number": 2, "name": "Run tests", "status": "completed", "conclusion": "failure"},
    ]
    standard = {
        "id": number,
        "run_id": 100,
        "run_attempt": 1,
        "name": name,
        "status": "completed",
        "conclusion": "failure",
        "started_at": MOMENT,
        "completed_at": MOMENT,
        "labels": ["ubuntu-24.04"],
        "steps": steps,
    }
    return body("job", **(standard | given))


def jobs(*rows: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    """One page of jobs."""
    return body("jobs", jobs=list(rows), total_count=len(rows) if total is None else total)
