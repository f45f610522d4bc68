"""What a job's token may do, and whether a called workflow asks for more than its caller has.

Source: GitHub's reference of ``permissions``; the order of the names in messages is its runner's.
"""

from __future__ import annotations

from collections.abc import Mapping

from regreen.jobs import tree
from regreen.jobs.yamltree import Node, Scalar

Permissions = Mapping[str, str]
"""Levels (``read``, ``write``) by names; what is missing is ``none``."""

_ORDER = (
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "issues",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "statuses",
    "security-events",
    "id-token",
    "models",
    "vulnerability-alerts",
)
_IN_ALL = frozenset(_ORDER) - {
    "artifact-metadata",
    "attestations",
    "models",
    "vulnerability-alerts",
}
_LEVELS = ("none", "read", "write")
_LIMITED = {"contents": "read", "packages": "read"}


def read_permissions(node: Node) -> Permissions:
    """Return what a ``permissions`` value grants: a mapping, ``read-all`` or ``write-all``."""
    if isinstance(node, Scalar):
        level = (tree.text(node) or "").removesuffix("-all")
        return {name: level for name in _ORDER if name in _IN_ALL}
    levels = {name: tree.text(value) or "none" for name, _, value in tree.entries(node)}
    return {name: level for name, level in levels.items() if level != "none"}


def of_policy(policy: str) -> Permissions:
    """Return what a repository's setting grants: ``LimitedRead``, ``Write``; all if unknown."""
    if policy == "LimitedRead":
        return _LIMITED
    if not policy:
        return dict.fromkeys(_ORDER, "write")
    return {name: "write" for name in _ORDER if name in _IN_ALL and name != "id-token"}


def excess(asked: Permissions, allowed: Permissions) -> tuple[str, str] | None:
    """Return what is asked beyond what is allowed, and what is allowed there; else ``None``."""
    wrong = [
        name
        for name in _ORDER
        if _LEVELS.index(asked.get(name, "none")) > _LEVELS.index(allowed.get(name, "none"))
    ]
    if not wrong:
        return None
    return _listed(wrong, asked), _listed(wrong, allowed)


def _listed(names: list[str], levels: Permissions) -> str:
    return ", ".join(f"{name}: {levels.get(name, 'none')}" for name in names)
