"""mypy, with or without columns, codes, ``--pretty`` frames and summary."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_ERROR = re.compile(
    r"^(?P<file>[^\s:][^:\n]*\.(?:pyi?"
    r"|ipynb)):(?:(?P<line>\d+):)?(?:(?P<column>\d+):)?(?:\d+:\d+:)? "
    r"error: (?P<message>.+)$",
    re.MULTILINE,
)
_CODE = re.compile(r"^(?P<message>.*?)\s*\[(?P<code>[a-z][a-z-]*)\]$")
_SUMMARY = re.compile(
    r"^Found \d+ errors? in \d+ files? \((?:checked|errors prevented).*$", re.MULTILINE
)
_WRAPPED_LINES = 6


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(_ERROR, ": error: "))
    summary = tuple(index for index, _ in excerpt.grep(_SUMMARY, "Found "))
    if not hits or not (summary or _is_mypy(excerpt, hits)):
        return
    made = [_made(excerpt, index, match) for index, match in hits]
    stopped = "errors prevented further checking" in excerpt
    syntax = stopped and all(
        d.code == "syntax" or d.message.startswith("invalid syntax") for d in made
    )
    yield Finding(
        "mypy",
        Category.SYNTAX_ERROR if syntax else Category.TYPE_ERROR,
        Weight.VERDICT,
        (*(index for index, _ in hits), *summary),
        unique(made),
        AutoFixable.NO,
        Severity.HIGH,
        0.98,
    )


def _is_mypy(excerpt: Excerpt, hits: list[tuple[int, re.Match[str]]]) -> bool:
    return excerpt.mentions("mypy") or any(_CODE.match(match["message"]) for _, match in hits)


def _made(excerpt: Excerpt, index: int, match: re.Match[str]) -> Diagnostic:
    """The diagnostic; ``--pretty`` wraps a message over lines and ends it with its code."""
    message = match["message"]
    coded = _CODE.match(message)
    if coded is None:
        following = excerpt.lines[index + 1 : index + 1 + _WRAPPED_LINES]
        for count, line in enumerate(following, 1):
            if line.startswith("    ") or _ERROR.match(line):
                break
            coded = _CODE.match(" ".join((message, *following[:count])))
            if coded is not None:
                break
    if coded is not None:
        message = coded["message"]
    return diagnostic(
        match["file"], coded["code"] if coded else None, message, match["line"], match["column"]
    )


RULES = (
    Rule(
        "mypy",
        (": error: ",),
        _find,
        'src/a.py:3: error: Name "x" is not defined  [name-defined]\n'
        "Found 1 error in 1 file (checked 2 source files)",
        "src/a.c:3: error: expected ';'",
    ),
)
