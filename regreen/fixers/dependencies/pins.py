"""A pinned release that does not exist for the job's Python: pin one that does.

The newest release below the pinned one that serves the job's Python is asked of the index, inside
the sandbox. Where newer Pythons can have the pinned release they keep it, by a marker.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator
from importlib import resources

from regreen.fixers.dependencies.installs import manifests
from regreen.model import Category, Failure, Proposal, ToolRun
from regreen.scene import Scene

ID = "pin for this Python"
DOCS = "https://packaging.python.org/en/latest/specifications/dependency-specifiers/"

_RESOLVERS = frozenset({"uv", "pip"})
_UNSERVED = re.compile(
    r"No solution found|No matching distribution|Could not find a version that satisfies"
    r"|requires a different Python"
)
_PIN = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[\w,-]*\])?(?:\{[^}\n]*\})?(?:==|>=)\d"
)
_DIFFERENT = re.compile(r"Package '(?P<name>[\w.-]+)' requires a different Python")
_CURRENT = re.compile(
    r"(?:current Python version \(|requires a different Python: |requested Python version \(>=)"
    r"(?P<version>\d+\.\d+)"
)
_INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]+(\S+)", re.MULTILINE)
_OWN = 'python -c "import sys; print(*sys.version_info[:2], sep=chr(46))"'
_WHY = "the pinned release does not exist for this Python; the newest one that does is pinned"


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield a run that moves the pins which the resolver names, then one for all that it reads."""
    if failure.category is not Category.DEPENDENCY_ISSUE or failure.tool not in _RESOLVERS:
        return
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    if not _UNSERVED.search(said):
        return
    files = list(_files(scene))
    texts = "\n".join(scene.files.text(path) or "" for path in files)
    pinned = {_canonical(m["name"]) for m in _PIN.finditer(texts)}
    named = [m["name"] for e in (_PIN, _DIFFERENT) for m in e.finditer(said)]
    suspects = sorted({_canonical(name) for name in named} & pinned)
    python = match["version"] if (match := _CURRENT.search(said)) else None
    if files and suspects:
        yield ToolRun(ID, _WHY, _command(python, ",".join(suspects), files), ".")
    if files and pinned:
        yield ToolRun(ID, _WHY, _command(python, "*", files), ".")


def _files(scene: Scene) -> Iterator[str]:
    """Yield the files that the job's installs read, and those that these include."""
    waiting = [m.path for m in manifests(scene)]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        text = scene.files.text(path)
        if path in seen or text is None:
            continue
        seen.add(path)
        yield path
        if path.endswith((".txt", ".in")):
            folder = posixpath.dirname(path)
            waiting += [
                posixpath.normpath(posixpath.join(folder, p)) for p in _INCLUDE.findall(text)
            ]


def _command(python: str | None, names: str, files: Iterable[str]) -> str:
    source = resources.files("regreen.fixers.dependencies").joinpath("repin.py").read_text("utf-8")
    version = shlex.quote(python) if python else f'"$({_OWN})"'
    arguments = f"{version} {shlex.join([names, *files])}"
    return (
        "PY=/usr/bin/python3; [ -x $PY ] || PY=python3\n"
        f"env -u PYTHONPATH -u PYTHONHOME $PY - {arguments} <<'REGREEN_SOURCE'\n"
        f"{source}REGREEN_SOURCE"
    )


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
