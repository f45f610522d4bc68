"""The steps of a job, paired with those of before and compared one by one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from regreen.verify.guard import checkers, shell
from regreen.verify.guard.expressions import same_claim
from regreen.verify.guard.jobkeys import environment, tolerant
from regreen.verify.guard.scalars import (
    is_mended,
    is_raised,
    is_repaired,
    is_valid_condition,
)
from regreen.verify.guard.scripts import commands
from regreen.verify.guard.standins import NOWHERE, Ground

_WITH_FREE = frozenset(
    [
        "cache",
        "cache-dependency-path",
        "cache-dependency-glob",
        "key",
        "restore-keys",
        "enable-cache",
        "architecture",
        "name",
        "overwrite",
        "include-hidden-files",
        "if-no-files-found",
        "fetch-depth",
        "fetch-tags",
        "submodules",
        "lfs",
        "allow-prereleases",
        "retention-days",
        "merge-multiple",
        "pattern",
        "compression-level",
        "check-latest",
        "persist-credentials",
        "repo-token",
        "github-token",
        "virtualenvs-create",
        "virtualenvs-in-project",
        "virtualenvs-path",
    ]
)
_STEP_KEYS = frozenset(
    [
        "id",
        "if",
        "name",
        "uses",
        "run",
        "working-directory",
        "shell",
        "with",
        "env",
        "continue-on-error",
        "timeout-minutes",
    ]
)
_OWN = ("actions/", "github/", "astral-sh/", "pypa/", "pre-commit/", "./")
_SHELLS = frozenset(["bash", "bash -l {0}", "bash -el {0}"])


def compare_steps(
    old: Sequence[Any], new: Sequence[Any], where: str, ground: Ground = NOWHERE
) -> list[str]:
    """Return which steps are gone, are not run any more, or check less."""
    before = [s for s in old if isinstance(s, dict)]
    after = [s for s in new if isinstance(s, dict)]
    reasons: list[str] = []
    left = list(range(len(after)))
    exact = difflib.SequenceMatcher(
        None, [repr(s) for s in before], [repr(s) for s in after], False
    )
    paired: set[int] = set()
    for block in exact.get_matching_blocks():
        for offset in range(block.size):
            paired.add(block.a + offset)
            left.remove(block.b + offset)
    for at, step in enumerate(before):
        if at in paired:
            continue
        best = max(left, key=lambda number: _alike(step, after[number]), default=None)
        if best is None or _alike(step, after[best]) < 0.4:
            reasons += _removed(step, where)
            continue
        left.remove(best)
        reasons += _step(step, after[best], f"{where}, step {_name(step)!r}", ground)
    versions = any(_sets_version(step) for step in before)
    for number in left:
        step = after[number]
        reasons += _new_step(step, f"{where}, step {_name(step)!r}", ground)
        if versions and _sets_version(step):
            reasons.append(f"it puts another version in the place of the job's: {where}")
    return reasons


def _sets_version(step: Mapping[str, Any]) -> bool:
    return bool(re.search(r"/setup-(?:python|uv|miniconda|node|pdm|pypy)@", str(step.get("uses"))))


def _name(step: Mapping[str, Any]) -> str:
    text = step.get("name") or step.get("uses") or step.get("run") or "?"
    return str(text).strip().split("\n", 1)[0][:50]


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    if ("uses" in old) != ("uses" in new):
        return 0.0
    if "uses" in old:
        same = _action(old) == _action(new)
        name = str(old.get("name", "")) == str(new.get("name", ""))
        return 0.5 * same + 0.25 * name + 0.2 * (old.get("with") == new.get("with"))
    first, second = str(old.get("run", "")), str(new.get("run", ""))
    if first and second and not shell.weaker(first, second, ""):
        return 0.9
    ratio = difflib.SequenceMatcher(None, first[:2000], second[:2000]).ratio()
    return max(
        ratio, 0.5 + ratio / 2 if old.get("name") and old.get("name") == new.get("name") else 0
    )


def _action(step: Mapping[str, Any]) -> str:
    return str(step.get("uses", "")).partition("@")[0].lower()


def _removed(step: Mapping[str, Any], where: str) -> list[str]:
    found = commands(str(step.get("run", ""))) if "uses" not in step else []
    if found and all(checkers.is_setting(command.words) for command in found):
        return []
    return [f"it removes the step {_name(step)!r}: {where}"]


def condition_reasons(old: Any, new: Any, where: str) -> list[str]:
    """Say whether a changed ``if`` may leave out what ran before."""
    if old == new or new is None:
        return []
    text = re.sub(r"^\$\{\{\s*|\s*\}\}$", "", str(new)).strip()
    if old is not None and re.sub(r"^\$\{\{\s*|\s*\}\}$", "", str(old)).strip() == text:
        return []
    if text in {"always()", "!cancelled()", "success() || failure()", "true", "success()"}:
        return []
    broken = old is not None and not is_valid_condition(str(old))
    if broken and is_valid_condition(str(new)) and same_claim(str(old), str(new)):
        return []
    return [f"it changes when it runs with if: {where}"]


def _step(old: Mapping[str, Any], new: Mapping[str, Any], where: str, ground: Ground) -> list[str]:
    reasons = condition_reasons(old.get("if"), new.get("if"), where)
    reasons += tolerant(old, new, where)
    reasons += environment(old.get("env"), new.get("env"), where)
    if "uses" in old:
        reasons += _used(str(old["uses"]), str(new["uses"]), where)
        given = _mapping(old.get("with"))
        beside = {k: v for k, v in old.items() if k not in _STEP_KEYS and k not in given}
        given = {**{k: v for k, v in beside.items() if k not in new}, **given}
        reasons += _inputs(given, _mapping(new.get("with")), where)
    else:
        first, second = str(old.get("run", "")), str(new.get("run", ""))
        if not is_mended(first, second):
            reasons += shell.weaker(first, second, where, ground)
    if old.get("shell") != new.get("shell") and new.get("shell") not in _SHELLS:
        reasons.append(f"it changes the shell: {where}")
    if old.get("working-directory") != new.get("working-directory"):
        reasons.append(f"it runs the command in another folder: {where}")
    return reasons


def _used(old: str, new: str, where: str) -> list[str]:
    if old == new:
        return []
    (first, _, before), (second, _, after) = old.partition("@"), new.partition("@")
    if _is_completed(old, second) and after:
        return []
    if first.lower() != second.lower():
        return [f"it exchanges the action {first} for {second}: {where}"]
    if not is_raised(before, after):
        return [f"it takes another version of {first} that is not later, {after}: {where}"]
    return []


def _is_completed(old: str, name: str) -> bool:
    """Whether an action was named without a version, or its owner, or with another sign."""
    if old.startswith(("./", "docker://")):
        return False
    path, mark, version = old.partition("@")
    bare = re.split(r"[:#=\s]", path)[0].lower()
    if bare == name.lower():
        return not mark or not version or version.startswith("@")
    return "/" not in bare and name.lower() in {f"{o}{bare}" for o in _OWN if o != "./"}


def _inputs(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> list[str]:
    reasons = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before == after or key in _WITH_FREE:
            continue
        if "secrets." in str(after) and "secrets." not in str(before):
            reasons.append(f"it hands a secret to the action with {key!r}: {where}")
        elif before is not None and after is not None:
            raised = key.endswith("version") and "python" not in key
            if not (
                is_repaired(str(before), str(after))
                or (raised and is_raised(str(before), str(after)))
            ):
                reasons.append(f"it changes the input {key!r}: {where}")
        elif before is None or key not in _DROPPED:
            reasons.append(f"it changes the input {key!r}: {where}")
    return reasons


_DROPPED = frozenset(["token", "experimental", "update-environment"])


def _new_step(step: Mapping[str, Any], where: str, ground: Ground) -> list[str]:
    reasons = environment(None, step.get("env"), where)
    if "uses" in step:
        return reasons + _new_action(str(step["uses"]), _mapping(step.get("with")), where, ground)
    if step.get("shell") is not None and step["shell"] not in _SHELLS:
        reasons.append(f"it runs a shell of its own, {step['shell']!r}: {where}")
    return reasons + shell.added(str(step.get("run", "")), where, ground)


def _new_action(name: str, given: Mapping[str, Any], where: str, ground: Ground) -> list[str]:
    if not name.startswith(_OWN):
        return [f"it adds an action of others, {name}: {where}"]
    if name.startswith(("./", "actions/github-script@")):
        return [f"it runs a program that it did not run, {name}: {where}"]
    if name.startswith("actions/checkout@") and {"ref", "repository"} & set(given):
        return [f"it checks out other files: {where}"]
    folder = str(given.get("path") or ".")
    if name.startswith("actions/download-artifact@") and (
        folder.strip("./") == "" or ground.holds(folder)
    ):
        return [f"it puts other files in the place of the repository's: {where}"]
    return []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
