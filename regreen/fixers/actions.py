"""Users' own recovery actions: shell commands of the settings, tried like any fixer's ideas.

An action is a table of ``[[tool.regreen.actions]]``: what failures it is for, and the command that
mends them. It runs in the sandbox at the failing step and nowhere else; what it changes in tracked
files is judged and verified like every patch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regreen.errors import UsageError
from regreen.fixers.fixer import Fixer
from regreen.logs.linear import linear
from regreen.model import Failure, Idea, Severity, ToolRun
from regreen.scene import Scene

_NEEDED = ("name", "command")
_WHEN = ("categories", "tools", "match")
_MAY = (*_WHEN, "severity", "why", "from_start", "first")
_NAME = re.compile(r"[\w][\w .:/+-]{0,63}")
_LONGEST = {"command": 4000, "why": 300, "match": 1000}
"""Characters: what is written by a person, and read by one in a report and a commit message."""
_MOST_NAMES = 100
_LONGEST_NAME = 100
_ALLOWED = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)


@dataclass(slots=True)  # not frozen: what a fixer's protocol names are plain attributes
class Action:
    """One action of the user's; a fixer like the others.

    ``categories`` and ``tools``, where given, must hold the failure's; ``match``, where given, is
    found in one of its messages or lines. ``first`` has it tried before regreen's own fixers.
    """

    ID: str
    command: str
    why: str
    categories: frozenset[str]
    tools: frozenset[str]
    match: re.Pattern[str] | None
    severity: Severity
    from_start: bool
    first: bool
    DOCS: str = "docs/fixers.md"

    def propose(self, failure: Failure, scene: Scene, /) -> Iterable[Idea]:
        """Yield the command when the failure is of the kind that it is for."""
        if self._fits(failure):
            yield ToolRun(
                self.ID,
                self.why,
                self.command,
                scene.directory,
                from_start=self.from_start,
                severity=self.severity,
            )

    def _fits(self, failure: Failure) -> bool:
        if self.categories and str(failure.category) not in self.categories:
            return False
        if self.tools and failure.tool not in self.tools:
            return False
        match = self.match
        return match is None or any(match.search(text) for text in _texts(failure))


def own_actions(
    tables: Sequence[Mapping[str, Any]],
) -> tuple[tuple[Fixer, ...], tuple[Fixer, ...]]:
    """Return the actions of a settings file: those tried before regreen's fixers, those after.

    Raises UsageError, naming the action, for what is wrong in it.
    """
    actions = [_action(table) for table in tables]
    names = [action.ID for action in actions]
    own = {fixer.ID for fixer in built_in()}
    if taken := next((name for name in names if name in own), None):
        raise UsageError(
            f"the action {taken!r} has the name of a fixer of regreen's own",
            "give it another name: the evidence and the history know fixers by their names",
        )
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"two actions have the name {doubled!r}", "give one of them another name")
    before: list[Fixer] = [action for action in actions if action.first]
    after: list[Fixer] = [action for action in actions if not action.first]
    return tuple(before), tuple(after)


def built_in() -> Sequence[Fixer]:
    """Return regreen's own fixers."""
    from regreen.fixers.order import BUILT_IN  # seldom needed: only where there are actions

    return BUILT_IN


def _texts(failure: Failure) -> Iterator[str]:
    yield from (found.message for found in failure.diagnostics)
    yield from (line.text for line in failure.evidence)


def _action(table: Mapping[str, Any]) -> Action:
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(f"an action's name is not understood: {name!r}", 'write name = "…"')
    where = f"action {name!r}"
    if missing := [key for key in _NEEDED if not table.get(key)]:
        raise UsageError(f"{where} has no {missing[0]}", f"give it: {', '.join(_NEEDED)}")
    if unknown := sorted(set(table) - {*_NEEDED, *_MAY}):
        raise UsageError(f"{where}: unknown key {unknown[0]!r}", f"use: {', '.join(_MAY)}")
    if not any(table.get(key) for key in _WHEN):
        raise UsageError(
            f"{where} does not say which failures it is for", f"give it one of: {', '.join(_WHEN)}"
        )
    command = _text(table, "command", where)
    return Action(
        name,
        command,
        _text(table, "why", where) or f"the action {name!r} of the settings",
        _texts_of(table, "categories", where),
        _texts_of(table, "tools", where),
        _match(table, where),
        _severity(table.get("severity", "medium"), where),
        _truth(table, "from_start", where),
        _truth(table, "first", where),
    )


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{where}: {key} is no text", "write it in quotes")
    _require_modest(value, key, where)
    return value


def _require_modest(value: str, key: str, where: str) -> None:
    if len(value) > (most := _LONGEST[key]):
        words = f"{where}: {key} has {len(value)} characters, and may have {most}"
        raise UsageError(words, "write it shorter; a long command belongs into a script")


def _texts_of(table: Mapping[str, Any], key: str, where: str) -> frozenset[str]:
    value = table.get(key, [])
    if isinstance(value, list) and all(isinstance(one, str) and one for one in value):
        if len(value) > _MOST_NAMES or any(len(one) > _LONGEST_NAME for one in value):
            words = f"{where}: {key} has too many texts, or too long ones"
            raise UsageError(words, f"name {_MOST_NAMES} at most, of {_LONGEST_NAME} characters")
        return frozenset(value)
    raise UsageError(f"{where}: {key} is no list of texts", f'write {key} = ["…"]')


def _truth(table: Mapping[str, Any], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise UsageError(f"{where}: {key} is {value!r}", f"write {key} = true, or false")
    return value


def _severity(value: Any, where: str) -> Severity:
    if value not in list(_ALLOWED):
        words = ", ".join(_ALLOWED)
        raise UsageError(f"{where}: severity cannot be {value!r}", f"use: {words}")
    return Severity(value)


def _match(table: Mapping[str, Any], where: str) -> re.Pattern[str] | None:
    if not table.get("match"):
        return None
    if isinstance(table["match"], str):
        _require_modest(table["match"], "match", where)
    return linear(table["match"], "match", where)
