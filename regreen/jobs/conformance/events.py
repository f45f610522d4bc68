"""The events of a workflow as the reader of GitHub's editor extension hands them on."""

from __future__ import annotations

from typing import Any

from regreen.jobs import tree
from regreen.jobs.yamltree import Mapping, Node, Scalar, key_of

_PATTERNS = ("branches", "tags", "paths")
_LISTS = ("types", "versions", "names", "workflows")


def events(on: Node | None) -> dict[str, Any]:
    """Return each event with its filters, schedules or inputs."""
    if not isinstance(on, Mapping):
        return {key_of(event): {} for event in tree.scalars(on)}
    return {name: _event(name, value) for name, _, value in tree.entries(on)}


def _event(name: str, node: Node) -> Any:
    if isinstance(node, Scalar):
        return {}
    if name == "schedule":
        return [
            {key: tree.text(value) for key, value in tree.fields(item).items()}
            for item in tree.items(node)
        ]
    if name in {"workflow_call", "workflow_dispatch"}:
        return _inputs(name, node)
    result: dict[str, Any] = {}
    known = tree.fields(node)
    for key in (*_PATTERNS, *(f"{one}-ignore" for one in _PATTERNS), *_LISTS):
        if key in known:
            result[key] = [key_of(item) for item in tree.scalars(known[key])]
    return result


def _inputs(name: str, node: Node) -> dict[str, Any]:
    known = tree.fields(node)
    result: dict[str, Any] = {}
    if isinstance(known.get("inputs"), Mapping):
        result["inputs"] = {key: _input(spec) for key, _, spec in tree.entries(known["inputs"])}
    if name == "workflow_call" and isinstance(known.get("secrets"), Mapping):
        result["secrets"] = {key: _secret(spec) for key, _, spec in tree.entries(known["secrets"])}
    return result


def _input(node: Node) -> dict[str, Any]:
    known = tree.fields(node)
    kind = tree.text(known.get("type")) or "string"
    # This reader has no name for numbers, and leaves their type and default out.
    result: dict[str, Any] = {} if kind == "number" else {"type": kind}
    if "description" in known:
        result["description"] = tree.text(known["description"]) or ""
    if "required" in known:
        result["required"] = tree.value(known["required"])
    if "default" in known and kind != "number" and not tree.is_computed(known["default"]):
        value = tree.value(known["default"])
        result["default"] = value if kind == "boolean" else tree.text(known["default"])
    if "options" in known:
        result["options"] = [key_of(item) for item in tree.scalars(known["options"])]
    return result


def _secret(node: Node) -> dict[str, Any]:
    known = tree.fields(node)
    result: dict[str, Any] = {}
    if "description" in known:
        result["description"] = tree.text(known["description"]) or ""
    if "required" in known:
        result["required"] = tree.value(known["required"])
    return result
