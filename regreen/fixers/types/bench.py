"""What every fixer of types works with: drafts of files, how each spells types, what it may try.

A change for all complaints of one kind is tried at once; where that fails as a whole, each by
itself. Both ways are the same function of a complaint.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from regreen.fixers.types.draft import Draft, draft, finished
from regreen.fixers.types.problems import Problem
from regreen.fixers.types.project import Project, module_of
from regreen.fixers.types.pythons import oldest
from regreen.fixers.types.reading import Type, read_type
from regreen.fixers.types.spelling import Spelled, Speller
from regreen.model import Edit, Severity
from regreen.scene import Scene

_MOST = 250
"""How many complaints one idea is for: the next idea is for the rest."""
_SINGLY = 12
"""How many complaints are tried one by one, at most."""


@dataclass(slots=True)
class Bench:
    """The files that one idea changes."""

    scene: Scene
    drafts: dict[str, Draft | None] = field(default_factory=dict)
    spellers: dict[str, Speller] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)

    def draft(self, path: str) -> Draft | None:
        """Return the draft of a file; ``None`` where it is no Python that can be read."""
        if path not in self.drafts:
            self.drafts[path] = draft(path, self.scene)
        return self.drafts[path]

    def speller(self, path: str) -> Speller:
        """Return what writes types for a file of which there is a draft."""
        if path not in self.spellers:
            made = self.draft(path)
            assert made is not None
            name = module_of(path, self.scene.files)
            self.spellers[path] = Speller(made.source, name, oldest(self.scene, path))
        return self.spellers[path]

    def spell(self, path: str, said: str) -> Spelled | None:
        """Return what a checker calls ``said`` as an annotation of a file.

        Messages name classes without their modules: the project's only class of that name is meant.
        """
        kind = read_type(said)
        return None if kind is None else self.speller(path).write(self._found(path, kind))

    def _found(self, path: str, kind: Type) -> Type:
        arguments = tuple(self._found(path, one) for one in kind.arguments)
        name = kind.name
        if name.isidentifier() and not kind.literal and not self.speller(path).knows(name):
            project = self.projects.setdefault("", Project(self.scene.files, path))
            homes = {d.module for d in project.defining(name) if isinstance(d.node, ast.ClassDef)}
            if len(homes) == 1:
                name = f"{homes.pop()}.{name}"
        return Type(name, arguments, kind.literal)

    def files(self) -> dict[str, str]:
        """Return the new texts."""
        return finished(one for one in self.drafts.values() if one is not None)


Change = Callable[[Problem, Bench], bool]
"""Puts what mends a complaint into the drafts; says whether it knew what."""


def edits(
    fixer: str,
    why: str,
    found: Sequence[Problem],
    scene: Scene,
    change: Change,
    *,
    severity: Severity = Severity.LOW,
    review: str = "",
) -> Iterator[Edit]:
    """Yield one edit for all complaints, then one for each (of several)."""
    bench = Bench(scene)
    mended = [one for one in found[:_MOST] if change(one, bench)]
    if not mended:
        return
    if files := bench.files():
        words = f"{why} ({_places(mended)})"
        yield Edit(fixer, words, files, severity=severity, review=review)
    for one in mended[:_SINGLY] if len(mended) > 1 else ():
        alone = Bench(scene)
        if change(one, alone) and (files := alone.files()):
            words = f"{why} ({_places([one])})"
            yield Edit(fixer, words, files, severity=severity, review=review)


def _places(found: Sequence[Problem]) -> str:
    first = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{first.file}:{first.line}{more}"
