"""Repairs of what one part of a workflow says of another: jobs that are needed, ids, actions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.configuration import vocabulary
from regreen.fixers.configuration.marks import span_at, tree_of
from regreen.fixers.configuration.mending import Change
from regreen.jobs import tree
from regreen.jobs.schema import Fault

_UNKNOWN_JOB = re.compile(r"Job '.*' depends on unknown job '(?P<name>.*)'\.")
_EXCLUDE = re.compile(r"Matrix exclude key '(?P<name>.*)' does not match")
_IDENTIFIER = re.compile(r"The identifier '(?P<name>.*)' is invalid\.")
_FORMAT = re.compile(r"Expected format .* Actual '(?P<name>.*)'")
_MAJORS = {
    "actions/cache": "v4",
    "actions/checkout": "v4",
    "actions/download-artifact": "v4",
    "actions/github-script": "v7",
    "actions/setup-go": "v5",
    "actions/setup-java": "v4",
    "actions/setup-node": "v4",
    "actions/setup-python": "v5",
    "actions/upload-artifact": "v4",
    "astral-sh/setup-uv": "v5",
    "codecov/codecov-action": "v5",
    "pre-commit/action": "v3.0.1",
}
"""Major versions of common actions that are served today. Source: their release pages."""


def needed(text: str, fault: Fault) -> Iterator[Change]:
    """Name the job that is there and that a needed one is near."""
    found = _UNKNOWN_JOB.search(fault.reason)
    if found is None:
        return
    jobs = list(tree.fields(tree.fields(tree_of(text)).get("jobs")))
    for name in vocabulary.near(found["name"], jobs):
        if made := _replaced(text, fault, name):
            yield Change(made, f"the job is called {name!r}, not {found['name']!r}")


def excluded(text: str, fault: Fault) -> Iterator[Change]:
    """Name the matrix's key that an excluded one is near."""
    found = _EXCLUDE.search(fault.reason)
    if found is None:
        return
    known: list[str] = []
    for job in tree.fields(tree.fields(tree_of(text)).get("jobs")).values():
        known += tree.fields(tree.fields(tree.fields(job).get("strategy")).get("matrix"))
    for name in vocabulary.near(found["name"], dict.fromkeys(known)):
        if made := _replaced(text, fault, name):
            yield Change(made, f"the matrix has {name!r}, not {found['name']!r}")


def identifier(text: str, fault: Fault) -> Iterator[Change]:
    """Give a job or step an id of allowed signs, and carry it to where it is named."""
    found = _IDENTIFIER.search(fault.reason)
    if found is None:
        return
    name = found["name"]
    plain = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-").lstrip("0123456789-")
    span = span_at(text, fault.line, fault.column)
    if not plain or span is None:
        return
    own = text[: span.start] + plain + text[span.end :]
    named = re.compile(
        rf"(?P<head>\bneeds:\s*|\bneeds:\s*\[[^\]\n]*|^\s+-\s+|(?:needs|steps)\.)"
        rf"(?P<q>[\"']?){re.escape(name)}(?P=q)(?![\w-])",
        re.MULTILINE,
    )
    carried = named.sub(lambda one: f"{one['head']}{plain}", own)
    yield Change(carried, f"an id has letters, digits, - and _ only: {plain}")
    yield Change(own, f"an id has letters, digits, - and _ only: {plain}")


def action(text: str, fault: Fault) -> Iterator[Change]:
    """Write an action as owner/name@version."""
    found = _FORMAT.search(fault.reason)
    if found is None:
        return
    name = found["name"].strip()
    path, _, version = name.partition("@")
    used = re.findall(rf"uses:\s*[\"']?{re.escape(path)}@([\w.-]+)", text) if not version else []
    for made in (*(f"{path}@{one}" for one in used), *_written(name, path, version)):
        if made != name and (changed := _replaced(text, fault, made)):
            yield Change(changed, f"an action is named owner/name@version: {made}")


def _written(name: str, path: str, version: str) -> Iterator[str]:
    if "@" not in name and (
        found := re.fullmatch(r"([\w.-]+/[\w./-]+?)[:#=\s]\s*(v?[\d.]+)", name)
    ):
        yield f"{found[1]}@{found[2]}"
    if name.count("@") > 1:
        yield re.sub(r"@+", "@", name)
    if not version:
        yield f"{path.rstrip('@')}@{_MAJORS.get(path.rstrip('@').lower(), '')}".rstrip("@")
    if "/" not in path:
        for full in vocabulary.near(path, [one.split("/")[1] for one in _MAJORS]):
            owner = next(one for one in _MAJORS if one.endswith(f"/{full}"))
            yield f"{owner}@{version or _MAJORS[owner]}"


def _replaced(text: str, fault: Fault, new: str) -> str | None:
    span = span_at(text, fault.line, fault.column)
    return None if span is None else text[: span.start] + new + text[span.end :]


RELATION_REPAIRS = (needed, excluded, identifier, action)
