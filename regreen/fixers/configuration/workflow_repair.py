"""Mends workflow files that GitHub refuses: YAML, keys, expressions, retired runners and actions.

The fault is taken from the files themselves, by regreen's own reader, so that it does not matter
who reported it: GitHub, or a validator that a job runs over the workflow files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from regreen.fixers.configuration.dated_repairs import DATED_REPAIRS
from regreen.fixers.configuration.expression_repairs import EXPRESSION_REPAIRS
from regreen.fixers.configuration.key_repairs import KEY_REPAIRS, LAST_KEY_REPAIRS
from regreen.fixers.configuration.mending import Mended, Mender
from regreen.fixers.configuration.relation_repairs import RELATION_REPAIRS
from regreen.fixers.configuration.unfolding import unfolds_too_far
from regreen.fixers.configuration.workflow_names import WORKFLOW
from regreen.fixers.configuration.yaml_repairs import YAML_REPAIRS, missing_dollar, moved_keys
from regreen.jobs.refusals import refusals
from regreen.jobs.schema import Fault
from regreen.jobs.yamltree import Node
from regreen.model import Category, Edit, Failure, Idea, Severity
from regreen.scene import Files, Scene

ID = "workflow-repair"
DOCS = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"

_ASKED = frozenset(
    {
        Category.CONFIGURATION_ERROR,
        Category.LINTING_ERROR,
        Category.SYNTAX_ERROR,
        Category.SECURITY_SCAN,
        Category.UNKNOWN,
    }
)
_ABOUT = re.compile(r"\.github\b|workflow|actionlint|ya?ml|zizmor", re.IGNORECASE)
_REPAIRS = (
    YAML_REPAIRS,
    (
        *EXPRESSION_REPAIRS,
        *KEY_REPAIRS,
        *RELATION_REPAIRS,
        missing_dollar,
        moved_keys,
        *LAST_KEY_REPAIRS,
    ),
    DATED_REPAIRS,
)
"""The repairs of each stage: no YAML, a wrong shape, things that GitHub no longer has."""
_MOST = 3
"""Mended texts of one file that are proposed."""


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield edits after which GitHub takes the workflow files, where it refuses one."""
    if failure.category not in _ASKED or not _ABOUT.search(f"{scene.script}\n{scene.output}"):
        return
    yield from repairs(scene.files, scene.as_of)


def repairs(files: Files, as_of: datetime | None, only: str | None = None) -> Iterator[Edit]:
    """Yield edits of the refused workflow files, or of the one called ``only``.

    ``as_of`` says which runner images and actions were gone. The first edit mends every file, the
    others are other ways to mend the first of them.
    """
    paths = [path for path in files.paths() if WORKFLOW.match(path) and only in (None, path)]
    found: dict[str, list[Mended]] = {}
    for path in paths:
        text = files.text(path)
        if text is not None and (made := mended(text, as_of)):
            found[path] = made
    if not found:
        return
    yield _edit({path: made[0] for path, made in found.items()})
    for path, made in found.items():
        if len(found) > 1:
            yield _edit({path: made[0]})
        for other in made[1:]:
            yield _edit({path: other})


def mended(text: str, as_of: datetime | None) -> list[Mended]:
    """Return the ways to mend the workflow ``text``; none for one that is right, or hopeless."""
    if unfolds_too_far(text):
        return []
    further = partial(_refused, as_of=as_of)
    ways: list[Mended] = []
    texts: set[str] = set()
    for one in Mender(_REPAIRS, further).mends(text):
        if one.text not in texts:
            texts.add(one.text)
            ways.append(one)
        if len(ways) >= _MOST:
            break
    return ways


def _refused(root: Node, as_of: datetime | None) -> tuple[Fault, ...]:
    return refusals(root, None, as_of)


def _edit(made: dict[str, Mended]) -> Edit:
    changes = [change for one in made.values() for change in one.changes]
    why = "; ".join(dict.fromkeys(change.why for change in changes))
    review = "; ".join(dict.fromkeys(change.review for change in changes if change.review))
    return Edit(
        ID,
        why,
        {path: one.text for path, one in made.items()},
        from_start=True,
        severity=Severity.MEDIUM,
        review=review,
    )
