"""Every way regreen can fail, and the exit code of each, in one place.

::

    RegreenError
    ├── UsageError (2)
    │   ├── WorkflowError      a workflow file that cannot be read: file, line, column
    │   │   └── WorkflowRefused  one that GitHub itself refuses: every fault of it
    │   └── LogUnreadable      an empty or binary log
    ├── UnsupportedError (4)
    ├── EngineError (5)
    └── Interrupted (130)

*Not reproduced*, *rejected*, *flaky* are results with reasons, not errors; they only have exit
codes here.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the ``regreen`` command returns to the shell."""

    DONE = 0
    NO_PATCH = 1
    USAGE = 2
    NOT_REPRODUCED = 3
    UNSUPPORTED = 4
    ENGINE = 5
    REJECTED = 6
    FLAKY = 7
    BUG = 70
    INTERRUPTED = 130


class RegreenError(Exception):
    """An expected failure: what happened and why (``message``), and what to run next.

    ``exit_code`` is the command's result; ``next_step`` is a command or an instruction.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}\n  next: {self.next_step}" if self.next_step else self.message


class UsageError(RegreenError):
    """What the user asked for does not exist or cannot be read."""

    exit_code = ExitCode.USAGE


class WorkflowError(UsageError):
    """A workflow file that GitHub would refuse; ``line`` and ``column`` are 1-based."""

    def __init__(self, reason: str, file: str, line: int, column: int, next_step: str = "") -> None:
        super().__init__(
            f"{file}:{line}:{column}: {reason}",
            next_step or f"correct line {line} of {file} and run the command again",
        )
        self.reason = reason
        self.file = file
        self.line = line
        self.column = column


class WorkflowRefused(WorkflowError):
    """A workflow that GitHub refuses before any step runs.

    ``faults`` are line, column and reason of each, the first of which is the error's own; ``jobs``
    are the ids of its jobs, as far as they can be read.
    """

    def __init__(
        self, file: str, faults: tuple[tuple[int, int, str], ...], jobs: tuple[str, ...] = ()
    ) -> None:
        line, column, reason = faults[0]
        super().__init__(reason, file, line, column)
        self.faults = faults
        self.jobs = jobs


class LogUnreadable(UsageError):
    """A log that holds no text: empty, or not a log at all."""


class UnsupportedError(RegreenError):
    """A feature that regreen cannot run yet; the message names it and where it stands."""

    exit_code = ExitCode.UNSUPPORTED


class EngineError(RegreenError):
    """The container engine or an image is missing, or went away half-way."""

    exit_code = ExitCode.ENGINE


class Interrupted(RegreenError):
    """The user stopped the command; everything of ours was cleaned up."""

    exit_code = ExitCode.INTERRUPTED
