"""Which files of a failure cannot be parsed, and what is known of each."""

from __future__ import annotations

import ast
import posixpath
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.model import Failure
from regreen.scene import Scene

_PLACES = (
    re.compile(r'File "(?P<file>[^"\n]+\.pyi?)", line \d+'),
    re.compile(r"cannot format (?P<file>\S+\.pyi?): "),
    re.compile(r"(?:^|\s)(?P<file>[\w./+-]+\.pyi?):\d+:", re.MULTILINE),
)
_BYTES = 2_000_000
_LONGEST = 4096
"""Characters: a path of Linux has no more (PATH_MAX in limits.h)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a text stops being Python: ``line`` and ``column`` from 1, and the parser's words."""

    line: int
    column: int
    message: str


def fault_of(text: str) -> Fault | None:
    """Return where ``text`` cannot be parsed by this Python; ``None`` where it can be."""
    if len(text) > _BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "text", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return Fault(error.lineno or 1, error.offset or 1, error.msg or "invalid syntax")
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def broken_files(failure: Failure, scene: Scene) -> Iterator[tuple[str, str, Fault]]:
    """Yield the repository's Python files that the step names and that cannot be parsed.

    Each with its text and its first fault; those that the failure itself names come first.
    """
    named = dict.fromkeys(scene.named_files(failure))
    named |= dict.fromkeys(named_in_output(scene))
    for path in named:
        text = scene.files.text(path) if path.endswith((".py", ".pyi")) else None
        if text is not None and (fault := fault_of(text)) is not None:
            yield path, text, fault


def named_in_output(scene: Scene) -> Iterator[str]:
    """Yield the repository's Python files that the step's output names, in its order."""
    known = set(scene.files.paths())
    for expression in _PLACES:
        for match in expression.finditer(scene.output):
            yield from _within(match["file"], scene.directory, known)


def _within(name: str, directory: str, known: set[str]) -> Iterator[str]:
    """Yield the repository's file that ``name`` means: relative, or the end of a whole path."""
    if len(name) > _LONGEST:
        return
    for path in (posixpath.normpath(posixpath.join(directory, name)), name):
        if path in known:
            yield path
            return
    parts = name.split("/")
    for at in range(1, len(parts)):
        if (tail := "/".join(parts[at:])) in known:
            yield tail
            return
