"""A command that only checks because a switch says so: the same command without the switch.

Projects have formatters of their own, with ``--check`` or ``--check_only`` for CI. What the command
is called does not matter; the switch tells what it does without it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from regreen.fixers.invocations import find, without
from regreen.fixers.lint.menders import checkers
from regreen.model import Category, Failure, Idea, Severity, ToolRun
from regreen.scene import Scene

ID = "check switch"
DOCS = "https://docs.python.org/3/library/argparse.html"

_SWITCHES = frozenset(
    [
        "--check",
        "--check-only",
        "--check_only",
        "--checkonly",
        "--check-diff",
        "--check_diff",
        "--verify-only",
        "--list-different",
        "--fail-on-change",
        "--fail-on-diff",
        "--no-write",
        "--no-fix",
    ]
)
_BESIDE = frozenset(["--diff", "--quiet", "-q"])
"""What only belongs to checking beside one of the switches."""
_SHOWN = re.compile("|".join(rf"{re.escape(switch)}(?![\w-])" for switch in sorted(_SWITCHES)))
_CUT = re.compile(r"\|\||&&|[;|]")
_KNOWN = frozenset(["black", "isort", "ruff", "docformatter"])
"""Tools with a fixer of their own."""
_LINES = 400
_WHY = "the command rewrites what it refuses when it is not told to check only"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one run of all commands of the step that check only because they are told so.

    A step that fails in words that no rule knows counts too, but asks for a review.
    """
    if failure.category not in (Category.LINTING_ERROR, Category.UNKNOWN):
        return
    calls: dict[str, None] = {}
    for program in dict.fromkeys(_programs(scene)):
        for invocation in find(program, scene.script, scene.output):
            if _SWITCHES.isdisjoint(invocation.arguments):
                continue
            rest = without(invocation.arguments, _SWITCHES | _BESIDE, frozenset())
            call = invocation.rewritten([invocation.words[0], *rest])
            calls[f"( {call}\n)"] = None
    if calls:
        known = failure.category is Category.LINTING_ERROR
        severity = Severity.LOW if known else Severity.MEDIUM
        yield ToolRun(ID, _WHY, "\n".join(calls), scene.directory, severity=severity)


def _programs(scene: Scene) -> Iterator[str]:
    """Yield the names of the programs that are called with a switch, as far as words tell."""
    lines = [*scene.script.splitlines(), *scene.output.splitlines()[:_LINES]]
    theirs = _KNOWN | {name for each in checkers().values() for name in each.programs}
    for line in lines:
        for part in _CUT.split(line) if _SHOWN.search(line) else ():
            try:
                words = shlex.split(part) if _SHOWN.search(part) else []
            except ValueError:
                continue
            names = [word.rsplit("/", 1)[-1] for word in words if re.fullmatch(r"[\w./-]+", word)]
            yield from (name for name in names[:6] if name not in theirs and name[:1] != "-")
