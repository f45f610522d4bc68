"""Repairs of what GitHub no longer has: runner images, action versions, Pythons that never were."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from regreen.fixers.configuration.artifact_names import DOWNLOAD, UPLOAD, downloads
from regreen.fixers.configuration.marks import lines_of, span_at, tree_of
from regreen.fixers.configuration.mending import Change
from regreen.jobs import tree
from regreen.jobs.refusals import removed, retired_on
from regreen.jobs.schema import Fault
from regreen.jobs.yamltree import Node

_IMAGE = re.compile(r"The runner image (?P<label>\S+) was retired on")
_SYSTEM = re.compile(r"(?P<system>[a-z]+)-(?P<version>\d+(?:\.\d+)?)(?P<size>-\w+)?")
_SUCCESSORS = {
    "ubuntu": ("ubuntu-22.04", "ubuntu-24.04", "ubuntu-latest"),
    "macos": ("macos-15-intel", "macos-15", "macos-latest"),
    "windows": ("windows-2022", "windows-2025", "windows-latest"),
}
"""The images that are served today, the oldest first: what is nearest to the one that is gone.

Source: the list of images in the README of actions/runner-images.
"""
_NEXT = {"actions/cache": "v4", "actions/cache/restore": "v4", "actions/cache/save": "v4",
         "actions/upload-artifact": "v4", "actions/download-artifact": "v4"}  # fmt: skip
_USES = re.compile(
    r"(?P<head>^\s*(?:-\s+)?uses:\s*)(?P<q>[\"']?)(?P<name>[\w./-]+)@(?P<version>[\w.-]+)(?P=q)",
    re.MULTILINE,
)
_HIDDEN = re.compile(r"(?:^|/)\.[\w*]")


def retired(text: str, fault: Fault) -> Iterator[Change]:
    """Take the nearest image that is served in the place of one that is gone, everywhere."""
    found = _IMAGE.search(fault.reason)
    if found is None:
        return
    label = found["label"]
    system = _SYSTEM.fullmatch(label.lower())
    names = _SUCCESSORS.get(system["system"] if system else "", ())
    bare = re.sub(r"-(?:large|xlarge)$", "", label.lower())
    size = label.lower()[len(bare) :]
    there = re.compile(rf"(?<![\w.-]){re.escape(label)}(?![\w.-])")
    for name in names:
        new = f"{name}{size}" if not name.endswith("intel") else name
        if (since := retired_on(new)) is not None and since <= datetime.now(UTC).date():
            continue
        made = _in_code(text, there, new)
        if made == text:
            continue
        review = f"whether everything that {label} brought is on {new}"
        yield Change(made, f"the image {label} is gone, {new} is served", review)


def outdated(text: str, fault: Fault) -> Iterator[Change]:
    """Take the served version of an action whose old one is refused, with what that changes."""
    if "deprecated version of" not in fault.reason:
        return
    changed: set[str] = set()
    rows: set[int] = set()

    def new(found: re.Match[str]) -> str:
        name, version = found["name"], found["version"]
        if removed(f"{name}@{version}") is None or name.lower() not in _NEXT:
            return found[0]
        changed.add(name.lower())
        rows.add(text.count("\n", 0, found.start("name")) + 1)
        quote = found["q"]
        return f"{found['head']}{quote}{name}@{_NEXT[name.lower()]}{quote}"

    made = _USES.sub(new, text)
    if made == text:
        return
    why = f"GitHub no longer starts the old version of {', '.join(sorted(changed))}"
    if {UPLOAD, DOWNLOAD} & changed:
        unique, review = _artifacts(made, rows)
        yield Change(unique, why, review)
    else:
        yield Change(made, why)


def _in_code(text: str, pattern: re.Pattern[str], new: str) -> str:
    """Replace what stands outside of comments."""
    made: list[str] = []
    for line in lines_of(text):
        code, sign, comment = line.partition(" #")
        plain = line.lstrip().startswith("#")
        made.append(line if plain else f"{pattern.sub(new, code)}{sign}{comment}")
    return "".join(made)


def _artifacts(text: str, rows: set[int]) -> tuple[str, str]:
    """Return the text as the fourth version wants it: one upload a name; and what to look at.

    ``rows`` are the lines of the actions that were of an older version.
    Source: docs/MIGRATION.md of actions/upload-artifact.
    """
    root = tree_of(text)
    jobs = tree.fields(tree.fields(root).get("jobs"))
    shared: list[str] = []
    edits: list[tuple[int, int, str]] = []
    for job in jobs.values():
        matrix = tree.fields(tree.fields(job).get("strategy")).get("matrix")
        for step in tree.items(tree.fields(job).get("steps")):
            known = tree.fields(step)
            uses = known.get("uses")
            if uses is None or uses.line not in rows:
                continue
            if not (tree.text(uses) or "").lower().startswith(UPLOAD):
                continue
            inputs = tree.fields(known.get("with"))
            name = inputs.get("name")
            if matrix is not None and name is not None and not _varies(name):
                span = span_at(text, name.line, name.column)
                if span is not None:
                    end = span.end - (1 if span.style in {"'", '"'} else 0)
                    edits.append((end, end, "-${{ strategy.job-index }}"))
                    shared.append(tree.text(name) or "")
            edits += _hidden(text, inputs)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    made = downloads(text, shared)
    review = "artifacts of one name are no longer joined: each combination uploads its own"
    return made, review if shared else ""


def _varies(node: Node) -> bool:
    return re.search(r"\$\{\{[^}]*\b(?:matrix|strategy)\b", tree.text(node) or "") is not None


def _hidden(text: str, inputs: dict[str, Node]) -> Iterator[tuple[int, int, str]]:
    """Yield what keeps hidden files in the artifact, as the old version did."""
    path = inputs.get("path")
    paths = (tree.text(path) or "").split()
    if path is None or "include-hidden-files" in inputs or not any(map(_HIDDEN.search, paths)):
        return
    key = next((line for line in lines_of(text)[path.line - 1 :: -1] if "path:" in line), "")
    start = sum(map(len, lines_of(text)[: lines_of(text).index(key)])) if key else 0
    indent = key[: len(key) - len(key.lstrip())]
    if key and key.lstrip().startswith("path:"):
        yield start, start, f"{indent}include-hidden-files: true\n"


DATED_REPAIRS = (retired, outdated)
