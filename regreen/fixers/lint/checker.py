"""Checkers that can mend what they find: run them as the job does, in their mending mode.

The call is taken from the job's own script (or from what a wrapper printed), so the tool's
version, configuration and files are the job's own; only the flags that say "check" go. Where no
call can be found the tool runs on just the files that the failure names.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from regreen.fixers.invocations import find, without
from regreen.model import Failure, Scope, ToolRun
from regreen.scene import Scene


@dataclass(frozen=True, slots=True)
class Checker:
    """How one tool is turned from checking to mending.

    ``tools`` are the names under which log rules report it, ``programs`` the names under which it
    is called, ``after`` the subcommands of which one makes the call ours (empty: none is needed),
    ``drop`` flags and ``drop_valued`` options (with a value) that only belong to checking, ``add``
    what mending needs, ``becomes`` words of the call that are others when mending, ``scope`` what
    it may touch of a program, ``named`` whether it may be called for single files.
    """

    id: str
    tools: frozenset[str]
    programs: tuple[str, ...]
    after: tuple[str, ...] = ()
    drop: frozenset[str] = frozenset()
    drop_valued: frozenset[str] = frozenset()
    add: tuple[str, ...] = ()
    why: str = ""
    scope: Scope = Scope.CODE
    becomes: Mapping[str, str] = field(default_factory=dict)
    named: bool = True


def runs(checker: Checker, failure: Failure, scene: Scene) -> Iterator[ToolRun]:
    """Yield the tool runs that may mend ``failure``: the job's own calls, then the named files."""
    if failure.tool not in checker.tools:
        return
    calls: list[str] = []
    for program in checker.programs:
        for invocation in find(program, scene.script, scene.output):
            arguments = _mending(checker, invocation.arguments)
            if arguments is not None:
                head = _named(checker, invocation.words[0])
                calls.append(invocation.rewritten([head, *arguments]))
    if calls:
        together = "\n".join(dict.fromkeys(f"( {call}\n)" for call in calls))
        yield ToolRun(checker.id, checker.why, together, scene.directory, checker.scope)
    if checker.named and (files := scene.named_files(failure)):
        yield ToolRun(checker.id, checker.why, _on_files(checker, files), ".", checker.scope)


def _mending(checker: Checker, arguments: Sequence[str]) -> list[str] | None:
    """Return the arguments of the mending call; ``None`` when the call is none of ours."""
    at = -1
    if checker.after:
        at = next((i for i, word in enumerate(arguments) if word in checker.after), -1)
        if at < 0:
            return None
    head = [checker.becomes.get(word, word) for word in arguments[: at + 1]]
    rest = without(arguments[at + 1 :], checker.drop, checker.drop_valued)
    return [*head, *(word for word in checker.add if word not in rest), *rest]


def _named(checker: Checker, program: str) -> str:
    """Return the program that mends: mostly the one that checks, where it lies."""
    folder, name = posixpath.split(program)
    return posixpath.join(folder, checker.becomes.get(name, name))


def _on_files(checker: Checker, files: Sequence[str]) -> str:
    words = [_named(checker, checker.programs[0])]
    words += [checker.becomes.get(word, word) for word in checker.after[:1]]
    # Not every tool knows `--`, and a file's name may begin like an option.
    named = [f"./{name}" if name.startswith("-") else name for name in files]
    return shlex.join([*words, *checker.add, *named])
