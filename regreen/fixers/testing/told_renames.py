"""A warning or an error that itself says what to write instead: written so, where it points.

``… is deprecated, use `b` instead``, ``… was removed in … Use `b` instead.``: the old and the new
word stand in the message, and the line that it points at has the old one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.source import Source, parse
from regreen.fixers.testing import calls
from regreen.fixers.testing.known_changes import OURS
from regreen.fixers.testing.patterns import touches
from regreen.fixers.testing.places import frames
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "rename that is told"
DOCS = "https://docs.python.org/3/library/warnings.html"

_NAME = r"[`'\"]?(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?:\(\))?[`'\"]?"
_TOLD = (
    re.compile(
        rf"{_NAME} (?:\w+ )?(?:is|has been|was|are) (?:deprecated|removed|renamed)[^\n]*?"
        rf"(?:[Uu]se|in favou?r of|renamed to|replaced (?:by|with)|to) (?:the )?{_NAME}"
        r"(?: (?:instead|method|function|attribute|argument|parameter|keyword)|[.,;\s]|$)"
    ),
    re.compile(rf"[Pp]lease use {_NAME} (?:instead of|rather than) {_NAME}"),
)
_NOT_WORDS = frozenset(["the", "a", "an", "instead", "it", "this", "and", "or", "in", "version"])
_MOST = 4


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield the lines that messages point at, with the words that they give."""
    if failure.category not in OURS:
        return
    lines: dict[str, set[int]] = {}
    for path, line in frames(scene):
        lines.setdefault(path, set()).add(line)
    for old, new in list(dict.fromkeys(told(scene.output)))[:_MOST]:
        files: dict[str, str] = {}
        for path, numbers in lines.items():
            source = parse(scene.files.text(path) or "")
            text = _written(source, numbers, old, new) if source is not None else None
            if text is not None:
                files[path] = text
        if files:
            yield Edit(ID, f"the message says: {new} for {old}", files, severity=Severity.MEDIUM)


def told(output: str) -> Iterator[tuple[str, str]]:
    """Yield the old and the new words that messages give."""
    for line in output.splitlines():
        for number, expression in enumerate(_TOLD):
            match = expression.search(line)
            if match is None:
                continue
            old, new = (match[1], match[2]) if number == 0 else (match[2], match[1])
            if old != new and not {old.lower(), new.lower()} & _NOT_WORDS:
                yield old, new


def _written(source: Source, lines: set[int], old: str, new: str) -> str | None:
    edits: list[calls.Edit] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.expr) or not touches(node, lines):
            continue
        end = source.span(node)[1]
        if isinstance(node, ast.Attribute) and node.attr == old:
            edits.append((end - len(old), end, new))
        elif isinstance(node, ast.Call):
            edits += calls.renamed_keywords(source, node, {old: new})
    text = source.text
    for begin, end, word in sorted(set(edits), reverse=True):
        text = text[:begin] + word + text[end:]
    return text if edits and parse(text) is not None else None
