"""What the red commit renamed or moved: definitions, modules, parameters."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from regreen.fixers.source import parse
from regreen.fixers.testing.outline import Thing, likeness, outline
from regreen.fixers.testing.reading import differing, text_of
from regreen.fixers.testing.spelling import module_of
from regreen.scene import Files

_MOST_FILES = 200
_SAME_FILE = 0.5
_ONLY_ONE = 0.3


@dataclass(slots=True)
class Moves:
    """What is called otherwise since the commit.

    ``names`` are whole dotted names of modules, functions, classes and constants; ``members`` the
    names of methods and attributes; ``own`` the names within a module, by its path; ``keywords``
    renamed parameters and ``dropped`` the places of parameters that are gone, by function.
    """

    names: dict[str, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    keywords: dict[str, dict[str, str]] = field(default_factory=dict)
    dropped: dict[str, dict[int, str]] = field(default_factory=dict)


def moves(before: Files, after: Files) -> Moves:
    """Return what differs in name only between two states of a repository's Python files."""
    old, new = _outlines(before, after), _outlines(after, before)
    found = Moves()
    gone: list[tuple[str, Thing]] = []
    come: list[tuple[str, Thing]] = []
    _whole_files(before, after, old, new, found)
    for path in sorted(set(old) | set(new)):
        first, second = old.get(path, {}), new.get(path, {})
        gone += [(path, thing) for name, thing in first.items() if name not in second]
        come += [(path, thing) for name, thing in second.items() if name not in first]
        for name in first.keys() & second.keys():
            _signature(first[name], second[name], found)
    _match(gone, come, found)
    return found


def _outlines(files: Files, other: Files) -> dict[str, dict[str, Thing]]:
    found: dict[str, dict[str, Thing]] = {}
    for path in differing(files, other)[:_MOST_FILES]:
        text = text_of(files, path)
        if text is not None and (made := parse(text)):
            found[path] = outline(made)
    return found


def _whole_files(
    before: Files,
    after: Files,
    old: dict[str, dict[str, Thing]],
    new: dict[str, dict[str, Thing]],
    found: Moves,
) -> None:
    """Find modules that moved: a file that is gone, and a new one that is much the same."""
    lost = [p for p in old if after.text(p) is None]
    added = [p for p in new if before.text(p) is None]
    for path in sorted(lost):
        text = (text_of(before, path) or "").splitlines()
        scored = [
            (difflib.SequenceMatcher(None, text, (text_of(after, p) or "").splitlines()).ratio(), p)
            for p in sorted(added)
        ]
        best = max(scored, default=(0.0, ""))
        if best[0] >= _SAME_FILE:
            found.names[module_of(path)] = module_of(best[1])
            added.remove(best[1])
            old[best[1]] = old.pop(path)


def _match(gone: list[tuple[str, Thing]], come: list[tuple[str, Thing]], found: Moves) -> None:
    scored: list[tuple[float, int, int]] = []
    for number, (path, old) in enumerate(gone):
        for at, (place, new) in enumerate(come):
            near = path == place and old.scope == new.scope
            score = likeness(old, new)
            if score and (near or old.last == new.last or score == 1.0):
                scored.append((score + (1.0 if near else 0.0), number, at))
            elif near and (_alone(old, new, gone, come) or _same_place(old, new)):
                scored.append((_ONLY_ONE, number, at))
    used: tuple[set[int], set[int]] = (set(), set())
    for _, number, at in sorted(scored, key=lambda s: (-s[0], s[1], s[2])):
        if number not in used[0] and at not in used[1]:
            used[0].add(number)
            used[1].add(at)
            _note(*gone[number], *come[at], found)


def _alone(
    old: Thing, new: Thing, gone: list[tuple[str, Thing]], come: list[tuple[str, Thing]]
) -> bool:
    """Whether one function alone is gone from its scope, one came, and both take the same."""
    if not old.kind == new.kind == "function":
        return False
    lost = [t for _, t in gone if t.scope == old.scope and t.kind == "function"]
    added = [t for _, t in come if t.scope == new.scope and t.kind == "function"]
    return len(lost) == len(added) == 1 and old.parameters == new.parameters


def _same_place(old: Thing, new: Thing) -> bool:
    """Whether two attributes are set at the same place, from a plain name (a parameter)."""
    both = old.kind == new.kind == "attribute" and old.order == new.order
    return both and old.body[0].isidentifier() and new.body[0].isidentifier()


def _note(path: str, old: Thing, place: str, new: Thing, found: Moves) -> None:
    if old.kind == "function":
        _signature(old, new, found)
    if old.scope and new.scope:
        if old.last != new.last:
            found.members[old.last] = new.last
        return
    if old.scope or new.scope:
        return
    found.names[f"{module_of(path)}.{old.name}"] = f"{module_of(place)}.{new.name}"
    if old.last != new.last and path == place:
        found.own.setdefault(path, {})[old.name] = new.name


def _signature(old: Thing, new: Thing, found: Moves) -> None:
    """Note renamed parameters (the same place, another name) and those that are gone."""
    if old.kind != "function" or new.kind != "function" or old.parameters == new.parameters:
        return
    called = new.last if new.last != "__init__" else new.scope.rpartition(".")[2]
    lost = [p for p in old.parameters if p not in new.parameters]
    added = [p for p in new.parameters if p not in old.parameters]
    if len(old.parameters) == len(new.parameters):
        pairs = zip(old.parameters, new.parameters, strict=True)
        names = {a: b for a, b in pairs if a in lost and b in added}
    else:
        names = dict(zip(lost, added, strict=True)) if len(lost) == len(added) == 1 else {}
    if names:
        found.keywords.setdefault(called, {}).update(names)
    elif lost and not added:
        places = {old.parameters.index(p): p for p in lost}
        found.dropped.setdefault(called, {}).update(places)
