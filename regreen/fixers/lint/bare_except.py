"""E722: ``except:`` says ``except BaseException:``, which is what it means already."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from regreen.fixers.source import Source, parse, replace_lines, sources
from regreen.model import Edit, Failure, Proposal
from regreen.scene import Scene

ID = "bare except"
DOCS = "https://docs.python.org/3/reference/compound_stmts.html#except-clause"

_BARE = re.compile(r"except\s*:")
_WHY = "a bare except catches BaseException; the patch says so"


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield one edit of all files in which bare excepts are reported."""
    edits = {
        path: text
        for path, source in sources(failure, scene, "E722")
        if (text := spelled_out(source)) is not None
    }
    if edits:
        yield Edit(ID, _WHY, edits)


def spelled_out(source: Source) -> str | None:
    """Return the text with every bare except spelled out; ``None`` when there is none.

    Those that a ``noqa`` covers stay. A name that shadows ``BaseException`` would change the
    meaning: then nothing is done.
    """
    if any(_binds(node) for node in ast.walk(source.tree)):
        return None
    changes: list[tuple[int, int, str]] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler) or node.type is not None:
            continue
        line = source.lines[node.lineno - 1]
        at = source.column(node.lineno, node.col_offset)
        match = _BARE.match(line, at)
        if match is not None and not source.silenced(node.lineno, "E722"):
            new = f"{line[:at]}except BaseException:{line[match.end() :]}"
            changes.append((node.lineno, node.lineno, new))
    text = replace_lines(source, changes)
    return text if changes and parse(text) is not None else None


def _binds(node: ast.AST) -> bool:
    name = "BaseException"
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name
    if isinstance(node, ast.alias):
        return (node.asname or node.name) == name
    return isinstance(node, ast.arg) and node.arg == name
