"""A lock file that no longer fits what it was made from: made anew by its own tool.

The tools keep the locked releases that still fit, so that no more is moved than the declarations
ask for; Pipenv alone has no such command for what it did not add itself.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.scripts import scripts
from regreen.fixers.invocations import find
from regreen.model import Category, Failure, Proposal, Severity, ToolRun
from regreen.scene import Scene

ID = "stale lock file"
DOCS = "https://docs.astral.sh/uv/concepts/projects/sync/#checking-the-lockfile"

_OURS = frozenset({Category.DEPENDENCY_ISSUE, Category.CONFIGURATION_ERROR, Category.UNKNOWN})
_MOST_FOLDERS = 4


@dataclass(frozen=True, slots=True)
class Stale:
    """A tool's lock file, the words by which it says that the lock is old, and its manifest."""

    program: str
    lock: str
    manifest: str
    words: re.Pattern[str]


def _spaced(words: str) -> re.Pattern[str]:
    """Return an expression whose blanks may be line ends: Pipenv wraps lines, others may, too."""
    return re.compile(words.replace(" ", r"\s+"))


_TOOLS = (
    Stale(
        "uv",
        "uv.lock",
        "pyproject.toml",
        _spaced(r"lockfile(?: at `[^`\n]*uv\.lock`)? needs to be updated"),
    ),
    Stale(
        "poetry",
        "poetry.lock",
        "pyproject.toml",
        _spaced(
            r"changed significantly since poetry\.lock was last generated"
            r"|poetry\.lock is not up to date with|lock file is not up to date with"
        ),
    ),
    Stale(
        "pdm",
        "pdm.lock",
        "pyproject.toml",
        _spaced(r"[Ll]ock(?: )?file hash doesn't match pyproject\.toml|Lock file is out of date"),
    ),
    Stale(
        "pipenv",
        "Pipfile.lock",
        "Pipfile",
        _spaced(r"Pipfile\.lock (?:\(\w+\) )?(?:is )?out(?:-| )of(?:-| )date"),
    ),
)


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield a run that makes the lock anew which the failing step found too old."""
    if failure.category not in _OURS:
        return
    for tool in _TOOLS:
        if not tool.words.search(scene.output):
            continue
        for folder in _folders(tool, scene):
            command = _brought(tool.program, scene) + lockfiles.command(tool.lock, folder)
            why = f"{tool.manifest} has changed since {tool.lock} was made"
            yield ToolRun(ID, why, command, ".", from_start=True, severity=Severity.MEDIUM)


def _brought(program: str, scene: Scene) -> str:
    """Return a line that brings the tool where the failing step itself installs it, or nothing.

    It runs the step's lines before the first call of the tool, and no further: those behind may
    change the lock themselves.
    """
    calls = find(program, scene.script)
    at = scene.script.find(calls[0].statement.decode("utf-8", "replace")) if calls else -1
    head = scene.script[: scene.script.rfind("\n", 0, max(at, 0)) + 1]
    if not head.strip():
        return ""
    run = f'here=$PWD; eval {shlex.quote(head)}; cd -- "$here"'
    return f"command -v {program} >/dev/null || {{ {run}; }}\n"


def _folders(tool: Stale, scene: Scene) -> list[str]:
    """Return the folders whose lock may be meant: where the tool runs, and above, then others."""
    found = [folder for start in _starts(tool, scene) for folder in _upwards(start)]
    places = (p for p in scene.files.paths() if posixpath.basename(p) == tool.lock)
    found += [posixpath.dirname(path) for path in places]
    known = set(scene.files.paths())
    real = (f for f in found if {_in(f, tool.lock), _in(f, tool.manifest)} <= known)
    return list(dict.fromkeys(real))[:_MOST_FOLDERS]


def _starts(tool: Stale, scene: Scene) -> Iterator[str]:
    for text in scripts(scene).values():
        for call in find(tool.program, text):
            words = list(call.arguments)
            moved = re.findall(r"^cd\s+[\"']?([\w./-]+)", call.setup, re.MULTILINE)
            named = (
                words[at + 1].strip("\"'")
                for at, word in enumerate(words[:-1])
                if word in {"--directory", "--project", "-C", "-p"}
            )
            yield posixpath.normpath(posixpath.join(scene.directory, *moved, *named))
    yield posixpath.normpath(scene.directory)


def _upwards(folder: str) -> Iterator[str]:
    """Yield a folder of the repository and those above it; its root is the empty name."""
    here = "" if folder == "." else folder
    while not here.startswith(("..", "/")):
        yield here
        if not here:
            return
        here = posixpath.dirname(here)


def _in(folder: str, name: str) -> str:
    return posixpath.join(folder, name)
