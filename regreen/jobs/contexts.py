"""The contexts of a run that are known before its first step: ``github``, ``runner`` and friends.

What they hold follows GitHub's "Contexts reference"; the numbers of the run are made up, since no
step may depend on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from regreen.jobs.events import Trigger
from regreen.jobs.expressions import Value
from regreen.jobs.given import DUMMY_TOKEN
from regreen.jobs.layout import Layout, hosted
from regreen.jobs.payloads import SERVER, payload

__all__ = ["Trigger", "github_context", "placed", "runner_context", "strategy_context"]

_FILES = {"env": "env", "path": "path", "output": "output", "state": "state"}
_NONE: Mapping[str, Value] = MappingProxyType({})


def github_context(
    repository: str,
    commit: str,
    workflow: str,
    job: str,
    trigger: Trigger,
    *,
    path: str = "",
    inputs: Mapping[str, Value] = _NONE,
    token: str = DUMMY_TOKEN,
) -> dict[str, Value]:
    """Return the ``github`` context of the job ``job`` in a run of ``owner/name`` at ``commit``.

    ``workflow`` is the workflow's name and ``path`` its file in the repository, ``inputs`` what a
    manual start was given.
    """
    owner = repository.partition("/")[0]
    kind, name = _ref_parts(trigger.ref)
    found: dict[str, Value] = {
        "action": "__run",
        "action_ref": "",
        "action_repository": "",
        "actor": trigger.actor,
        "actor_id": "1",
        "api_url": "https://api.github.com",
        "base_ref": trigger.base if trigger.event.startswith("pull_request") else "",
        "event": payload(repository, commit, path, inputs, trigger),
        "event_name": trigger.event,
        "graphql_url": "https://api.github.com/graphql",
        "head_ref": trigger.head,
        "job": job,
        "ref": trigger.ref,
        "ref_name": name,
        "ref_protected": False,
        "ref_type": kind,
        "repository": repository,
        "repository_id": "1",
        "repository_owner": owner,
        "repository_owner_id": "1",
        "repository_visibility": "public",
        "repositoryUrl": f"git://github.com/{repository}.git",
        "retention_days": "90",
        "run_attempt": "1",
        "run_id": "1",
        "run_number": "1",
        "secret_source": "Actions",
        "server_url": SERVER,
        "sha": commit,
        "token": token,
        "triggering_actor": trigger.actor,
        "workflow": workflow,
        "workflow_ref": f"{repository}/{path}@{trigger.ref}",
        "workflow_sha": commit,
    }
    return placed(found, hosted(repository))


def placed(github: Mapping[str, Value], layout: Layout) -> dict[str, Value]:
    """Return a ``github`` context whose paths are those of ``layout``."""
    files: dict[str, Value] = {
        name: f"{layout.file_commands}/{file}" for name, file in _FILES.items()
    }
    own: dict[str, Value] = {"event_path": layout.event, "workspace": layout.workspace}
    return {**github, **files, **own}


def _ref_parts(ref: str) -> tuple[str, str]:
    """Return whether ``ref`` is a branch or tag, and its short name."""
    if ref.startswith("refs/tags/"):
        return "tag", ref.removeprefix("refs/tags/")
    return "branch", ref.removeprefix("refs/heads/").removeprefix("refs/pull/")


def runner_context(layout: Layout) -> dict[str, Value]:
    """Return the ``runner`` context of a hosted Linux runner."""
    return {
        "name": "GitHub Actions 1",
        "os": "Linux",
        "arch": "X64",
        "temp": layout.temp,
        "tool_cache": layout.tool_cache,
        "workspace": layout.workspace.rsplit("/", 1)[0],
        "debug": "",
        "environment": "github-hosted",
    }


def strategy_context(
    fail_fast: bool, index: int, total: int, max_parallel: Value
) -> dict[str, Value]:
    """Return the ``strategy`` context of the job at ``index`` of ``total`` combinations."""
    return {
        "fail-fast": fail_fast,
        "job-index": float(index),
        "job-total": float(total),
        "max-parallel": max_parallel if max_parallel else float(total),
    }
