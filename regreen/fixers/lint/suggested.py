"""A checker that says what to run: "Run `make fix-copies` to fix them". It is run.

Only commands that the job itself could run, in quotes and behind the word *run*, and none that
install, publish or commit.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from regreen.model import Category, Failure, Idea, Severity, ToolRun
from regreen.scene import Scene

ID = "suggested command"
DOCS = "https://clig.dev/#errors"

_SAID = re.compile(
    r"(?i:\b(?:run|running|use|try|execute)\b[^`'\"\n]{0,40})(?P<mark>[`'\"])(?P<command>[^`'\"\n]{3,160})(?P=mark)"
)
_BARE = re.compile(
    r"(?i:\b(?:please |just )?run:?\s+)(?P<command>(?:make|tox|nox|npm run|yarn|just|invoke|inv|"
    r"python|pre-commit run|\./)[^`'\"\n.,;]{2,120}?)(?=$|[.,;]| to | and | in )",
    re.MULTILINE,
)
# fmt: off
_PROGRAMS = frozenset([
    "make", "tox", "nox", "npm", "yarn", "pnpm", "npx", "just", "invoke", "inv", "python",
    "python3", "pre-commit", "hatch", "poetry", "uv", "pdm", "black", "isort", "ruff", "cargo",
    "go", "gofmt", "prettier", "bash", "sh", "poe", "task", "autopep8", "yapf",
])
_NEVER = frozenset([
    "install", "publish", "push", "commit", "upload", "add", "remove", "login", "init", "sync",
    "upgrade", "update", "test", "pytest", "venv", "create", "deploy", "release", "reset",
    "checkout", "clean",
])
# fmt: on
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MOST = 3


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield a run of each command that the step's output asks for, the last ones first."""
    if failure.category not in (Category.LINTING_ERROR, Category.UNKNOWN):
        return
    found = [*dict.fromkeys(_commands(_ANSI.sub("", scene.output)))]
    for command in found[::-1][:_MOST]:
        why = f"the failing step asks for it: {command}"
        yield ToolRun(ID, why, command, scene.directory, severity=Severity.MEDIUM)


def _commands(output: str) -> Iterator[str]:
    for pattern in (_SAID, _BARE):
        for match in pattern.finditer(output):
            try:
                words = shlex.split(match["command"])
            except ValueError:
                continue
            program = words[0] if words else ""
            known = program in _PROGRAMS or program.startswith("./")
            if known and len(words) > 1 and _NEVER.isdisjoint(words):
                yield match["command"].strip()
