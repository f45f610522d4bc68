"""Markers of a merge conflict that were committed: the side that the file's history knows goes.

``<<<<<<<``, ``=======`` and ``>>>>>>>`` are taken out where one side is what the commit before had
at that place: the other one is what was meant to come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regreen.model import Category, Edit, Failure, Proposal, Severity
from regreen.scene import Scene

ID = "merge conflict"
DOCS = "https://git-scm.com/docs/git-merge#_how_conflicts_are_presented"

_CONFLICT = re.compile(
    r"^<<<<<<<(?: [^\n]*)?\n(?P<ours>.*?)"
    r"(?:^\|\|\|\|\|\|\|(?: [^\n]*)?\n(?P<base>.*?))?"
    r"^=======\n(?P<theirs>.*?)^>>>>>>>(?: [^\n]*)?(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_BEGIN = re.compile(r"^<<<<<<<(?: |$)", re.MULTILINE)
_CATEGORIES = frozenset(
    {
        Category.SYNTAX_ERROR,
        Category.LINTING_ERROR,
        Category.BUILD_ERROR,
        Category.CONFIGURATION_ERROR,
        Category.TEST_FAILURE,
        Category.UNKNOWN,
    }
)
_FILES = 5_000


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield one edit of all files with markers; then, where history does not tell, either side."""
    if failure.category not in _CATEGORIES:
        return
    marked = dict(_marked(failure, scene))
    if not marked:
        return
    before = scene.parent
    known = {path: (before.text(path) or "") if before else "" for path in marked}
    told = {path: _resolved(text, known[path], None) for path, text in marked.items()}
    sure = {path: text for path, text in told.items() if text is not None}
    if len(sure) == len(marked):
        yield _edit("one side is what was there before, so the other one is meant", sure)
        return
    for side in ("theirs", "ours"):
        texts = {p: _resolved(t, known[p], side) or t for p, t in marked.items()}
        yield _edit(f"the side {side!r} of the conflict is taken", texts)


def _edit(why: str, texts: dict[str, str]) -> Edit:
    review = "see that the side of the conflict that was kept is the one that was meant"
    return Edit(ID, why, texts, from_start=True, severity=Severity.MEDIUM, review=review)


def _marked(failure: Failure, scene: Scene) -> Iterator[tuple[str, str]]:
    named = scene.named_files(failure)
    markers = "<<<<<<<" in scene.output or any(_has(scene, path) for path in named)
    paths = scene.files.paths() if markers else named
    for path in paths[:_FILES] if len(paths) > _FILES else paths:
        text = scene.files.text(path)
        if text is not None and _BEGIN.search(text) and _CONFLICT.search(text):
            yield path, text


def _has(scene: Scene, path: str) -> bool:
    return bool(_BEGIN.search(scene.files.text(path) or ""))


def _resolved(text: str, before: str, side: str | None) -> str | None:
    """Return ``text`` without conflicts; ``None`` where history does not tell and no side is."""
    unknown = False

    def choose(match: re.Match[str]) -> str:
        nonlocal unknown
        ours, theirs = match["ours"], match["theirs"]
        old, new = bool(ours) and ours in before, bool(theirs) and theirs in before
        if old != new:
            return theirs if old else ours
        if side is None:
            unknown = True
        return ours if side == "ours" else theirs

    made = _CONFLICT.sub(choose, text)
    return None if unknown else made
