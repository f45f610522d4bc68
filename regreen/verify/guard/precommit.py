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

_OWNERS = frozenset(
    [
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
    ]
)
"""Who keeps the hooks that most projects run."""

_GONE = frozenset(["types-all", "types-pkg-resources", "setuptools"])
"""Distributions without a living release, or that bring nothing to look at."""
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
    return reasons + _skipped(before, after, path) + _new(hooks, kept, path)


def _skipped(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> list[str]:
    """Hooks that the service pre-commit.ci shall leave out."""
    rows = []
    for side in (before, after):
        told = side.get("ci")
        names = told.get("skip") if isinstance(told, dict) else None
        rows.append({str(n) for n in names} if isinstance(names, list) else set())
    return [f"it leaves out the hook {name!r}: {path}" for name in sorted(rows[1] - rows[0])]


def _new(
    before: Mapping[str, tuple[str, str, Any]], after: Mapping[str, tuple[str, str, Any]], path: str
) -> list[str]:
    """Hooks that are programs of the repository's own, or of people whose hooks it did not run."""
    owners = {_owner(repository) for repository, _, _ in before.values()} | _OWNERS
    return [
        f"it runs a program that it did not run, the hook {name!r}: {path}"
        for name, (repository, _, hook) in after.items()
        if name not in before
        and (
            _is_own(repository, hook)
            or (repository not in {"meta", "local"} and _owner(repository) not in owners)
        )
    ]


def _is_own(repository: str, hook: Mapping[str, Any]) -> bool:
    """Whether a hook is a program of the repository's own, and no checker of others."""
    words = [
        w for w in str(hook.get("entry", "")).split() if w not in {"uv", "run", "-m", "python"}
    ]
    return repository == "local" and not (words and checkers.is_checker(words[0]))


def _owner(address: str) -> str:
    parts = [p for p in re.split(r"[/:]", address.lower()) if p]
    return parts[-2] if len(parts) > 1 else ""


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
    owner = parts[-2] if len(parts) > 1 and parts[-2] not in _OWNERS else ""
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
            needs = [from_lines(map(str, side)) for side in rows]
            reasons += fewer(needs[0], needs[1], where)
            reasons += [
                f"it takes {name} from what the hook sees: {where}"
                for name in sorted(needs[0].names.keys() - needs[1].names.keys() - _GONE)
                if not checkers.is_checker(name)
            ]
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
