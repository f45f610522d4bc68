"""Take one hunk of the red commit's own change of the product back, where its test is as before.

What a commit changed was meant: this asks for the most review, and is the last to be tried.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from regreen.fixers.testing.calls import is_test_file
from regreen.fixers.testing.commands import failing_files
from regreen.fixers.testing.reading import differing, text_of
from regreen.model import Category, Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "hunk taken back"
DOCS = "https://git-scm.com/docs/git-revert"
REVIEW = "plausible: undoes a part of what the commit changed on purpose"

_MOST = 6


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield the product without one of the commit's hunks; nothing where it has only one."""
    if failure.category != Category.TEST_FAILURE or scene.parent is None:
        return
    tests = failing_files(failure, scene)
    if not tests or any(scene.files.text(p) != scene.parent.text(p) for p in tests):
        return
    hunks = list(_hunks(scene))
    for path, text, line in hunks[:_MOST] if len(hunks) > 1 else ():
        why = f"{path}, line {line}: the commit's own change is taken back"
        yield Edit(ID, why, {path: text}, severity=Severity.HIGH, review=REVIEW)


def _hunks(scene: Scene) -> Iterator[tuple[str, str, int]]:
    """Yield each file of the product without one hunk, with the line where it stood."""
    assert scene.parent is not None
    for path in differing(scene.parent, scene.files):
        now, before = text_of(scene.files, path), text_of(scene.parent, path)
        if is_test_file(path) or now is None or before is None:
            continue
        new, old = now.splitlines(keepends=True), before.splitlines(keepends=True)
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "equal":
                yield path, "".join([*new[:c], *old[a:b], *new[d:]]), c + 1
