"""Small repairs of the product for failing tests: plausible, never certain, for people to review.

First what an exception asks for at the line that raised it, then small changes of the lines that
failing tests run and passing ones do not. Tests are never changed. Bounded: few tries, best first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from regreen.fixers.source import Source, parse
from regreen.fixers.testing import spectrum
from regreen.fixers.testing.commands import failing_files, runner
from regreen.fixers.testing.crashes import Crash, crashes, named_lines
from regreen.fixers.testing.directed import directed
from regreen.fixers.testing.drafts import Draft, Spot
from regreen.fixers.testing.known_changes import OURS
from regreen.fixers.testing.reading import text_of
from regreen.fixers.testing.templates import templates, wrapped_twice
from regreen.model import Category, Edit, Failure, Idea, Probe, Severity
from regreen.scene import Scene

ID = "plausible repair"
DOCS = "https://docs.python.org/3/library/unittest.html"
REVIEW = "plausible: passes the tests, but may not be what was meant"

MOST = 20
_AT_FIRST = 10
_OLD = re.compile(r"3\.\d\b")
_UNCALLED = "'staticmethod' object is not callable"
_UNCHANGED = 8
_A_LINE = 4
_CRASHES = 6
_DEEP = 3


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield repairs of the lines that raised, then ask which lines failing tests run."""
    if failure.category not in OURS:
        return
    bench = _Bench(scene)
    raised = crashes(scene)
    yield from bench.ideas(bench.raised(raised), _AT_FIRST)
    yield from bench.ideas(bench.repeated(), 2)
    call = runner(scene)
    tests = failing_files(failure, scene)
    if failure.category != Category.TEST_FAILURE or call is None or not tests:
        return

    def read(output: str) -> Iterator[Idea]:
        named = named_lines(scene)
        places = spectrum.suspicious(output, scene, named)
        changed = spectrum.changed_lines(scene)
        near = any(line in changed.get(path, ()) for path, line in places)
        yield from bench.ideas(bench.located(places), MOST if near else _UNCHANGED)

    why = "which lines do the failing tests run, and the passing ones not?"
    yield Probe(
        ID,
        why,
        spectrum.command(call, tests),
        read,
        directory=scene.directory,
        before_step=not call.wrapped,
        severity=Severity.MEDIUM,
    )


@dataclass(slots=True)
class _Bench:
    """Makes drafts of edits, each text once, and no more than the whole repair may have."""

    scene: Scene
    made: set[str] = field(default_factory=set)
    known: dict[str, Source | None] = field(default_factory=dict)

    def spot(self, path: str, line: int) -> Spot | None:
        """Return a line of a file; ``None`` where that is no Python."""
        if path not in self.known:
            text = self.scene.files.text(path)
            self.known[path] = parse(text) if text is not None else None
        source = self.known[path]
        return Spot(source, line) if source is not None and line <= len(source.lines) else None

    def raised(self, found: list[Crash]) -> list[tuple[str, Draft]]:
        """Return what exceptions ask for, the likeliest first, the innermost before others."""
        drafts: list[tuple[float, int, str, Draft]] = []
        for number, crash in enumerate(found[: _CRASHES * _DEEP]):
            spot = self.spot(crash.path, crash.line)
            for draft in directed(spot, crash.kind, crash.text) if spot is not None else ():
                drafts.append((-draft.weight, number, crash.path, draft))
        drafts.sort(key=lambda d: d[:3])
        return [(path, draft) for _, _, path, draft in drafts]

    def repeated(self) -> list[tuple[str, Draft]]:
        """Return the modules that wrap the same thing several times in a row, mended.

        Before Python 3.10 what is wrapped cannot be called in the class's own body:
        https://docs.python.org/3/whatsnew/3.10.html#other-language-changes
        """
        found: list[tuple[str, Draft]] = []
        if not _OLD.match(self.scene.python) and _UNCALLED not in self.scene.output:
            return found
        for path in self.scene.files.paths():
            text = text_of(self.scene.files, path) if path.endswith(".py") else None
            if text is None or ("staticmethod(" not in text and "classmethod(" not in text):
                continue
            spot = self.spot(path, 1)
            found += [(path, draft) for draft in wrapped_twice(spot)] if spot else []
        return found

    def located(self, places: list[tuple[str, int]]) -> list[tuple[str, Draft]]:
        """Return changes of the suspicious lines: by line, a few of the likeliest of each."""
        found: list[tuple[float, int, str, Draft]] = []
        for rank, (path, line) in enumerate(places):
            spot = self.spot(path, line)
            drafts = sorted(templates(spot), key=lambda d: -d.weight) if spot is not None else []
            for draft in drafts[:_A_LINE]:
                found.append((rank / 5 - draft.weight, rank, path, draft))
        found.sort(key=lambda f: f[:3])
        return [(path, draft) for _, _, path, draft in found]

    def ideas(self, drafts: list[tuple[str, Draft]], most: int) -> Iterator[Idea]:
        """Yield drafts as ideas, within what is left of the bound."""
        count = 0
        for path, draft in drafts:
            if count >= most or len(self.made) >= MOST:
                return
            if draft.text in self.made:
                continue
            self.made.add(draft.text)
            count += 1
            yield Edit(
                ID,
                f"{path}, {draft.words}",
                {path: draft.text},
                severity=Severity.MEDIUM,
                review=REVIEW,
            )
