"""The payload of the event that started a run, as steps can read it (``github.event``).

It holds what workflows ask of it, under the names of GitHub's "Webhook events and payloads";
numbers and people in it are made up, since no step may depend on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from regreen.jobs.events import NOBODY, Trigger
from regreen.jobs.expressions import Value

SERVER = "https://github.com"
_ZEROS = "0" * 40
_DEFAULTS = ("main", "master", "trunk", "develop", "dev")
_TIME = "2024-01-01T00:00:00Z"
_PULLS = (
    "pull_request",
    "pull_request_target",
    "pull_request_review",
    "pull_request_review_comment",
)


def payload(
    repository: str, commit: str, workflow: str, inputs: Mapping[str, Value], started: Trigger
) -> dict[str, Value]:
    """Return the event of a run of ``owner/name`` at ``commit`` (``github.event``).

    ``workflow`` is the file's path, ``inputs`` what a manual start was given.
    """
    about = _repository(repository, default=_default_branch(started))
    base: dict[str, Value] = {"repository": about, "sender": _person(started.actor)}
    if started.action:
        base["action"] = started.action
    if owner := repository.partition("/")[0]:
        base["organization"] = {"login": owner, "id": 1.0}
    maker = _MAKERS.get(started.event)
    if maker is not None:
        base |= maker(about, commit, started)
    if started.event == "workflow_dispatch":
        base |= {"inputs": dict(inputs) or None, "ref": started.ref, "workflow": workflow}
    return merged(base, started.extra)


def merged(base: Mapping[str, Value], over: Mapping[str, Value]) -> dict[str, Value]:
    """Return ``base`` with ``over`` laid over it, mapping by mapping."""
    found = dict(base)
    for name, value in over.items():
        own = found.get(name)
        both = isinstance(own, dict) and isinstance(value, dict)
        found[name] = merged(own, value) if both else value  # type: ignore[arg-type]
    return found


def at(event: Value, before: str, commit: str) -> Value:
    """Return a payload as it would be if the commit ``before`` were ``commit``."""
    if not isinstance(event, dict):
        return event
    found = dict(event)
    if found.get("after") == before:
        found["after"] = commit
    own = found.get("head_commit")
    if isinstance(own, dict) and own.get("id") == before:
        found["head_commit"] = {**own, "id": commit}
        if isinstance(found.get("commits"), list):
            found["commits"] = [found["head_commit"]]
    pull = found.get("pull_request")
    if isinstance(pull, dict):
        pull = dict(pull)
        head = pull.get("head")
        if isinstance(head, dict) and head.get("sha") == before:
            pull["head"] = {**head, "sha": commit}
        if pull.get("merge_commit_sha") == before:
            pull["merge_commit_sha"] = commit
        found["pull_request"] = pull
    return found


def _person(login: str) -> Value:
    return {"login": login, "id": 1.0, "type": "User", "html_url": f"{SERVER}/{login}"}


def _default_branch(started: Trigger) -> str:
    """Return the repository's default branch, as far as the run's own branches tell."""
    name = started.base or started.ref.removeprefix("refs/heads/")
    return name if name in _DEFAULTS else _DEFAULTS[0]


def _repository(name: str, *, fork: bool = False, default: str = _DEFAULTS[0]) -> dict[str, Value]:
    owner, _, short = name.partition("/")
    return {
        "id": 1.0,
        "name": short,
        "full_name": name,
        "owner": {"login": owner, "name": owner, "id": 1.0, "type": "Organization"},
        "html_url": f"{SERVER}/{name}",
        "url": f"https://api.github.com/repos/{name}",
        "clone_url": f"{SERVER}/{name}.git",
        "git_url": f"git://github.com/{name}.git",
        "ssh_url": f"git@github.com:{name}.git",
        "default_branch": default,
        "fork": fork,
        "private": False,
        "visibility": "public",
    }


def _commit(commit: str) -> dict[str, Value]:
    who: Value = {"name": NOBODY, "email": f"{NOBODY}@users.noreply.github.com", "username": NOBODY}
    return {
        "id": commit,
        "message": "",
        "timestamp": _TIME,
        "author": who,
        "committer": who,
        "distinct": True,
        "added": [],
        "removed": [],
        "modified": [],
    }


def _push(about: dict[str, Value], commit: str, started: Trigger) -> dict[str, Value]:
    head: Value = _commit(commit)
    return {
        "ref": started.ref,
        "before": started.before or _ZEROS,
        "after": commit,
        "base_ref": None,
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": f"{about['html_url']}/commit/{commit[:12]}",
        "head_commit": head,
        "commits": [head],
        "pusher": {"name": started.actor, "email": f"{started.actor}@users.noreply.github.com"},
    }


def _pull(about: dict[str, Value], commit: str, started: Trigger) -> dict[str, Value]:
    own = str(about["full_name"])
    fork = started.head_repository not in ("", own)
    theirs = _repository(started.head_repository, fork=True) if fork else about
    owner = str(theirs["full_name"]).partition("/")[0]
    number = float(started.number)
    pull: dict[str, Value] = {
        "id": number,
        "number": number,
        "state": "open",
        "title": "",
        "body": None,
        "draft": False,
        "merged": False,
        "mergeable": True,
        "merge_commit_sha": commit,
        "html_url": f"{about['html_url']}/pull/{started.number}",
        "author_association": "CONTRIBUTOR",
        "auto_merge": None,
        "milestone": None,
        "labels": [],
        "assignees": [],
        "requested_reviewers": [],
        "user": _person(started.actor),
        "base": {
            "ref": started.base,
            "label": f"{own.partition('/')[0]}:{started.base}",
            "sha": started.base_sha or _ZEROS,
            "repo": about,
            "user": about["owner"],
        },
        "head": {
            "ref": started.head,
            "label": f"{owner}:{started.head}",
            "sha": started.head_sha or commit,
            "repo": theirs,
            "user": theirs["owner"],
        },
    }
    found: dict[str, Value] = {"number": number, "pull_request": pull}
    if started.action == "synchronize":
        found |= {"before": started.before or _ZEROS, "after": started.head_sha or commit}
    if started.action in ("labeled", "unlabeled"):
        found["label"] = {"name": "", "color": "ededed"}
    if started.event == "pull_request_review":
        found["review"] = {"state": "approved", "user": _person(started.actor), "body": ""}
    return found


def _issue(about: dict[str, Value], _commit_: str, started: Trigger) -> dict[str, Value]:
    issue: dict[str, Value] = {
        "number": float(started.number),
        "title": "",
        "body": "",
        "state": "open",
        "labels": [],
        "assignees": [],
        "user": _person(started.actor),
        "html_url": f"{about['html_url']}/issues/{started.number}",
    }
    found: dict[str, Value] = {"issue": issue}
    if started.event == "issue_comment":
        found["comment"] = {
            "id": 1.0,
            "body": "",
            "user": _person(started.actor),
            "author_association": "CONTRIBUTOR",
        }
    return found


def _release(about: dict[str, Value], _commit_: str, started: Trigger) -> dict[str, Value]:
    tag = started.ref.removeprefix("refs/tags/")
    return {
        "release": {
            "id": 1.0,
            "tag_name": tag,
            "name": tag,
            "body": "",
            "draft": False,
            "prerelease": False,
            "target_commitish": str(about["default_branch"]),
            "html_url": f"{about['html_url']}/releases/tag/{tag}",
            "upload_url": "",
            "assets": [],
            "author": _person(started.actor),
        }
    }


def _group(about: dict[str, Value], commit: str, started: Trigger) -> dict[str, Value]:
    del about
    return {
        "merge_group": {
            "head_sha": commit,
            "head_ref": started.ref,
            "base_ref": f"refs/heads/{started.base}",
            "base_sha": started.base_sha or _ZEROS,
            "head_commit": _commit(commit),
        }
    }


def _after_run(about: dict[str, Value], commit: str, started: Trigger) -> dict[str, Value]:
    name = started.ref.removeprefix("refs/heads/")
    run: dict[str, Value] = {
        "id": 1.0,
        "name": "",
        "run_number": 1.0,
        "run_attempt": 1.0,
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "head_branch": name,
        "head_sha": commit,
        "head_commit": _commit(commit),
        "head_repository": about,
        "repository": about,
        "pull_requests": [],
        "html_url": f"{about['html_url']}/actions/runs/1",
        "artifacts_url": "",
    }
    return {"workflow_run": run, "workflow": {"id": 1.0, "name": "", "state": "active"}}


def _scheduled(_about: dict[str, Value], _commit_: str, started: Trigger) -> dict[str, Value]:
    return {"schedule": started.schedule}


def _dispatched(_about: dict[str, Value], _commit_: str, started: Trigger) -> dict[str, Value]:
    return {"branch": started.ref.removeprefix("refs/heads/"), "client_payload": {}}


def _named(_about: dict[str, Value], _commit_: str, started: Trigger) -> dict[str, Value]:
    kind = "tag" if started.ref.startswith("refs/tags/") else "branch"
    name = started.ref.split("/", 2)[-1]
    return {"ref": name, "ref_type": kind, "pusher_type": "user", "master_branch": "main"}


_MAKERS: Mapping[str, Callable[[dict[str, Value], str, Trigger], dict[str, Value]]] = {
    "push": _push,
    **dict.fromkeys(_PULLS, _pull),
    "issues": _issue,
    "issue_comment": _issue,
    "release": _release,
    "merge_group": _group,
    "workflow_run": _after_run,
    "schedule": _scheduled,
    "repository_dispatch": _dispatched,
    "create": _named,
    "delete": _named,
}
