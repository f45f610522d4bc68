"""What a check says about a file, and how a commit is refused with it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from regreen.errors import ExitCode
from regreen.model import Category


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse a commit; ``line`` and ``column`` are 1-based."""

    path: str
    line: int
    column: int
    category: Category
    message: str
    next_step: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}"
        return f"{place}: {self.category}: {self.message}\n  next: {self.next_step}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that this check could not judge, and why; it does not hold a commit up."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: not checked: {self.reason}"


Result = Finding | Skipped


def conclude(results: Iterable[Result]) -> ExitCode:
    """Print ``results``, findings on standard output, and return the hook's exit code."""
    code = ExitCode.DONE
    for result in results:
        if isinstance(result, Finding):
            sys.stdout.write(f"{result}\n")
            code = ExitCode.NO_PATCH
        else:
            sys.stderr.write(f"{result}\n")
    return code
