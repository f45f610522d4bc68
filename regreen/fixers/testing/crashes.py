"""Where the product raised, and what: read from the tracebacks of pytest, unittest and Python."""

from __future__ import annotations

import re
from dataclasses import dataclass

from regreen.fixers.testing.calls import is_test_file
from regreen.fixers.testing.places import frames, own_path
from regreen.scene import Scene

_FRAME = re.compile(
    r'^\s*(?:E\s+)?File "(?P<whole>[^"\n]+\.py)", line (?P<line>\d+)'
    r"|^(?P<short>[\w./+@-]+\.py):(?P<at>\d+):(?: in \S+| (?P<kind>[\w.]+))?\s*$"
)
_ERROR = re.compile(
    r"^(?:E\s+)?(?P<kind>(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning)): ?(?P<text>.*)$"
)
_NEAR = 400


@dataclass(frozen=True, slots=True)
class Crash:
    """An exception, and a place in the product that it came through: the innermost one first."""

    path: str
    line: int
    kind: str
    text: str


def crashes(scene: Scene) -> list[Crash]:
    """Return the crashes that the step's output shows, each once, innermost places first."""
    known = set(scene.files.paths())
    lines = scene.output.splitlines()
    found: dict[Crash, None] = {}
    pending: list[tuple[int, str, int]] = []
    error: tuple[str, str] | None = None
    for number, line in enumerate(lines):
        match = _FRAME.match(line)
        if match is not None:
            path = own_path(match["whole"] or match["short"], scene.directory, known)
            at = int(match["line"] or match["at"])
            if path is not None:
                pending.append((number, path, at))
            if match["kind"] and error is not None:
                _note(pending, number, error, found)
                pending, error = [], None
            continue
        match = _ERROR.match(line)
        if match is not None:
            error = (match["kind"], match["text"])
            if line.startswith("E"):
                if _is_whole(lines, number):
                    _note(pending, number, error, found)
                continue
            _note(pending, number, error, found)
            pending, error = [], None
    return list(found)


def _is_whole(lines: list[str], number: int) -> bool:
    """Whether the line that says where pytest stopped does not follow: then nothing else tells."""
    return not any(_FRAME.match(line) for line in lines[number + 1 : number + 12])


def _note(
    pending: list[tuple[int, str, int]],
    number: int,
    error: tuple[str, str],
    found: dict[Crash, None],
) -> None:
    for at, path, line in reversed(pending):
        if number - at < _NEAR and not is_test_file(path):
            found.setdefault(Crash(path, line, *error))


def named_lines(scene: Scene) -> list[tuple[str, int]]:
    """Return the places of the product that tracebacks name."""
    return [place for place in frames(scene) if not is_test_file(place[0])]
