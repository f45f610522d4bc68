"""What a type checker reported, line by line, with the notes that explain it.

A failure keeps each complaint once; here every place counts, and the notes of mypy (a hint, the two
signatures of an override) are needed too, so the step's output is read again. Formats: mypy's own
(also ``--pretty``), that of pytest-mypy (a heading names the file), and pyright's and
basedpyright's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from regreen.fixers.invocations import find
from regreen.model import Failure
from regreen.scene import Scene

CHECKERS = frozenset({"mypy", "pyright", "basedpyright"})

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\x1b\(B")
_MYPY = re.compile(
    r"^(?:(?P<file>[^\s:][^:\n]*\.pyi?):)?(?P<line>\d+):(?:(?P<column>\d+):)?(?:\d+:\d+:)? "
    r"(?P<kind>error|note): (?P<message>.*)$"
)
_CODE = re.compile(r"^(?P<message>.*?)\s*\[(?P<code>[a-z][a-z-]*)\]$", re.DOTALL)
_HEADING = re.compile(r"^_+ (?:\[doctest\] )?(?P<file>\S+\.pyi?)(?:::mypy\S*)? _+$")
_PYRIGHT = re.compile(
    r"^ +(?:(?P<file>\S.*?):)?(?P<line>\d+):(?P<column>\d+) - error: (?P<message>.+)$"
)
_PYRIGHT_CODE = re.compile(r"^(?P<message>.*?) \((?P<code>report\w+)\)$", re.DOTALL)
_PYRIGHT_FILE = re.compile(r"^(?P<file>/?\S.*\.pyi?)$")
_WRAPPED = 6
"""Lines over which ``--pretty`` may spread one message."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint. ``file`` is a path of the repository, ``line`` 1-based, ``column`` too."""

    file: str
    line: int
    column: int | None
    code: str
    message: str
    notes: tuple[str, ...] = ()


def problems(failure: Failure, scene: Scene, *codes: str) -> list[Problem]:
    """Return what a checker reported with one of ``codes`` (none: all), in the order of places.

    Nothing when the failure is no type checker's. Files that the repository does not have are left
    out: nobody can mend them.
    """
    if failure.tool not in CHECKERS and failure.category != "type_error":
        return []
    text = _ANSI.sub("", scene.output)
    raw = [*_mypy(text.splitlines()), *_pyright(text.splitlines())] or list(_known(failure))
    places = _Places(scene)
    found: dict[tuple[str, int, int | None, str, str], Problem] = {}
    for one in raw:
        path = places.path(one.file)
        if path is not None and (not codes or one.code in codes):
            made = replace(one, file=path)
            found.setdefault((path, one.line, one.column, one.code, one.message), made)
    return sorted(found.values(), key=lambda p: (p.file, p.line, p.column or 0))


def _known(failure: Failure) -> Iterator[Problem]:
    for one in failure.diagnostics:
        if one.file and one.line:
            yield Problem(one.file, one.line, one.column, one.code or "", one.message)


def _mypy(lines: list[str]) -> Iterator[Problem]:
    heading: str | None = None
    current: Problem | None = None
    for index, line in enumerate(lines):
        if title := _HEADING.match(line):
            heading = title["file"]
        match = _MYPY.match(line.strip() if ": error: " in line or ": note: " in line else line)
        file = (match["file"] or heading) if match else None
        if match is None or file is None:
            continue
        if match["kind"] == "note":
            if current is not None and current.file == file:
                current = replace(current, notes=(*current.notes, match["message"]))
            continue
        if current is not None:
            yield current
        message, code = _whole(match["message"], lines[index + 1 : index + 1 + _WRAPPED])
        column = int(match["column"]) if match["column"] else None
        current = Problem(file, int(match["line"]), column, code, message)
    if current is not None:
        yield current


def _whole(message: str, following: list[str]) -> tuple[str, str]:
    """Return a message without its code, and the code; it may go on over the next lines."""
    for count in range(len(following) + 1):
        rest = following[:count]
        if any(line.startswith("    ") or _MYPY.match(line) for line in rest):
            break
        if match := _CODE.match(" ".join((message, *(line.strip() for line in rest)))):
            return match["message"], match["code"]
    return message, ""


def _pyright(lines: list[str]) -> Iterator[Problem]:
    heading: str | None = None
    for index, line in enumerate(lines):
        match = _PYRIGHT.match(line)
        if match is None:
            if title := _PYRIGHT_FILE.match(line):
                heading = title["file"]
            continue
        file = match["file"] or heading
        if file is None:
            continue
        message, notes = match["message"], list[str]()
        for following in lines[index + 1 :]:
            if not following.startswith("    "):
                break
            notes.append(following.strip())
        whole = _PYRIGHT_CODE.match("\n".join((message, *notes)))
        if whole:
            message, *notes = whole["message"].splitlines()
        code = whole["code"] if whole else ""
        column = int(match["column"])
        yield Problem(file, int(match["line"]), column, code, message, tuple(notes))


class _Places:
    """Finds the repository's path for a name that a tool printed, relative to where it ran."""

    def __init__(self, scene: Scene) -> None:
        self._paths = scene.files.paths()
        self._known = frozenset(self._paths)
        self._folders = [scene.directory, *_folders(scene)]
        self._found: dict[str, str | None] = {}

    def path(self, name: str) -> str | None:
        if name not in self._found:
            self._found[name] = self._look(name)
        return self._found[name]

    def _look(self, name: str) -> str | None:
        if not name.startswith("/"):
            for folder in self._folders:
                path = posixpath.normpath(posixpath.join(folder, name))
                if path in self._known:
                    return path
            ends = [p for p in self._paths if p.endswith(f"/{posixpath.normpath(name)}")]
            return ends[0] if len(ends) == 1 else None
        parts = name.strip("/").split("/")
        tails = ("/".join(parts[at:]) for at in range(len(parts)))
        return next((tail for tail in tails if tail in self._known), None)


def _folders(scene: Scene) -> Iterable[str]:
    """Yield the folders that the script goes to before it calls a checker."""
    for tool in sorted(CHECKERS):
        for call in find(tool, scene.script):
            for line in call.setup.splitlines():
                if line.startswith("cd "):
                    yield posixpath.join(scene.directory, line[3:].strip("\"' "))


def places(scene: Scene) -> _Places:
    """Return what finds the repository's path for a name that a tool printed."""
    return _Places(scene)
