"""Which lines of the repository a step's tracebacks and warnings name."""

from __future__ import annotations

import posixpath
import re

from regreen.scene import Scene

_FRAME = re.compile(
    r'File "(?P<whole>[^"\n]+\.py)", line (?P<line>\d+)'
    r"|^\s*(?:[A-Z]\s+)?(?P<short>[\w./+@-]+\.py):(?P<at>\d+)\b",
    re.MULTILINE,
)
_MOST_FILES = 4_000
_ELSEWHERE = re.compile(r"(?:^|/)(?:_?vendor(?:ed)?|third_party|node_modules|\.git)/")


def frames(scene: Scene, output: str | None = None) -> list[tuple[str, int]]:
    """Return the repository's files with the lines that are named, in their order, each once."""
    known = set(scene.files.paths())
    found: dict[tuple[str, int], None] = {}
    for match in _FRAME.finditer(scene.output if output is None else output):
        path = own_path(match["whole"] or match["short"], scene.directory, known)
        if path is not None:
            found.setdefault((path, int(match["line"] or match["at"])))
    return list(found)


def own_path(name: str, directory: str, known: set[str]) -> str | None:
    """Return the repository's file that a name in an output means."""
    if "/site-packages/" in name or "/lib/python" in name:
        return None
    for path in (posixpath.normpath(posixpath.join(directory, name)), name):
        if path in known:
            return path
    parts = name.split("/")
    tails = ("/".join(parts[at:]) for at in range(1, len(parts)))
    return next((tail for tail in tails if tail in known), None)


def python_files(scene: Scene) -> list[str]:
    """Return the repository's Python files: those that are named first, no others' code."""
    named = [path for path, _ in frames(scene)]
    rest = (
        p for p in scene.files.paths() if p.endswith((".py", ".pyi")) and not _ELSEWHERE.search(p)
    )
    return list(dict.fromkeys([*named, *rest]))[:_MOST_FILES]
