"""Ask mypy itself what something's type is: ``reveal_type`` put around expressions, on a copy.

The files change only where the probe runs, which is thrown away. Of a line only one expression is
asked about, so that an answer is known by its line.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from regreen.fixers.invocations import find, without
from regreen.fixers.types.problems import places
from regreen.model import Idea, Probe
from regreen.scene import Scene

_PLAIN = (
    "--show-column-numbers",
    "--no-pretty",
    "--show-error-codes",
    "--hide-error-context",
    "--no-color-output",
    "--check-untyped-defs",
)
_REVEALED = re.compile(
    r"^(?P<file>[^\s:][^:\n]*\.pyi?):(?P<line>\d+):(?:\d+:)*\s+note: "
    r"Revealed (?:local )?type is [\"'](?P<type>.*)[\"']$",
    re.MULTILINE,
)
_SPAWNED = re.compile(r"Command '(?P<words>\[[^\]\n]*\bmypy'[^\]\n]*\])'")
_PROGRAM = """\
import json, sys
for path, marks in json.loads(sys.argv[1]).items():
    with open(path, encoding="utf-8", newline="") as file:
        lines = file.read().splitlines(True)
    for line, column, text in sorted(marks, reverse=True):
        old = lines[line - 1]
        lines[line - 1] = old[:column] + text + old[column:]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("".join(lines))
"""


@dataclass(frozen=True, slots=True)
class Question:
    """An expression whose type is asked for: where it begins and ends (columns from 0)."""

    path: str
    line: int
    column: int
    last: int
    end: int


Answers = Mapping[tuple[str, int], str]
"""What mypy calls the type, by file and line."""


def question(path: str, lines: tuple[str, ...], node: ast.expr) -> Question:
    """Return the question for the type of ``node``."""
    last = node.end_lineno or node.lineno
    begin = len(lines[node.lineno - 1].encode()[: node.col_offset].decode("utf-8", "replace"))
    end = len(lines[last - 1].encode()[: node.end_col_offset or 0].decode("utf-8", "replace"))
    return Question(path, node.lineno, begin, last, end)


def probe(
    fixer: str,
    why: str,
    questions: Iterable[Question],
    scene: Scene,
    read: Callable[[Answers], Iterable[Idea]],
) -> Iterable[Idea]:
    """Yield the probe that gets these answers, where it is known how the job calls mypy."""
    asked: dict[tuple[str, int], Question] = {}
    for one in questions:
        asked.setdefault((one.path, one.line), one)
    command = mypy_command(scene, sorted({one.path for one in asked.values()}))
    if not asked:
        return
    marks: dict[str, list[tuple[int, int, str]]] = {}
    for one in asked.values():
        path = _seen_from(scene.directory, one.path)
        marks.setdefault(path, []).append((one.line, one.column, "reveal_type(("))
        marks[path].append((one.last, one.end, "))"))
    said = json.dumps(marks, sort_keys=True)
    put = f"python3 -c {shlex.quote(_PROGRAM)} {shlex.quote(said)}"
    finder = places(scene)

    def answered(output: str) -> Iterable[Idea]:
        answers: dict[tuple[str, int], str] = {}
        for match in _REVEALED.finditer(output):
            path = finder.path(match["file"])
            if path is not None:
                answers.setdefault((path, int(match["line"])), match["type"])
        return read(answers)

    yield Probe(fixer, why, f"{put} && {{\n{command}\n}}", answered, scene.directory)


def _seen_from(folder: str, path: str) -> str:
    """Return a path of the repository as it is seen from one of its folders."""
    ups = 0 if folder in {"", "."} else len(folder.strip("/").split("/"))
    return "../" * ups + path


def mypy_command(scene: Scene, paths: list[str]) -> str:
    """Return how the job calls mypy, its output made plain.

    Where the step calls it through something else (a plug-in of pytest, a hook), mypy is run on
    ``paths`` with the project's own configuration.
    """
    for call in find("mypy", scene.script, scene.output):
        words = without(call.words, frozenset({"--pretty", "--no-incremental"}), frozenset())
        return call.rewritten([*words, *_PLAIN])
    if match := _SPAWNED.search(scene.output):
        try:
            words = [str(word) for word in ast.literal_eval(match["words"])]
        except (ValueError, SyntaxError):
            words = []
        if words:
            return shlex.join([*words, *_PLAIN])
    names = [_seen_from(scene.directory, path) for path in paths]
    return shlex.join(["mypy", *_PLAIN, *names])
