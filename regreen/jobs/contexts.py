"""The contexts of a run that are known before its first step: ``github``, ``runner`` and friends.

What they hold follows GitHub's "Contexts reference"; the numbers of the run are made up, since no
step may depend on them.
"""

from __future__ import annotations

from dataclasses import dataclass

from regreen.jobs.expressions import Value
from regreen.jobs.layout import EVENT, TEMP, TOOL_CACHE, workspace

_SERVER = "https://github.com"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What started the run: the event, and the ref it is about.

    ``base`` and ``head`` are the branches of a pull request, empty for other events.
    """

    event: str = "push"
    ref: str = "refs/heads/main"
    base: str = ""
    head: str = ""
    actor: str = "octocat"
    number: int = 1


def github_context(
    repository: str, commit: str, workflow: str, job: str, trigger: Trigger
) -> dict[str, Value]:
    """Return the ``github`` context of a run of ``owner/name`` at ``commit``."""
    owner = repository.partition("/")[0]
    kind, name = _ref_parts(trigger.ref)
    return {
        "action": "__run",
        "actor": trigger.actor,
        "actor_id": "1",
        "api_url": "https://api.github.com",
        "base_ref": trigger.base,
        "event": _event(repository, commit, trigger),
        "event_name": trigger.event,
        "event_path": EVENT,
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
        "repositoryUrl": f"git://github.com/{repository}.git",
        "retention_days": "90",
        "run_attempt": "1",
        "run_id": "1",
        "run_number": "1",
        "secret_source": "Actions",
        "server_url": _SERVER,
        "sha": commit,
        "token": "",
        "triggering_actor": trigger.actor,
        "workflow": workflow,
        "workspace": workspace(repository),
    }


def _ref_parts(ref: str) -> tuple[str, str]:
    """Return whether ``ref`` is a branch or tag, and its short name."""
    if ref.startswith("refs/tags/"):
        return "tag", ref.removeprefix("refs/tags/")
    return "branch", ref.removeprefix("refs/heads/").removeprefix("refs/pull/")


def _event(repository: str, commit: str, trigger: Trigger) -> dict[str, Value]:
    owner, _, name = repository.partition("/")
    about: dict[str, Value] = {
        "name": name,
        "full_name": repository,
        "owner": {"login": owner},
        "html_url": f"{_SERVER}/{repository}",
        "fork": False,
        "private": False,
    }
    event: dict[str, Value] = {"repository": about, "sender": {"login": trigger.actor}}
    if trigger.event.startswith("pull_request"):
        side: dict[str, Value] = {"full_name": repository, "fork": False}
        event |= {
            "action": "synchronize",
            "number": float(trigger.number),
            "pull_request": {
                "number": float(trigger.number),
                "draft": False,
                "base": {"ref": trigger.base, "repo": about},
                "head": {"ref": trigger.head, "sha": commit, "repo": side | about},
                "labels": [],
                "user": {"login": trigger.actor},
            },
        }
    elif trigger.event == "push":
        event |= {"ref": trigger.ref, "after": commit, "head_commit": {"id": commit}}
    return event


def runner_context() -> dict[str, Value]:
    """Return the ``runner`` context of a hosted Linux runner."""
    return {
        "name": "GitHub Actions 1",
        "os": "Linux",
        "arch": "X64",
        "temp": TEMP,
        "tool_cache": TOOL_CACHE,
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
        "max-parallel": max_parallel if max_parallel is not None else float(total),
    }
