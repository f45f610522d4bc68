"""Gives artifacts names of their own where a workflow run uploads several of one name.

The fourth version of actions/upload-artifact refuses a name that the run already has (409). Each
combination of a matrix, each job and each step gets its own; what downloads the shared name takes
all of them. Source: docs/MIGRATION.md of actions/upload-artifact.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.fixers.configuration.marks import indent_of, key_column, lines_of, span_at, tree_of
from regreen.fixers.configuration.workflow_names import WORKFLOW
from regreen.jobs import tree
from regreen.jobs.yamltree import Node
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "artifact names"
DOCS = "https://github.com/actions/upload-artifact/blob/main/docs/MIGRATION.md"

_SAID = re.compile(
    r"\(409\) Conflict: an artifact with this name already exists"
    r"|an artifact with this name already exists on the workflow run",
    re.IGNORECASE,
)
UPLOAD, DOWNLOAD = "actions/upload-artifact", "actions/download-artifact"
_DEFAULT = "artifact"
_INDEX = "-${{ strategy.job-index }}"
_OLD = re.compile(r"@v?[123]\b")


@dataclass(frozen=True, slots=True)
class Upload:
    """A step that uploads: its job, what a combination differs in, its line, its name's node."""

    job: str
    dimensions: tuple[str, ...] | None
    line: int
    inputs: Node | None
    name: str
    node: Node | None

    @property
    def splits(self) -> bool:
        """Whether combinations of a matrix upload under one name."""
        if self.dimensions is None or "strategy.job-index" in self.name:
            return False
        return not self.dimensions or not all(
            re.search(rf"matrix\.{re.escape(one)}\b|matrix\)", self.name) for one in self.dimensions
        )


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield an edit of the workflow after which no two of its uploads have one name."""
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    if not _SAID.search(said):
        return
    own = scene.place.workflow if scene.place else ""
    for path in [own] if own else [one for one in scene.files.paths() if WORKFLOW.match(one)]:
        text = scene.files.text(path) or ""
        made = told_apart(text)
        if made != text:
            why = "a run has each artifact's name once, so each upload gets its own"
            yield Edit(
                ID,
                why,
                {path: made},
                from_start=True,
                severity=Severity.MEDIUM,
                review="what takes these artifacts by name elsewhere has to take all of them",
            )


def told_apart(text: str) -> str:
    """Return a workflow in which no two uploads of a run have one name."""
    found = [one for one in uploads(text) if one.name]
    same = Counter(one.name for one in found)
    steps = Counter((one.name, one.job) for one in found)
    seen: Counter[tuple[str, str]] = Counter()
    shared: list[str] = []
    edits: list[tuple[Upload, str]] = []
    for one in found:
        suffix = ""
        if same[one.name] > steps[one.name, one.job]:
            suffix += f"-{one.job}"
        if steps[one.name, one.job] > 1:
            seen[one.name, one.job] += 1
            suffix += f"-{seen[one.name, one.job]}"
        if one.splits:
            suffix += _INDEX
        if suffix:
            edits.append((one, suffix))
            shared.append(one.name)
    for one, suffix in sorted(edits, key=lambda edit: -edit[0].line):
        text = _renamed(text, one, suffix)
    return downloads(text, shared)


def uploads(text: str) -> Iterator[Upload]:
    """Yield the steps of a workflow that upload by the fourth version of the action, or later."""
    for job, known in tree.fields(tree.fields(tree_of(text)).get("jobs")).items():
        matrix = tree.fields(tree.fields(known).get("strategy")).get("matrix")
        for step in tree.items(tree.fields(known).get("steps")):
            fields = tree.fields(step)
            uses = tree.text(fields.get("uses")) or ""
            if not uses.lower().startswith(f"{UPLOAD}@") or _OLD.search(uses):
                continue
            if "overwrite" in tree.fields(fields.get("with")):
                continue
            node = tree.fields(fields.get("with")).get("name")
            name = _DEFAULT if node is None else tree.text(node) or ""
            yield Upload(job, _dimensions(matrix), step.line, fields.get("with"), name, node)


def _dimensions(matrix: Node | None) -> tuple[str, ...] | None:
    """Return the names by which combinations differ; none that is known: empty; no matrix: None."""
    if matrix is None:
        return None
    several = [
        name
        for name, values in tree.fields(matrix).items()
        if name not in {"include", "exclude"} and len(tree.items(values)) != 1
    ]
    included = [tree.fields(one) for one in tree.items(tree.fields(matrix).get("include"))]
    if several or not included:
        return tuple(several)
    names = [name for name in included[0] if all(name in one for one in included)]
    values = {name: {tree.text(one[name]) for one in included} for name in names}
    full = next((name for name in names if len(values[name]) == len(included)), None)
    return (full,) if full else ()


def _renamed(text: str, upload: Upload, suffix: str) -> str:
    """Return the text with ``suffix`` behind the upload's name."""
    if upload.node is not None:
        span = span_at(text, upload.node.line, upload.node.column)
        if span is None or span.style in {"|", ">"}:
            return text
        end = span.end - (1 if span.style in {"'", '"'} else 0)
        return f"{text[:end]}{suffix}{text[end:]}"
    lines = lines_of(text)
    row = f"name: {upload.name}{suffix}\n"
    if upload.inputs is not None:
        at = upload.inputs.line - 1
        pad = " " * indent_of(lines[at])
        return "".join([*lines[:at], f"{pad}{row}", *lines[at:]])
    at = upload.line - 1
    column = " " * key_column(lines[at])
    rows = range(at, len(lines))
    behind = next((n + 1 for n in rows if "uses:" in lines[n]), at + 1)
    return "".join([*lines[:behind], f"{column}with:\n{column}  {row}", *lines[behind:]])


def downloads(text: str, shared: list[str]) -> str:
    """Let what downloads an artifact of a shared name take all of its parts."""
    for name in dict.fromkeys(shared):
        for job in tree.fields(tree.fields(tree_of(text)).get("jobs")).values():
            for step in tree.items(tree.fields(job).get("steps")):
                known = tree.fields(step)
                if not (tree.text(known.get("uses")) or "").lower().startswith(DOWNLOAD):
                    continue
                given = tree.fields(known.get("with")).get("name")
                if given is None or tree.text(given) != name:
                    continue
                lines = lines_of(text)
                line = lines[given.line - 1]
                indent = line[: len(line) - len(line.lstrip())]
                if line.lstrip().startswith("name:"):
                    pattern = re.sub(r"\$\{\{.*?\}\}", "*", name)
                    lines[given.line - 1] = (
                        f"{indent}pattern: {pattern}-*\n{indent}merge-multiple: true\n"
                    )
                    return downloads("".join(lines), shared)
    return text
