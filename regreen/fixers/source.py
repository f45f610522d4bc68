"""Python sources taken apart, and edited by position so that all else stays as it was written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from regreen.model import Failure
from regreen.scene import Scene

_KEPT = 128
"""Texts of which the trees are kept: many ideas are about the same files."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_NOQA = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z0-9,\s]+))?", re.IGNORECASE)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text, its lines with their endings, and its syntax tree."""

    text: str
    lines: tuple[str, ...]
    tree: ast.Module

    def silenced(self, line: int, code: str) -> bool:
        """Whether a ``noqa`` comment on the 1-based ``line`` covers ``code``."""
        match = _NOQA.search(self.lines[line - 1])
        if match is None:
            return False
        return match["codes"] is None or code in re.split(r"[,\s]+", match["codes"].upper())

    def column(self, line: int, offset: int) -> int:
        """Return the character column of the UTF-8 byte ``offset`` in the 1-based ``line``."""
        return len(self.lines[line - 1].encode()[:offset].decode("utf-8", "replace"))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where ``node`` begins and ends in the text, in characters."""
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line))
        first, last = node.lineno, node.end_lineno or node.lineno
        begin = starts[first - 1] + self.column(first, node.col_offset)
        return begin, starts[last - 1] + self.column(last, node.end_col_offset or 0)


@lru_cache(maxsize=_KEPT)
def parse(text: str) -> Source | None:
    """Return ``text`` taken apart, or ``None`` when it is no Python that this Python reads.

    The same text gives the same tree again: nobody may change it.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Source(text, lines_of(text), tree)


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of ``text`` as Python counts them: a form feed ends none."""
    return tuple(_LINE.findall(text))


def sources(failure: Failure, scene: Scene, *codes: str) -> Iterator[tuple[str, Source]]:
    """Yield the Python files in which a failure reports one of ``codes``, each once."""
    reported = tuple(d for d in failure.diagnostics if d.code in codes)
    for path in scene.named_files(replace(failure, diagnostics=reported)):
        text = scene.files.text(path)
        if text is not None and path.endswith((".py", ".pyi")) and (made := parse(text)):
            yield path, made


def bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield every list of statements in ``tree``."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body


def replace_lines(source: Source, changes: Iterable[tuple[int, int, str]]) -> str:
    """Return the text with each ``(first, last, new)``, 1-based and inclusive, put in place."""
    lines = list(source.lines)
    for first, last, new in sorted(changes, reverse=True):
        lines[first - 1 : last] = [new] if new else []
    return "".join(lines)


def replace_spans(source: Source, changes: Iterable[tuple[ast.expr | ast.stmt, str]]) -> str:
    """Return the text with each node's own text replaced; no node may hold another one."""
    text = source.text
    spans = ((*source.span(node), new) for node, new in changes)
    for begin, end, new in sorted(spans, reverse=True):
        text = text[:begin] + new + text[end:]
    return text
