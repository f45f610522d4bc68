"""What started a run: the event, and the ref it is about, from what is known of the run.

Where nothing tells, the workflow's own filters do. Source: GitHub's "Events that trigger
workflows".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regreen.jobs.expressions import Value

NOBODY = "octocat"
_ZEROS = "0" * 40
_GLOB = re.compile(r"[*?+\[\]!]")
_PREFERRED = ("push", "pull_request", "pull_request_target", "merge_group", "workflow_dispatch")
_OF_TAGS = frozenset({"release"})
_ACTIONS: Mapping[str, str] = {
    "check_run": "completed",
    "check_suite": "completed",
    "issue_comment": "created",
    "issues": "opened",
    "label": "created",
    "merge_group": "checks_requested",
    "pull_request": "synchronize",
    "pull_request_review": "submitted",
    "pull_request_review_comment": "created",
    "pull_request_target": "synchronize",
    "registry_package": "published",
    "release": "published",
    "repository_dispatch": "regreen",
    "workflow_run": "completed",
}
"""What happened, for events that say so, unless the workflow waits for something else."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What started the run: the event, and the ref it is about.

    ``base`` and ``head`` are the branches of a pull request, empty for other events, ``base_sha``
    and ``head_sha`` their commits, ``head_repository`` where a fork's branch lies. ``before`` is
    the commit that a push found. Empty texts stand for what is not known. ``action`` is what
    happened, ``extra`` is laid over the payload.
    """

    event: str = "push"
    ref: str = "refs/heads/main"
    base: str = ""
    head: str = ""
    actor: str = NOBODY
    number: int = 1
    head_sha: str = ""
    base_sha: str = ""
    head_repository: str = ""
    before: str = ""
    action: str = ""
    schedule: str = ""
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a run's event; ``None`` where nothing tells.

    ``branch`` is the branch (or tag) that a run belongs to: of a pull request its head.
    """

    event: str | None = None
    branch: str | None = None
    number: int | None = None
    head_sha: str | None = None
    base_sha: str | None = None
    head_repository: str | None = None
    before: str | None = None


def events_of(on: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the events that start a workflow, those that are likeliest to have done so first."""
    own = [event for event in on if event != "workflow_call"]
    rank = {event: place for place, event in enumerate(_PREFERRED)}
    return tuple(sorted(own, key=lambda event: rank.get(event, len(rank))))


def trigger(on: Mapping[str, Value], event: str, told: Told, extra: Mapping[str, Value]) -> Trigger:
    """Return how ``event`` starts a workflow with these triggers, as far as ``told`` tells."""
    filters = on.get(event)
    fields = filters if isinstance(filters, dict) else {}
    made = Trigger(
        event=event,
        action=_action(event, fields.get("types")),
        schedule=_schedule(filters),
        before=told.before or "",
        extra=extra,
    )
    told = _more(told, event, extra)
    number = told.number or made.number
    branch = told.branch or _literal(fields.get("branches")) or "main"
    if event.startswith("pull_request"):
        base = _text(extra, "pull_request", "base", "ref") or _literal(fields.get("branches"))
        merged = event != "pull_request_target"
        return replace(
            made,
            ref=f"refs/pull/{number}/merge" if merged else f"refs/heads/{base or 'main'}",
            base=base or "main",
            head=told.branch or "patch-1",
            number=number,
            head_sha=told.head_sha or "",
            base_sha=told.base_sha or "",
            head_repository=told.head_repository or "",
        )
    if event == "push" and (ref := _text(extra, "ref")):
        return replace(made, ref=ref)
    if event == "merge_group":
        ref = f"refs/heads/gh-readonly-queue/{branch}/pr-{number}-{_ZEROS}"
        return replace(made, ref=ref, base=branch, number=number)
    if event in _OF_TAGS or (event == "push" and _tags_only(fields)):
        return replace(made, ref=f"refs/tags/{told.branch or _tag(fields.get('tags'))}")
    return replace(made, ref=f"refs/heads/{branch}", number=number)


def _more(told: Told, event: str, extra: Mapping[str, Value]) -> Told:
    """Return ``told`` with what a payload of the user's says instead."""
    number = _number(extra.get("number"))
    if not event.startswith("pull_request"):
        return replace(told, number=number or told.number)
    return replace(
        told,
        number=number or told.number,
        branch=_text(extra, "pull_request", "head", "ref") or told.branch,
        head_sha=_text(extra, "pull_request", "head", "sha") or told.head_sha,
        base_sha=_text(extra, "pull_request", "base", "sha") or told.base_sha,
    )


def _text(extra: Mapping[str, Value], *names: str) -> str:
    """Return a text deep in a payload, an empty one where there is none."""
    found: Value = dict(extra)
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _number(value: Value) -> int | None:
    return int(value) if isinstance(value, int | float) and value >= 1 else None


def _action(event: str, types: Value) -> str:
    usual = _ACTIONS.get(event, "")
    named = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    texts = [one for one in named if isinstance(one, str)]
    return usual if usual in texts or not texts else texts[0]


def _schedule(filters: Value) -> str:
    first = filters[0] if isinstance(filters, list) and filters else None
    cron = first.get("cron") if isinstance(first, dict) else None
    return cron if isinstance(cron, str) else ""


def _literal(patterns: Value) -> str:
    """Return the branch that filters let through: main, if they name it, else the first name."""
    listed = [patterns] if isinstance(patterns, str) else patterns
    names = [p for p in listed if isinstance(p, str)] if isinstance(listed, list) else []
    plain = [name for name in names if not _GLOB.search(name)]
    return "main" if "main" in plain else plain[0] if plain else ""


def _tags_only(fields: Mapping[str, Value]) -> bool:
    return "tags" in fields and not {"branches", "branches-ignore"} & set(fields)


def _tag(patterns: Value) -> str:
    """Return a tag that the filters let through."""
    listed = [patterns] if isinstance(patterns, str) else patterns
    first = listed[0] if isinstance(listed, list) and listed else ""
    name = re.sub(r"\[[^\]]*\]|\*+|\?", "1", first if isinstance(first, str) else "")
    name = re.sub(r"\++", "", name)
    return name if name and not _GLOB.search(name) else "v1.0.0"
