"""Give the heirs of some classes a method that a newer test runner wants to find."""

from __future__ import annotations

import ast
from collections.abc import Collection

from regreen.fixers.source import Source, parse
from regreen.fixers.testing.spelling import speller


def with_method(source: Source, path: str, bases: Collection[str], method: str) -> str | None:
    """Return the text in which heirs of ``bases`` have an empty ``method``; ``None`` if none do.

    The method is one that the runner asks for and never counts as a test.
    """
    known = speller(source, path).known
    added: list[tuple[int, str]] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        heir = any(known.whole(base) in bases for base in node.bases)
        has = any(isinstance(n, ast.FunctionDef) and n.name == method for n in node.body)
        if heir and not has:
            last = node.body[-1]
            indent = " " * node.body[0].col_offset
            text = f"\n{indent}def {method}(self):\n{indent}    pass\n"
            added.append((last.end_lineno or last.lineno, text))
    lines = list(source.lines)
    for line, text in sorted(added, reverse=True):
        if not lines[line - 1].endswith("\n"):
            lines[line - 1] += "\n"
        lines.insert(line, text)
    made = "".join(lines)
    return made if added and parse(made) is not None else None
