"""Checkers that can mend what they find: run them as the job does, in their mending mode.

The call is taken from the job's own script (or from what a wrapper printed), so the tool's
version, configuration and files are the job's own; only the flags that say "check" go. Where no
call can be found the tool runs on just the files that the failure names.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regreen.fixers.invocations import find, without
from regreen.model import Failure, Scope, ToolRun
from regreen.scene import Scene


@dataclass(frozen=True, slots=True)
class Checker:
    """How one tool is turned from checking to mending.

    ``tools`` are the names under which log rules report it, ``program`` what is called,
    ``subcommand`` the first argument that makes the call ours (``None``: none is needed),
    ``drop`` flags and ``drop_valued`` options (with a value) that only belong to checking, ``add``
    what mending needs, ``scope`` what it may touch of a program.
    """

    id: str
    tools: frozenset[str]
    program: str
    subcommand: str | None = None
    drop: frozenset[str] = frozenset()
    drop_valued: frozenset[str] = frozenset()
    add: tuple[str, ...] = ()
    why: str = ""
    scope: Scope = Scope.CODE


def runs(checker: Checker, failure: Failure, scene: Scene) -> Iterator[ToolRun]:
    """Yield the tool runs that may mend ``failure``: the job's own calls, then the named files."""
    if failure.tool not in checker.tools:
        return
    calls: list[str] = []
    for invocation in find(checker.program, scene.script, scene.output):
        arguments = _mending(checker, invocation.arguments)
        if arguments is not None:
            calls.append(invocation.rewritten([invocation.words[0], *arguments]))
    if calls:
        together = "\n".join(dict.fromkeys(f"( {call}\n)" for call in calls))
        yield ToolRun(checker.id, checker.why, together, scene.directory, checker.scope)
    if files := scene.named_files(failure):
        yield ToolRun(checker.id, checker.why, _on_files(checker, files), ".", checker.scope)


def _mending(checker: Checker, arguments: Sequence[str]) -> list[str] | None:
    rest = list(arguments)
    head: list[str] = []
    if checker.subcommand is not None:
        if checker.subcommand not in rest:
            return None
        at = rest.index(checker.subcommand)
        head, rest = rest[: at + 1], rest[at + 1 :]
    return [*head, *checker.add, *without(rest, checker.drop, checker.drop_valued)]


def _on_files(checker: Checker, files: Sequence[str]) -> str:
    words = [checker.program]
    if checker.subcommand is not None:
        words.append(checker.subcommand)
    return shlex.join([*words, *checker.add, *files])
