"""A step that mends files itself and then fails because it did: take what it changed.

pre-commit's hooks work so, and scripts that run a formatter and then ``git diff --exit-code``. The
step is run as it is; what it leaves changed in tracked files is the patch.
"""

from __future__ import annotations

from collections.abc import Iterable

from regreen.model import Category, Failure, Proposal, Scope, ToolRun
from regreen.scene import Scene

ID = "step changes"
DOCS = "https://pre-commit.com/#pre-commit-run"

_MENDERS = frozenset({Category.LINTING_ERROR, Category.UNKNOWN})


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield the step itself, for failures that a tool in it may have mended.

    A step that says nothing a rule knows (``git diff --exit-code``) counts as one, too, but may
    then change no more than form and imports.
    """
    if failure.category not in _MENDERS:
        return
    why = "the step's own tools change files and fail because they did"
    scope = Scope.CODE if failure.category is Category.LINTING_ERROR else Scope.IMPORTS
    yield ToolRun(ID, why, scene.script, scene.directory, scope)
