"""Path patterns as actions read them (@actions/glob): search paths, excludes, their common root.

``*``, ``?`` and ``[...]`` match within a name (hidden ones too), ``**`` any number of folders,
``~`` is the home folder, ``!`` takes out what earlier patterns took in, ``#`` begins a comment.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import re2

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern: the folder or file that it is looked for in, and what matches."""

    root: str
    matches: re.Pattern[str]
    excludes: bool


def read_patterns(text: str, folder: str, home: str) -> tuple[Pattern, ...]:
    """Return the patterns of an input, one a line; they are relative to ``folder``."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(_pattern(line, folder, home) for line in lines if line and line[0] != "#")


def _pattern(line: str, folder: str, home: str) -> Pattern:
    excludes = len(line) - len(line.lstrip("!"))
    body = line.lstrip("!").strip()
    if body == "~" or body.startswith("~/"):
        body = f"{home}{body[1:]}"
    path = posixpath.normpath(posixpath.join(folder, body))
    names = path.split("/")
    literal = next((i for i, name in enumerate(names) if _WILD.search(name)), len(names))
    return Pattern("/".join(names[:literal]) or "/", _regex(names), excludes % 2 == 1)


def _regex(names: Sequence[str]) -> re.Pattern[str]:
    """Return what matches the path and all below it."""
    parts = [r"(?:[^/]+/)*" if name == "**" else f"{_segment(name)}/" for name in names]
    return _compiled("".join(parts) + r"(?:.*/)?")


def _segment(name: str) -> str:
    text, at = "", 0
    while at < len(name):
        sign = name[at]
        end = name.find("]", at + 2) if sign == "[" else -1
        if sign == "*":
            text += "[^/]*"
        elif sign == "?":
            text += "[^/]"
        elif end > 0:
            inner = name[at + 1 : end].replace("\\", "\\\\")
            text += f"[^{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]"
            at = end
        else:
            text += re.escape(sign)
        at += 1
    return text


def search_paths(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """Return where files are looked for: what is taken in, without what lies in another of them."""
    roots = list(dict.fromkeys(one.root for one in patterns if not one.excludes))
    return tuple(root for root in roots if not any(_is_below(root, other) for other in roots))


def _is_below(path: str, other: str) -> bool:
    return path != other and path.startswith(other if other == "/" else f"{other}/")


def chosen(files: Iterable[str], patterns: Sequence[Pattern]) -> list[str]:
    """Return the absolute paths that the patterns take in and do not take out again, in order."""
    found = []
    for path in files:
        taken = False
        for one in patterns:
            if taken == one.excludes and one.matches.fullmatch(f"{path}/"):
                taken = not one.excludes
        if taken:
            found.append(path)
    return found


def without_hidden(files: Iterable[str], roots: Sequence[str]) -> list[str]:
    """Return ``files`` without those whose name, or a folder's below a root, begins with a dot."""
    return [path for path in files if not any(_is_hidden(path, root) for root in roots)]


def _is_hidden(path: str, root: str) -> bool:
    if path != root and not _is_below(path, root):
        return False
    below = posixpath.relpath(path, root).split("/") if path != root else []
    return any(name.startswith(".") for name in [posixpath.basename(root), *below])


def common_root(files: Sequence[str], roots: Sequence[str]) -> str:
    """Return the folder that the names in an artifact are relative to."""
    if len(roots) > 1:
        return posixpath.commonpath(roots)
    if len(files) == 1 and files[0] == roots[0]:
        return posixpath.dirname(files[0])
    return roots[0]


def name_pattern(pattern: str) -> re.Pattern[str]:
    """Return what matches an artifact's name: the pattern's signs, and braces with alternatives."""
    return _compiled(_braced(pattern.replace("**", "*")))


def _braced(pattern: str) -> str:
    brace = re.search(r"\{([^{}]*,[^{}]*)\}", pattern)
    if brace is None:
        return _segment(pattern)
    texts = "|".join(_segment(one) for one in brace[1].split(","))
    return f"{_segment(pattern[: brace.start()])}(?:{texts}){_braced(pattern[brace.end() :])}"


def _compiled(expression: str) -> re.Pattern[str]:
    """Return an expression of the repository's, in RE2: none takes long; a wrong one fits none."""
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        found: re.Pattern[str] = re2.compile(expression, options)
    except re2.error:
        found = re.compile(r"(?!)")
    return found
