"""File patterns as GitHub's runner takes them (``@actions/glob``), for ``hashFiles()`` and actions.

Source: the documentation of that package: ``*``, ``?``, ``[...]`` and ``**``; ``!`` takes away,
``#`` begins a comment; names that begin with a dot are matched like others; a folder's pattern
stands for all below it. Patterns are run by RE2, so that none takes long.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import re2

_SET = re.compile(r"\[([!^]?)(\]?[^\]]+|\])\]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern, as an expression for absolute paths; ``negated`` takes away what it matches."""

    expression: Any
    negated: bool


def patterns(lines: Iterable[str], folder: str) -> tuple[Pattern, ...]:
    """Return the patterns in ``lines``, relative ones below the absolute ``folder``."""
    found = []
    options = re2.Options()
    options.log_errors = False  # it would write the pattern to the terminal as it is
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        bare = text.lstrip("!")
        negated = (len(text) - len(bare)) % 2 == 1
        whole = posixpath.normpath(posixpath.join(folder, bare.strip()))
        found.append(Pattern(re2.compile(_expression(whole), options), negated))
    return tuple(found)


def chosen(paths: Iterable[str], wanted: Sequence[Pattern]) -> list[str]:
    """Return those of the absolute ``paths`` that ``wanted`` names, in the runner's order.

    That is folder by folder, each sorted by name.
    """
    return sorted((path for path in paths if _names(path, wanted)), key=lambda p: p.split("/"))


def _names(path: str, wanted: Sequence[Pattern]) -> bool:
    named = False
    for pattern in wanted:
        if pattern.negated == named and pattern.expression.fullmatch(path):
            named = not pattern.negated
    return named


def _expression(pattern: str) -> str:
    """Return an expression for what ``pattern`` names, and for all below it."""
    parts = pattern.strip("/").split("/")
    body = "".join("(?:/[^/]+)*" if part == "**" else f"/{_part(part)}" for part in parts)
    return f"(?s){body}(?:/.*)?"


def _part(part: str) -> str:
    found, at = "", 0
    while at < len(part):
        one = part[at]
        group = _SET.match(part, at) if one == "[" else None
        if group is not None:
            inside = group[2].replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
            found, at = f"{found}[{'^' if group[1] else ''}{inside}]", group.end()
        elif one == "*":
            found, at = f"{found}[^/]*", at + 1
        elif one == "?":
            found, at = f"{found}[^/]", at + 1
        elif one == "\\" and at + 1 < len(part):
            found, at = found + re.escape(part[at + 1]), at + 2
        else:
            found, at = found + re.escape(one), at + 1
    return found
