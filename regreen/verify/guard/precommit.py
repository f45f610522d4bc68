"""pre-commit's configuration: every hook stays, on as many files, in no older version.

Source: https://pre-commit.com/#adding-pre-commit-plugins-to-your-project
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from regreen.verify.guard import checkers, parsing
from regreen.verify.guard.requirements import fewer, from_lines
from regreen.verify.guard.scalars import is_raised

_FREE = frozenset(
    [
        "name",
        "description",
        "minimum_pre_commit_version",
        "default_language_version",
        "default_install_hook_types",
        "ci",
        "language_version",
        "verbose",
        "log_file",
        "require_serial",
        "pass_filenames_",
        "fail_fast",
    ]
)
_STAGES = {"commit": "pre-commit", "push": "pre-push", "merge-commit": "pre-merge-commit"}
"""Renamed in pre-commit 3.2."""

_SAME = re.compile(r"(?:mirrors-|-pre-commit(?:-mirror)?$|-mirror$|\.git$)")


def objections(path: str, old: str, new: str) -> list[str]:
    """Return which hooks are gone or check less."""
    before, after = parsing.data(path, old), parsing.data(path, new)
    if not isinstance(after, dict):
        return (
            []
            if after == before and old.split() == new.split()
            else [f"it leaves pre-commit's hooks unreadable: {path}"]
        )
    if not isinstance(before, dict):
        words = [sorted(re.findall(r"[\w./-]+", text)) for text in (old, new)]
        return (
            []
            if words[0] == words[1]
            else [f"it changes more than how the hooks are written: {path}"]
        )
    reasons = _keys(before, after, {"repos"}, path)
    hooks, kept = _hooks(before), _hooks(after)
    for name, (repository, rev, hook) in hooks.items():
        if name not in kept:
            reasons.append(f"it removes the hook {name!r}: {path}")
            continue
        other, later, now = kept[name]
        where = f"{path}, hook {name!r}"
        if _project(repository) != _project(other):
            reasons.append(f"it takes the hook from elsewhere, {other}: {where}")
        elif rev != later and not is_raised(rev, later) and _project(repository) != "local":
            reasons.append(f"it takes an older release, {later} instead of {rev}: {where}")
        reasons += _keys(hook, now, {"id"}, where)
    return reasons


def _hooks(data: Mapping[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    found: dict[str, tuple[str, str, dict[str, Any]]] = {}
    repos = data.get("repos")
    for repo in repos if isinstance(repos, list) else []:
        if not isinstance(repo, dict):
            continue
        hooks = repo.get("hooks")
        for hook in hooks if isinstance(hooks, list) else []:
            if isinstance(hook, dict):
                name = str(hook.get("id"))
                while name in found:
                    name += "'"
                found[name] = (str(repo.get("repo")), str(repo.get("rev")), hook)
    return found


def _project(address: str) -> str:
    """Return the project that an address names, without its owner if that is a known one."""
    parts = [p for p in re.split(r"[/:]", address.lower()) if p]
    name = parts[-1] if parts else ""
    while (shorter := _SAME.sub("", name)) != name:
        name = shorter
    known = {
        "psf",
        "pycqa",
        "ambv",
        "pre-commit",
        "charliermarsh",
        "astral-sh",
        "timothycrosley",
        "asottile",
        "econchick",
        "myint",
    }
    owner = parts[-2] if len(parts) > 1 and parts[-2] not in known else ""
    return f"{owner}/{name}" if owner else name


def _keys(old: Mapping[str, Any], new: Mapping[str, Any], known: set[str], where: str) -> list[str]:
    reasons = []
    for key in sorted((old.keys() | new.keys()) - known - _FREE):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if key in {"stages", "default_stages"} and _stages(before) == _stages(after) and before:
            continue
        if key == "additional_dependencies":
            rows = [x if isinstance(x, list) else [] for x in (before, after)]
            reasons += fewer(from_lines(map(str, rows[0])), from_lines(map(str, rows[1])), where)
        elif key == "args":
            words = [[str(w) for w in x] if isinstance(x, list) else [] for x in (before, after)]
            reasons += checkers.narrowed(words[0], words[1], where)
        elif (
            key == "entry"
            and before
            and checkers.narrowed(str(before).split(), str(after).split(), where) == []
        ) or (
            key in {"exclude", "files", "types", "types_or", "exclude_types"}
            and after is None
            and key != "files"
        ):
            continue
        else:
            reasons.append(f"it changes {key!r} of the hooks: {where}")
    return reasons


def _stages(value: Any) -> list[str]:
    return sorted(_STAGES.get(str(v), str(v)) for v in value) if isinstance(value, list) else []
