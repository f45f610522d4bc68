"""Quotes versions that YAML takes for numbers: ``3.10`` is 3.1, ``1.20`` is 1.2."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.configuration.marks import entries, lines_of, tree_of
from regreen.fixers.configuration.workflow_names import WORKFLOW
from regreen.jobs.expressions import to_string
from regreen.jobs.yamltree import Node, Scalar, Sequence, key_of
from regreen.model import Edit, Failure, Idea
from regreen.scene import Scene

ID = "unquoted-version"
DOCS = "https://github.com/actions/setup-python/blob/main/docs/advanced-usage.md"

_LOST = re.compile(r"\d+\.\d*0")
_NUMBER = re.compile(r"(?<![\w.'\"-])(\d+\.\d*0)(?![\w.'\"-])")
_COUNTS = re.compile(r"(?:timeout|minutes|retention|days|max-parallel|threshold|fetch-depth)")


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield an edit that quotes every version that loses its last zero, in the job's own file."""
    del failure
    paths = [path for path in scene.files.paths() if WORKFLOW.match(path)]
    own = scene.place.workflow if scene.place else ""
    for path in sorted(paths, key=lambda one: one != own):
        text = scene.files.text(path)
        if text is None or (own and path != own):
            continue
        made = quoted_versions(text)
        if made != text:
            why = "a version that ends in 0 stands in quotes, or YAML reads another number"
            yield Edit(ID, why, {path: made}, from_start=True)


def quoted_versions(text: str) -> str:
    """Return a workflow's text with each such version in quotes."""
    lines = lines_of(text)
    places: list[tuple[int, int]] = []
    for entry in entries(tree_of(text)):
        name = key_of(entry.key)
        if ("matrix" in entry.path or name.endswith("version")) and not _COUNTS.search(name):
            places += _numbers(entry.value)
    for line, column in sorted(set(places), reverse=True):
        found = _NUMBER.match(lines[line - 1], column - 1)
        if found and _LOST.fullmatch(found[1]):
            row = lines[line - 1]
            lines[line - 1] = f'{row[: column - 1]}"{found[1]}"{row[found.end() :]}'
    return "".join(lines)


def _numbers(node: Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, Scalar):
        if isinstance(node.value, float) and to_string(node.value):
            yield node.line, node.column
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _numbers(item)
