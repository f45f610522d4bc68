"""The values of a recovery plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regreen.deliver.analyses import Report
from regreen.model import AutoFixable, Failure, Severity

SCHEMA = 1


class Kind(StrEnum):
    """What an action is: a command that mends, a change by hand, a new run, or a look at it."""

    COMMAND = "command"
    CHANGE = "change"
    RERUN = "rerun"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    ``commands`` are shell commands for a clone of the commit, in order; ``change`` is what to write
    by hand (YAML, TOML); ``review`` says what a person has to look at before it is used, empty for
    nothing. ``regreen`` is the command with which regreen tries to mend it, empty where it has no
    way to. ``severity`` is the least review that the action asks for.
    """

    kind: Kind
    title: str
    failure: Failure
    severity: Severity
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    change: str = ""
    review: str = ""
    regreen: str = ""
    job: str | None = None

    @property
    def auto_fixable(self) -> AutoFixable:
        """Whether regreen may do it: what it has no way to try, it may not."""
        return self.failure.auto_fixable if self.regreen else AutoFixable.NO


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about the failures of one log, or of a run's failed jobs, the likeliest first."""

    report: Report
    actions: tuple[Action, ...]
