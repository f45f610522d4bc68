"""What a log shows of a workflow that GitHub refused: which file, where, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.jobs.schema import Fault
from regreen.model import Analysis, Category, Failure

_INVALID = re.compile(r"Invalid workflow file: (?P<path>[^\s#:]+)(?:#L(?P<line>\d+))?")
_PLACE = re.compile(r"(?P<path>\S+) \(Line: (?P<line>\d+), Col: (?P<column>\d+)\): (?P<reason>.*)")
_YAML = re.compile(r"yaml syntax on line (?P<line>\d+)", re.IGNORECASE)
_VERSION = re.compile(r"deprecated version of `(?P<action>[\w./-]+): (?P<version>[^`\s]+)`")
_SPOKEN = ("Invalid workflow file", "The workflow is not valid", "yaml syntax on line")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a log says of a refusal; ``text`` is all that a fault's reason must have, ``""`` any."""

    path: str | None = None
    line: int | None = None
    column: int | None = None
    text: str = ""

    def fits(self, fault: Fault) -> bool:
        """Return whether ``fault`` is the one that the log shows."""
        return (
            self.line in (None, fault.line)
            and self.column in (None, fault.column)
            and _plain(self.text) in _plain(fault.reason)
        )

    def described(self) -> str:
        """Return where it stands and what is said of it."""
        where = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return ": ".join(part for part in (where, self.text) if part) or "a refused workflow"


def shown_in(analysis: Analysis | None) -> Shown | None:
    """Return the refusal that a log shows, if it shows one."""
    failure = analysis.failure if analysis else None
    if failure is None or failure.category != Category.CONFIGURATION_ERROR:
        return None
    said = "\n".join([*(one.text for one in failure.evidence), *(_messages(failure))])
    if version := _VERSION.search(said):
        return Shown(text=f"`{version['action']}: {version['version']}`")
    if not any(words in said for words in _SPOKEN):
        return None
    named, placed, yaml = _INVALID.search(said), _PLACE.search(said), _YAML.search(said)
    if placed is not None:
        path, line, column = placed["path"], int(placed["line"]), int(placed["column"])
        return Shown(path, line, column, placed["reason"].strip())
    path = named["path"] if named else None
    number = yaml["line"] if yaml else named["line"] if named else None
    return Shown(path, int(number) if number else None)


def _messages(failure: Failure) -> Iterator[str]:
    return (diagnostic.message for diagnostic in failure.diagnostics)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().rstrip(".,").lower()
