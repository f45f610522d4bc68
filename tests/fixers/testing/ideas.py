"""What a fixer makes of a failing test, and whether the guard lets it through."""

from __future__ import annotations

from collections.abc import Mapping

from regreen.fixers.fixer import Fixer
from regreen.model import Category, Diagnostic, Edit, Failure, Idea
from regreen.scene import Scene
from regreen.verify.guard import judge
from regreen.verify.guard.change import Change, FileChange, Side
from tests.fixers.support import failure
from tests.verify.honesty.cases import Known

RED = failure(Category.TEST_FAILURE, "pytest", Diagnostic("tests/test_a.py", None, "test_one"))


def ideas(fixer: Fixer, scene: Scene, red: Failure = RED) -> list[Idea]:
    return list(fixer.propose(red, scene))


def first(fixer: Fixer, scene: Scene) -> dict[str, str]:
    """Return the files of the first edit, which the guard must let through."""
    idea = next(i for i in ideas(fixer, scene) if isinstance(i, Edit))
    assert not objections(scene, idea.files), idea.files
    return dict(idea.files)


def objections(scene: Scene, files: Mapping[str, str]) -> tuple[str, ...]:
    texts = {path: scene.files.text(path) or "" for path in scene.files.paths()}
    changed = tuple(
        FileChange(
            path,
            Side("100644", texts[path].encode()) if path in texts else None,
            Side("100644", text.encode()),
        )
        for path, text in files.items()
    )
    return judge(Change(changed, Known({**texts, **files})))
