"""A library or Python took a name away or gave it another one: the code follows.

What the step complains of is looked up in the catalogue, and written anew wherever the repository
uses it, product and tests: first what the complaints name, then all that the same release changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import CONSTRAINTS, append
from regreen.fixers.source import Source, parse
from regreen.fixers.testing import calls, mixins, patterns
from regreen.fixers.testing.places import frames, python_files
from regreen.fixers.testing.reading import text_of
from regreen.fixers.testing.renaming import renamed
from regreen.model import Category, Edit, Failure, Idea, Severity
from regreen.removals import Change, changes, meant
from regreen.scene import Scene

ID = "known change"
DOCS = "https://docs.python.org/3/whatsnew/index.html"

OURS = frozenset(
    [Category.TEST_FAILURE, Category.DEPENDENCY_ISSUE, Category.BUILD_ERROR, Category.UNKNOWN]
)
_WORD = re.compile(r"[A-Za-z_]\w*")
Overlay = dict[str, str]
Rewrite = Callable[[Source], str | None]


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield the code without what is gone: what is named, then all of the same releases."""
    if failure.category not in OURS:
        return
    parts = ((whole, meant(whole, scene.output)) for whole in changes())
    found = [(whole, part) for whole, part in parts if not part.is_empty]
    plain = [part for _, part in found if not part.requires]
    seen: list[Mapping[str, str]] = []
    for idea in _all(found, plain, scene):
        if idea.files not in seen:
            seen.append(idea.files)
            yield idea


def _all(
    found: Sequence[tuple[Change, Change]], plain: Sequence[Change], scene: Scene
) -> Iterator[Edit]:
    yield from _idea(plain, scene, ())
    for _, part in found:
        if part.requires:
            yield from _idea([part], scene, part.requires)
    applied = [whole for whole, part in found if not whole.requires and _applies(part, scene)]
    yield from _idea(applied, scene, ())
    widened = [replace(c, where="files") for c in plain if c.where == "lines"]
    yield from _idea(widened, scene, ())


def _applies(part: Change, scene: Scene) -> bool:
    return bool(apply([part], scene))


def _idea(chosen: Sequence[Change], scene: Scene, needs: Sequence[str]) -> Iterator[Edit]:
    files = apply(chosen, scene)
    if not files:
        return
    used = [c for c in chosen if apply([c], scene)]
    why = "; ".join(f"{c.of} ({c.source})" for c in used[:3])
    if not needs:
        yield Edit(ID, why, files, severity=Severity.MEDIUM)
        return
    for place in manifests(scene):
        text = append(place, needs[0], scene.files)
        if text is not None and place.kind != CONSTRAINTS and not place.builds:
            declared = lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)
            if isinstance(declared, Edit):
                both = {**declared.files, **files}
                yield replace(declared, files=both, from_start=True)
                break
    yield Edit(ID, why, files, severity=Severity.MEDIUM)


def apply(chosen: Sequence[Change], scene: Scene) -> Overlay:
    """Return the files that the changes alter, with their new texts."""
    lines: dict[str, set[int]] = {}
    for path, line in frames(scene):
        lines.setdefault(path, set()).add(line)
    made: Overlay = {}
    words = {change.of: _words(change) for change in chosen}
    for path in python_files(scene) if chosen else ():
        before = text_of(scene.files, path)
        if before is None:
            continue
        there = frozenset(_WORD.findall(before))
        text = before
        for change in chosen:
            if there & words[change.of] and _reaches(change, path, lines):
                text = _changed(text, path, change, lines.get(path, set()))
        if text != before:
            made[path] = text
    return made


def _reaches(change: Change, path: str, lines: Mapping[str, set[int]]) -> bool:
    if change.where in ("files", "lines"):
        return path in lines
    return change.where != "tests" or calls.is_test_file(path)


def _changed(text: str, path: str, change: Change, lines: set[int]) -> str:
    """Return a text with one change applied; in some lines only where it says so."""
    only = frozenset(lines) if change.where == "lines" else None
    for rewrite in _rewrites(change, path, only):
        source = parse(text)
        text = (rewrite(source) if source is not None else None) or text
    return text


def _rewrites(change: Change, path: str, only: frozenset[int] | None) -> Iterator[Rewrite]:
    """Yield what applies each part that the change has."""
    if change.names:
        yield lambda s: renamed(s, path, change.names, strings=True)
    if change.calls:
        yield lambda s: patterns.rewritten(s, path, change.calls, only)
    if change.methods:
        yield lambda s: calls.methods(s, path, change.methods, only)
    if change.definitions:
        yield lambda s: calls.definitions(s, path, change.definitions)
    if change.keywords:
        yield lambda s: calls.keywords(s, path, change.keywords)
    if change.values:
        yield lambda s: calls.values(s, path, change.argument, change.places, change.values)
    if change.mixin:
        yield lambda s: mixins.with_method(s, path, change.bases, change.mixin)


def _words(change: Change) -> frozenset[str]:
    """Return words of which a file that the change alters has at least one."""
    found: set[str] = set()
    for old in (*change.names, *change.methods, *change.definitions, *change.bases):
        found.add(old.split(".")[-1])
    for pattern in change.calls:
        chain = _WORD.findall(re.sub(r"'[^']*'", "", pattern))
        found |= {name for name in chain if len(name) > 1 and name != "ARGS"}
    for rule in change.keywords.values():
        found |= set(rule)
    found |= {call.split(".")[-1] for call in change.places}
    return frozenset(found)
