"""Which lines are suspicious: those that failing tests run and passing tests do not.

The measure is Ochiai's: failing tests that run a line, over the root of all failing tests times all
tests that run it (R. Abreu, P. Zoeteweij, A. van Gemund, "On the Accuracy of Spectrum-based Fault
Localization", 2007).
"""

from __future__ import annotations

import difflib
import json
import math
import shlex
from collections.abc import Mapping, Sequence
from importlib import resources

from regreen.fixers.testing.calls import is_test_file
from regreen.fixers.testing.commands import Runner
from regreen.fixers.testing.reading import differing, text_of
from regreen.scene import Scene

_MARK = "REGREEN-TRACE "
_SECONDS = 240
_MOST_LINES = 60

Place = tuple[str, int]


def command(runner: Runner, tests: Sequence[str]) -> str:
    """Return a shell command that runs ``tests`` and prints which lines they ran."""
    program = resources.files("regreen.fixers.testing").joinpath("tracer.py").read_text("utf-8")
    begin = [
        "T=$(mktemp -d); cat > \"$T/regreen_trace.py\" <<'REGREEN_END'",
        f"{program}REGREEN_END",
        'export PYTHONPATH="$T${PYTHONPATH:+:$PYTHONPATH}" REGREEN_TRACE="$T/out"',
    ]
    options: tuple[str, ...] = ()
    if runner.tool == "pytest":
        options = ("-q", "-p", "no:cacheprovider", "-p", "regreen_trace")
    else:
        begin.append(
            "echo 'import regreen_trace; regreen_trace.watch_unittest()' > $T/sitecustomize.py"
        )
    run = runner.command(tests, options)
    shell = f"timeout {_SECONDS} bash -c {shlex.quote(run)} > /dev/null 2>&1"
    return "\n".join([*begin, shell, 'cat "$T/out"'])


def suspicious(output: str, scene: Scene, first: Sequence[Place]) -> list[Place]:
    """Return lines of the product by suspicion, from what the command printed.

    Lines that the red commit changed come before all others, then those of ``first`` (tracebacks).
    """
    rows = _rows(output)
    changed = changed_lines(scene)
    scored: list[tuple[int, float, str, int]] = []
    for path, lines in rows[0].items():
        if scene.files.text(path) is None or is_test_file(path) or not path.endswith(".py"):
            continue
        for line, (failed, passed) in lines.items():
            score = failed / math.sqrt(max(rows[1], 1) * (failed + passed))
            tier = 2 if line in changed.get(path, ()) else int((path, line) in first)
            scored.append((-tier, -score, path, line))
    return [(path, line) for _, _, path, line in sorted(scored)[:_MOST_LINES]]


def _rows(output: str) -> tuple[dict[str, dict[int, tuple[int, int]]], int]:
    """Return the lines with their counts, and how many tests failed; none if there is no row."""
    last = next((x for x in reversed(output.splitlines()) if x.startswith(_MARK)), "")
    found: dict[str, dict[int, tuple[int, int]]] = {}
    try:
        data = json.loads(last.removeprefix(_MARK))
        for path, lines in data["lines"].items():
            for line, (failed, passed) in lines.items():
                found.setdefault(str(path), {})[int(line)] = (int(failed), int(passed))
        return found, int(data["failed"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, 0


def changed_lines(scene: Scene) -> Mapping[str, frozenset[int]]:
    """Return the lines of the product's Python files that the red commit changed or added."""
    found: dict[str, frozenset[int]] = {}
    if scene.parent is None:
        return found
    for path in differing(scene.parent, scene.files):
        now, before = text_of(scene.files, path), text_of(scene.parent, path)
        if now is None or is_test_file(path):
            continue
        matcher = difflib.SequenceMatcher(
            None, (before or "").splitlines(), now.splitlines(), autojunk=False
        )
        found[path] = frozenset(
            line + 1
            for tag, _, _, low, high in matcher.get_opcodes()
            if tag != "equal"
            for line in range(low, max(high, low + 1))
        )
    return found
