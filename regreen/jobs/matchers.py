"""Problem matchers: patterns by which the runner finds a tool's complaints in a step's output.

Format: the runner's documentation of problem matchers (``docs/adrs/0276-problem-matchers.md`` of
actions/runner). Expressions are JavaScript's; they come from the repository and are run by RE2,
which takes time in proportion to its input. One that RE2 does not know is left out.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from regreen.model import Annotation

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m?")
_FIELDS = ("file", "line", "column", "severity", "code", "message", "fromPath")
_SEVERITIES = frozenset({"error", "warning", "notice"})
_LONGEST = 8_192
"""Characters of a line that are looked at."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line's expression; ``groups`` says which group holds which field."""

    expression: Any
    groups: Mapping[str, int]
    loop: bool


@dataclass(frozen=True, slots=True)
class Matcher:
    """What finds one kind of complaint, over as many lines as it has patterns."""

    owner: str
    severity: str
    patterns: tuple[Pattern, ...]


class MatcherError(ValueError):
    """A problem matcher's file cannot be used."""


def read_matchers(content: str) -> tuple[Matcher, ...]:
    """Return the matchers of a file. Raises MatcherError for one that the runner refuses."""
    try:
        listed = json.loads(content.lstrip("\ufeff"))["problemMatcher"]
        return tuple(one for entry in listed if (one := _matcher(entry)) is not None)
    except (
        KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        raise MatcherError(f"a problem matcher's file cannot be read: {error}") from error


def _matcher(entry: Mapping[str, Any]) -> Matcher | None:
    owner, patterns = str(entry["owner"]), entry["pattern"]
    made = [_pattern(pattern) for pattern in patterns]
    known = tuple(pattern for pattern in made if pattern is not None)
    if not known or len(known) != len(made):
        return None
    return Matcher(owner, str(entry.get("severity") or ""), known)


def _pattern(entry: Mapping[str, Any]) -> Pattern | None:
    options = re2.Options()
    options.log_errors = False
    groups = {name: int(entry[name]) for name in _FIELDS if entry.get(name) is not None}
    try:
        return Pattern(re2.compile(entry["regexp"], options), groups, bool(entry.get("loop")))
    except re2.error:
        return None


class Finder:
    """Finds complaints in one step's output, line by line."""

    def __init__(self, matchers: Sequence[Matcher], workspace: str) -> None:
        """Look for ``matchers``; files below ``workspace`` are told relative to it."""
        self._workspace = workspace
        self._ways = [_Way(matcher) for matcher in matchers]

    def feed(self, line: str) -> Annotation | None:
        """Take the next line; return the complaint that it ends, the first that fits."""
        text = _ESCAPE.sub("", line)[:_LONGEST]
        for way in self._ways:
            found = way.feed(text)
            if found is not None:
                for other in self._ways:
                    if other is not way:
                        other.forget()
                return self._annotation(way.matcher, found)
        return None

    def _annotation(self, matcher: Matcher, found: Mapping[str, str]) -> Annotation | None:
        message = found.get("message", "").strip()
        if not message:
            return None
        level = (found.get("severity") or matcher.severity or "error").lower()
        file = found.get("file", "")
        if file and not file.startswith("/") and (base := found.get("fromPath")):
            file = posixpath.join(posixpath.dirname(base), file)
        if file.startswith("/"):
            file = posixpath.normpath(file).removeprefix(f"{self._workspace}/")
        return Annotation(
            level if level in _SEVERITIES else "error",
            message,
            file.removeprefix("./"),
            number(found.get("line", "")),
            number(found.get("column", "")),
            found.get("code", ""),
        )


class _Way:
    """How far one matcher has come: a match for each pattern so far."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._held: dict[str, str] = {}
        self._at = 0

    def forget(self) -> None:
        self._held, self._at = {}, 0

    def feed(self, text: str) -> dict[str, str] | None:
        patterns = self.matcher.patterns
        last = len(patterns) - 1
        found = self._match(patterns[self._at], text)
        if found is None and self._at > 0:
            self.forget()
            found = self._match(patterns[0], text)
        if found is None:
            return None
        whole = {**self._held, **found}
        if self._at < last:
            self._held, self._at = whole, self._at + 1
            return None
        if not patterns[last].loop or last == 0:
            self.forget()
        return whole

    @staticmethod
    def _match(pattern: Pattern, text: str) -> dict[str, str] | None:
        match = pattern.expression.search(text)
        if match is None:
            return None
        count = len(match.groups())
        return {
            name: match.group(group) or ""
            for name, group in pattern.groups.items()
            if 0 <= group <= count
        }


def number(text: str) -> int | None:
    """Return a line's or column's number, ``None`` for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
