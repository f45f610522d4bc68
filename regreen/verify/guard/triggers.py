"""What starts a workflow: no event, branch, path or day of before may be missing after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_INCLUDING = ("branches", "tags", "paths", "types", "workflows")
_EXCLUDING = ("branches-ignore", "tags-ignore", "paths-ignore")
_RISKY = frozenset(["pull_request_target", "workflow_run", "issue_comment"])
"""They run with the repository's secrets on behalf of strangers.
Source: https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/"""


def fewer_triggers(before: Any, after: Any, path: str) -> list[str]:
    """Return which triggers are gone or narrower, or hand secrets to strangers."""
    old, new = _events(before), _events(after)
    reasons = []
    for event, filters in old.items():
        if event not in new:
            reasons.append(f"it no longer runs on {event}: {path}")
        elif filters != new[event]:
            reasons += _narrower(event, filters, new[event], path)
    for event in new.keys() - old.keys():
        if event in _RISKY:
            reasons.append(f"it runs on {event}, which gives strangers the secrets: {path}")
    return sorted(reasons)


def _events(value: Any) -> dict[str, Mapping[str, Any]]:
    if isinstance(value, str):
        return {value: {}}
    if isinstance(value, list):
        return {str(name): {} for name in value}
    if not isinstance(value, dict):
        return {}
    return {str(name): _filters(filters) for name, filters in value.items()}


def _filters(value: Any) -> Mapping[str, Any]:
    if isinstance(value, list):
        crons = [row.get("cron", row) if isinstance(row, dict) else row for row in value]
        return {"cron": [str(c) for c in crons]}
    if isinstance(value, dict):
        return {k: [v] if isinstance(v, str) else v for k, v in value.items()}
    return {}


def _narrower(event: str, old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> list[str]:
    reasons = []
    for key in sorted(old.keys() | new.keys()):
        before, after = _texts(old.get(key)), _texts(new.get(key))
        if key in _EXCLUDING:
            narrower = bool(after - before)
        elif key in _INCLUDING or key == "cron":
            narrower = key in new and (key not in old or bool(before - after))
            narrower |= any(t.startswith("!") for t in after - before)
            narrower |= key == "cron" and key not in new
        else:
            narrower = False
        if narrower:
            reasons.append(f"it narrows what starts the workflow, {event}.{key}: {path}")
    return reasons


def _texts(value: Any) -> set[str]:
    rows = value if isinstance(value, list) else [] if value is None else [value]
    return {row if isinstance(row, str) else json.dumps(row, sort_keys=True) for row in rows}
