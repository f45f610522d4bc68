"""Which files of the commit a pattern names: for ``include: local``, ``exists`` and ``changes``.

``include`` knows ``*`` and ``**`` (https://docs.gitlab.com/ci/yaml/#includelocal), the others are
Ruby's ``File.fnmatch`` with ``FNM_PATHNAME``, ``FNM_DOTMATCH`` and ``FNM_EXTGLOB``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import re2

_MOST_CHOICES = 200


def included(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the YAML files that an ``include: local`` with ``*`` or ``**`` names."""
    body = re.escape(pattern.lstrip("/")).replace(r"\*\*", ".*?").replace(r"\*", "[^/]*")
    form = re2.compile(body)
    return [path for path in paths if path.endswith((".yml", ".yaml")) and form.fullmatch(path)]


def named(pattern: str, paths: Iterable[str]) -> bool:
    """Return whether one of ``paths`` fits ``pattern``."""
    form = _form(pattern.removeprefix("/"))
    return any(form.fullmatch(path) for path in paths)


@cache
def _form(pattern: str) -> re.Pattern[str]:
    choices = "|".join(_expression(one) for one in _choices(pattern))
    options = re2.Options()
    options.log_errors = False
    try:
        found: re.Pattern[str] = re2.compile(f"(?s)(?:{choices})", options)
    except re2.error:  # a range that is upside down, as in [z-a], fits nothing in Ruby
        found = re.compile(r"(?!)")
    return found


def _choices(pattern: str) -> list[str]:
    """Write out ``{a,b}``, the innermost first."""
    left, found = [pattern], list[str]()
    while left and len(left) + len(found) <= _MOST_CHOICES:
        one = left.pop()
        match = re.search(r"\{([^{}]*)\}", one)
        if match is None:
            found.append(one)
            continue
        left += [one[: match.start()] + part + one[match.end() :] for part in match[1].split(",")]
    return found + left


def _expression(pattern: str) -> str:
    found, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            found, at = f"{found}(?:[^/]+/)*", at + 3
        elif pattern[at] == "*":
            found, at = f"{found}[^/]*", at + 1
        elif pattern[at] == "?":
            found, at = f"{found}[^/]", at + 1
        elif (group := re.compile(r"\[[!^]?[^\]/\\\[]+\]").match(pattern, at)) is not None:
            found, at = found + re.sub(r"^\[!", "[^", group[0]), group.end()
        else:
            step = 2 if pattern[at] == "\\" and at + 1 < len(pattern) else 1
            found, at = found + re.escape(pattern[at + step - 1]), at + step
    return found
