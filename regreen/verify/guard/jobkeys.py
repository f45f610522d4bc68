"""What workflow, job and step have in common: variables, the token's permissions, forgiveness."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from regreen.verify.guard import checkers
from regreen.verify.guard.scalars import is_raised, is_repaired

_NEEDED_FOR = {
    "security-events": r"codeql|sarif|scorecard|trivy|zizmor|semgrep",
    "id-token": r"pypi|attest|sigstore|cosign|codecov|configure-aws|azure/login|auth|pages|oidc",
    "attestations": r"attest",
    "pages": r"pages",
    "contents": r"release|gh-?pages|pages|git push|auto-commit|mike|semantic|create-pull|bench",
    "packages": r"docker|ghcr|packages|build-push",
    "pull-requests": r"label|comment|create-pull|pull|stale|dependency-review|gh pr",
    "issues": r"stale|issue|label|comment|lock",
    "checks": r"check|test-report|publish-unit-test|annotat|junit",
    "statuses": r"status|codecov|preview",
    "deployments": r"deploy|pages",
    "actions": r"cancel|cache|rerun|workflow|artifact",
    "discussions": r"discussion|lock|release",
}
"""Which words in a job's actions and commands make a token's permission needed.

Source: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#permissions
and the named actions' own documentation."""


def tolerant(before: Mapping[str, Any], after: Mapping[str, Any], where: str) -> list[str]:
    """Say what lets a job or a step fail, or end, without the run being red."""
    reasons = []
    old, new = (str(side.get("continue-on-error", "false")) for side in (before, after))
    if old != new and new != "false":
        reasons.append(f"it lets a failure pass with continue-on-error: {where}")
    if before.get("timeout-minutes") != after.get("timeout-minutes"):
        reasons.append(f"it changes the time limit: {where}")
    return reasons


def permissions(before: Any, after: Any, words: str, where: str) -> list[str]:
    """Say which of the token's permissions are wider than what the job's words ask for."""
    if before == after or after is None:
        return [] if before == after else [f"it drops the token's limits: {where}"]
    if isinstance(after, str):
        return [f"it gives the token every permission: {where}"] if after == "write-all" else []
    old = _mapping(before)
    reasons = []
    for scope, value in _mapping(after).items():
        wanted = _NEEDED_FOR.get(scope)
        needed = wanted is not None and re.search(wanted, words, re.IGNORECASE)
        if value == "write" and old.get(scope) != "write" and before != "write-all" and not needed:
            reasons.append(f"it gives the token more than the job needs, {scope}: write: {where}")
    return reasons


def environment(before: Any, after: Any, where: str) -> list[str]:
    """Say which variables steer a checker, expose a secret, or are gone."""
    old, new = _mapping(before), _mapping(after)
    reasons = []
    for name, value in new.items():
        text = str(value)
        if old.get(name) == value:
            continue
        if "secrets." in text and "secrets." not in str(old.get(name, "")):
            reasons.append(f"it hands a secret to the job with {name}: {where}")
        elif name not in old and checkers.steers(name):
            reasons.append(f"it steers a checker with {name}: {where}")
        elif name in old and not (
            is_repaired(str(old[name]), text) or is_raised(str(old[name]), text)
        ):
            reasons.append(f"it changes the variable {name}: {where}")
    for name in old.keys() - new.keys():
        if checkers.steers(name) or name not in _DROPPED:
            reasons.append(f"it drops the variable {name}: {where}")
    if not isinstance(after, dict | None):
        reasons.append(f"it changes the variables to what cannot be read: {where}")
    return reasons


_DROPPED = frozenset(
    ["ACTIONS_ALLOW_UNSECURE_COMMANDS", "ACTIONS_ALLOW_USE_UNSECURE_NODE_VERSION", "FORCE_COLOR"]
)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
