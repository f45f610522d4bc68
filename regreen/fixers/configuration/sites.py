"""Where a command that a step runs is written: its workflow, or a file that the workflow runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.configuration.workflow_names import WORKFLOW
from regreen.scene import Scene

_RUNNABLE = re.compile(
    r"^\.github/actions/.*\.ya?ml$|(?:^|/)(?:action\.ya?ml|tox\.ini|setup\.cfg|pyproject\.toml"
    r"|noxfile\.py|[Mm]akefile|GNUmakefile|justfile|tasks\.py|package\.json|\.pre-commit-config\.yaml"
    r"|\.gitlab-ci\.yml|Taskfile\.ya?ml)$|(?:^|/)[^/]+\.(?:sh|bash|mk)$|^(?:scripts?|ci|bin)/[^/.]+$"
)
_MOST = 200


def sites(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield path and text of the files that may hold the step's command, the step's own first."""
    own = scene.place.workflow if scene.place else ""
    paths = [path for path in scene.files.paths() if WORKFLOW.match(path) or _RUNNABLE.search(path)]
    for path in sorted(paths, key=lambda one: (one != own, not WORKFLOW.match(one), one))[:_MOST]:
        text = scene.files.text(path)
        if text is not None:
            yield path, text


def replaced(scene: Scene, old: str, new: str, *, line: str = "") -> dict[str, str]:
    """Return the files in which the words ``old`` become ``new``; with ``line`` only where it is.

    The first file that has them, and every place in it: what is wrong once is wrong again.
    """
    pattern = re.compile(rf"(?<![\w./-]){re.escape(old)}(?![\w/-]|\.\w)")
    for path, text in sites(scene):
        rows = text.splitlines(keepends=True)
        made = [
            pattern.sub(lambda _found: new, row) if line in row and not _comment(row) else row
            for row in rows
        ]
        if made != rows:
            return {path: "".join(made)}
    return {}


def without_line(scene: Scene, words: str) -> dict[str, str]:
    """Return the first file that has a line of a script which is the command ``words``, without it.

    A command within a one-line ``run`` is not dropped: the step would be empty.
    """
    for path, text in sites(scene):
        rows = text.splitlines(keepends=True)
        kept = [row for row in rows if " ".join(row.split()) != words]
        if len(kept) < len(rows) and len(kept) > 0:
            return {path: "".join(kept)}
    return {}


def _comment(row: str) -> bool:
    return row.lstrip().startswith("#")
