"""Put a step into a workflow, or a package into a step that installs some, as text.

Where things stand is read from the YAML; all other lines stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.errors import WorkflowError
from regreen.jobs.yamltree import Mapping, Node, Scalar, Sequence, read
from regreen.scene import Place

_INSTALL = re.compile(
    r"^(\s*(?:-\s+)?(?:run:\s*)?.*\bapt(?:-get)?\s+(?:-\S+\s+)*install\b[^\n#|;&]*)"
)


def steps_of(text: str, place: Place) -> tuple[Node, ...]:
    """Return the steps of the job of ``place`` as the file has them; none where it has none."""
    try:
        root = read(text, place.workflow)
    except WorkflowError:
        return ()
    job = _get(_get(root, "jobs"), place.job)
    steps = _get(job, "steps")
    return steps.items if isinstance(steps, Sequence) else ()


def insert_before(text: str, place: Place, name: str, script: str) -> str | None:
    """Return the text with a ``run`` step before the one of ``place``; ``None`` if it is not found.

    ``script`` may have several lines.
    """
    steps = steps_of(text, place)
    if place.step >= len(steps):
        return None
    lines = text.splitlines(keepends=True)
    at = steps[place.step].line - 1
    match = re.match(r"(\s*)-(\s+)", lines[at])
    if match is None:
        return None
    indent, gap = match[1], match[2].rstrip("\r\n") or " "
    deeper = f"{indent} {gap}"
    end = "\r\n" if lines[at].endswith("\r\n") else "\n"
    body = [f"{indent}-{gap}name: {name}", f"{deeper}run: |"]
    body += [f"{deeper}  {line}" for line in script.splitlines()]
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    apart = [""] if at and not lines[at - 1].strip() else []
    new = [f"{line}{end}" for line in (*body, *apart)]
    return "".join([*lines[:at], *new, *lines[at:]])


def joined_install(text: str, place: Place, packages: Iterable[str]) -> str | None:
    """Return the text with ``packages`` added to what an earlier step installs with apt."""
    steps = steps_of(text, place)
    lines = text.splitlines(keepends=True)
    ends = [step.line - 1 for step in steps[1:]] + [len(lines)]
    for number in range(min(place.step, len(steps) - 1), -1, -1):
        for at in range(ends[number] - 1, steps[number].line - 2, -1):
            match = _INSTALL.match(lines[at])
            if match is None:
                continue
            head = match[1].rstrip()
            if head.endswith("\\"):
                head, tail = head[:-1].rstrip(), " \\"
            else:
                tail = ""
            rest = lines[at][match.end() :]
            space = " " if rest.strip() else ""
            return "".join(
                [*lines[:at], f"{head} {' '.join(packages)}{tail}{space}{rest}", *lines[at + 1 :]]
            )
    return None


def _get(node: Node | None, key: str) -> Node | None:
    return node.get(key) if isinstance(node, Mapping) else None


def words_of(node: Node | None) -> str:
    """Return a scalar's text; empty for anything else."""
    return str(node.value) if isinstance(node, Scalar) else ""
