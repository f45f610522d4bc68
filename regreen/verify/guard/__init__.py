"""No cheating to green: what a patch may do, whoever proposed it.

A change is compared by structure, file by file as its kind asks for: tests by their syntax trees,
workflows and configuration as data, scripts command by command, comments as a tokenizer sees them.
What cannot be read, or is not known, counts as changed for the worse.
"""

from __future__ import annotations

from regreen.git import Tree
from regreen.verify.guard import (
    dockerfile,
    files,
    justfile,
    makefile,
    manifests,
    parsing,
    precommit,
    product,
    programs,
    prose,
    settings,
    shell,
    silencers,
    standins,
    surface,
    suspects,
    testcode,
    workflows,
)
from regreen.verify.guard.change import Change, FileChange, read
from regreen.verify.guard.kinds import Kind, kind_of
from regreen.verify.guard.narrowed import equal

_REGULAR = ("100644", "100755")
_LARGEST = 1 << 20
"""Characters of a text. Sources that people write are smaller."""


def objections(base: Tree, patched: Tree) -> tuple[str, ...]:
    """Return why the change from ``base`` to ``patched`` is refused; empty when it is honest.

    Each reason is one short sentence with the file, and the line where one can be named.
    """
    return judge(read(base, patched))


def judge(change: Change) -> tuple[str, ...]:
    """Return why a change is refused; whatever its files hold, nothing is raised."""
    found: list[str] = []
    with parsing.uncollected():
        for file in change.files:
            try:
                found += _of_file(file, change)
            except (RecursionError, MemoryError, ValueError):
                found.append(f"it changes {file.path}, which is too involved to judge")
    return tuple(dict.fromkeys(found))


def _of_file(file: FileChange, change: Change) -> list[str]:
    if file.after is None:
        return files.deleted(file, change)
    if file.before is None:
        return files.added(file, change) + _of_added(file, change)
    if not {file.before.mode, file.after.mode} <= set(_REGULAR):
        return [f"it changes a link or submodule: {file.path}"]
    reasons = files.mode(file)
    if file.before.data == file.after.data and file.before.data is not None:
        return reasons
    if file.after.text is None or file.before.text is None:
        return [*reasons, f"it changes {file.path}, which cannot be read as text"]
    return reasons + _of_text(file, change)


def _of_added(file: FileChange, change: Change) -> list[str]:
    kind = kind_of(file.path, file.new)
    if kind in {Kind.TEST, Kind.PYTHON} and (tree := parsing.python(file.new)) is not None:
        reasons = suspects.added(file.path, None, tree, tests=kind is Kind.TEST)
        return reasons + silencers.added(file.path, "", file.new)
    return []


def _of_text(file: FileChange, change: Change) -> list[str]:
    path, old, new = file.path, file.old, file.new
    if max(len(old), len(new)) > _LARGEST:
        return [f"it changes {path}, which is too large to judge"]
    match kind_of(path, f"{old}\n{new}"):
        case Kind.WORKFLOW:
            about = standins.ground(change, old, new)
            return workflows.objections(path, old, new, about) + silencers.added_in_text(
                path, old, new
            )
        case Kind.PRECOMMIT:
            return precommit.objections(path, old, new)
        case Kind.SETTINGS:
            about = standins.ground(change, old, new)
            return settings.objections(path, old, new, about)
        case Kind.REQUIREMENTS:
            return manifests.objections(path, old, new, standins.ground(change, old, new))
        case Kind.IGNORE:
            return files.patterns(file)
        case Kind.MAKE:
            return makefile.objections(path, old, new)
        case Kind.JUST | Kind.DOCKER | Kind.SERVICES | Kind.PROGRAM | Kind.VERSION as kind:
            return _beside(kind, path, old, new, standins.ground(change, old, new))
        case Kind.SHELL:
            about = standins.ground(change, old, new)
            return shell.weaker(old, new, path, about) + silencers.added_in_text(path, old, new)
        case Kind.TEST | Kind.TASKS | Kind.PYTHON as kind:
            return _of_python(file, kind, change)
        case _:
            return files.text(file)


def _beside(kind: Kind, path: str, old: str, new: str, about: standins.Ground) -> list[str]:
    """Judge what stands beside CI's definition and is run, or decides what runs it."""
    reasons = silencers.added_in_text(path, old, new)
    match kind:
        case Kind.JUST:
            return reasons + justfile.objections(path, old, new, about)
        case Kind.DOCKER:
            return reasons + dockerfile.objections(path, old, new, about)
        case Kind.SERVICES:
            return reasons + workflows.services(path, old, new)
        case _:
            return reasons + files.fixed(path, old, new, kind)


def _of_python(file: FileChange, kind: Kind, change: Change) -> list[str]:
    path, old, new = file.path, file.old, file.new
    reasons = silencers.added(path, old, new) + prose.fewer_examples(path, old, new)
    before, after = parsing.python(old), parsing.python(new)
    if before is not None and after is not None and equal(before, after):
        return reasons
    tests = kind is not Kind.PYTHON
    if after is not None:
        unread = old if before is None else ""
        reasons += suspects.added(path, before, after, tests=tests, unread=unread, text=new)
    if before is not None and after is not None:
        reasons += programs.of_program(path, before, after)
    if tests:
        return reasons + testcode.objections(path, old, new, change)
    return reasons + product.objections(path, old, new) + surface.objections(file, change)
