"""Names with wildcards, as COPY and ``.dockerignore`` write them (Go's ``filepath.Match``)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache

import re2

_OPTIONS = re2.Options()  # in time proportional to the name, whatever the pattern
_OPTIONS.log_errors = False
_OPTIONS.dot_nl = True


def has_wildcard(name: str) -> bool:
    """Say whether a source of COPY is a pattern."""
    return any(char in name for char in "*?[")


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> re.Pattern[str]:
    """Return what whole names are matched with; ``**`` stands for any number of folders."""
    out, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**/", at):
            out, at = f"{out}(?:.*/)?", at + 3
        elif pattern.startswith("**", at):
            out, at = f"{out}.*", at + 2
        elif char == "*":
            out, at = f"{out}[^/]*", at + 1
        elif char == "?":
            out, at = f"{out}[^/]", at + 1
        elif char == "[" and (end := pattern.find("]", at + 2)) > 0:
            inner = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out, at = f"{out}[{inner}]", end + 1
        elif char == "\\" and at + 1 < len(pattern):
            out, at = out + re.escape(pattern[at + 1]), at + 2
        else:
            out, at = out + re.escape(char), at + 1
    try:
        found: re.Pattern[str] = re2.compile(out, _OPTIONS)
    except re2.error:
        found = re.compile(re.escape(pattern))
    return found


class Ignored:
    """What a ``.dockerignore`` leaves out: the last line that fits a name, or a folder over it."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._rules: list[tuple[bool, re.Pattern[str]]] = []
        for raw in lines:
            line = raw.strip()
            if not line or raw.startswith("#"):
                continue
            kept = line.startswith("!")
            pattern = posixpath.normpath(line.removeprefix("!").strip()).lstrip("/")
            if pattern != ".":
                self._rules.append((kept, matcher(pattern)))

    def __call__(self, name: str) -> bool:
        """Say whether ``name`` is left out."""
        ignored = False
        parts = name.split("/")
        tops = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        for kept, rule in self._rules:
            if any(rule.fullmatch(top) for top in tops):
                ignored = not kept
        return ignored
