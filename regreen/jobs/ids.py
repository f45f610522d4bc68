"""The ids of jobs and steps: which are allowed, and which a step without one gets.

Source: GitHub's runner, whose reader of workflows gives such ids to steps.
"""

from __future__ import annotations

import re

from regreen.jobs.expressions.values import fold

LONGEST = 100
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_DOCKER = "docker://"
_KINDS = ("wait", "wait-all", "cancel", "parallel")


class Ids:
    """The ids of one list of steps, or of the jobs: each may be used once, whatever its case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def refusal(self, name: str) -> str | None:
        """Take ``name``; return why it cannot be an id here, or ``None``."""
        if not _ID.fullmatch(name) or len(name) >= LONGEST:
            return (
                f"The identifier '{name}' is invalid. IDs may only contain alphanumeric "
                "characters, '_', and '-'. IDs must start with a letter or '_' and and must be "
                f"less than {LONGEST} characters."
            )
        if name.startswith("__"):
            return f"The identifier '{name}' is invalid. IDs starting with '__' are reserved."
        if fold(name) in self._taken:
            return f"The identifier '{name}' may not be used more than once within the same scope."
        self._taken.add(fold(name))
        return None

    def made(self, of: str) -> str:
        """Return a new id for a step that does ``of``: an action's name, or ``run``."""
        whole = _OTHER.sub("_", f"__{of}")
        number = 1
        while True:
            suffix = "" if number == 1 else f"_{number}"
            name = whole[: LONGEST - len(suffix)] + suffix
            if fold(name) not in self._taken:
                self._taken.add(fold(name))
                return name
            number += 1


def subject(uses: str | None, names: frozenset[str] = frozenset()) -> str:
    """Return what the id of a step without one is made of: its action, its kind, or ``run``.

    ``names`` are the step's keys.
    """
    if uses is None:
        return next((name for name in _KINDS if name in names), "run")
    if uses.startswith(_DOCKER):
        return uses.removeprefix(_DOCKER) or "run"
    if uses.startswith(("./", ".\\", "$/")):
        return "self"
    path, _, ref = uses.partition("@")
    parts = [part for part in path.replace("\\", "/").split("/") if part]
    if len(parts) >= 2 and ref and "@" not in ref:
        return f"{parts[0]}/{parts[1]}"
    return "run"
