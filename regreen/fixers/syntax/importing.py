"""Add an import to a module, where others like it stand."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from regreen.fixers.source import Source


def with_import(source: Source, module: str, names: Sequence[str]) -> str:
    """Return the text with ``from module import names``; names that are imported already stay.

    They join an import of the same module that stands in one line; else they get a line of their
    own: behind ``__future__`` imports and the docstring, before the other imports.
    """
    have = {
        alias.asname or alias.name
        for node in source.tree.body
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level
        for alias in node.names
    }
    wanted = [name for name in names if name not in have]
    if not wanted:
        return source.text
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            return _joined(source, node, wanted)
    lines = list(source.lines)
    at = _place(source, future=module == "__future__")
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    line = f"from {module} import {', '.join(wanted)}{end}"
    before = lines[at - 1] if at else ""
    if at and not before.endswith(("\n", "\r")):
        lines[at - 1] = before + end
    beside = _is_import(source, at + 1) and module != "__future__"
    apart = at < len(lines) and lines[at].strip() and not beside
    first = [end] if at and before.strip() and not _is_import(source, at) else []
    return "".join([*lines[:at], *first, line, *([end] if apart else []), *lines[at:]])


def _joined(source: Source, node: ast.ImportFrom, wanted: Sequence[str]) -> str:
    lines = list(source.lines)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    if first == last and "(" not in lines[first] and ";" not in lines[first]:
        end = node.names[-1].end_col_offset or 0
        line = lines[first].encode()
        lines[first] = (line[:end] + f", {', '.join(wanted)}".encode() + line[end:]).decode()
        return "".join(lines)
    ending = lines[last][len(lines[last].rstrip("\r\n")) :] or "\n"
    if not lines[last].endswith(("\n", "\r")):
        lines[last] += ending
    lines.insert(last + 1, f"from {node.module} import {', '.join(wanted)}{ending}")
    return "".join(lines)


def _place(source: Source, *, future: bool) -> int:
    """Return before which line (from 0) a new import goes."""
    at = 0
    body = source.tree.body
    if ast.get_docstring(source.tree, clean=False) is not None:
        at = body[0].end_lineno or 0
        body = body[1:]
    if at == 0:
        while at < len(source.lines) and source.lines[at].startswith("#"):
            at += 1
    futures = [n for n in body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    if futures and not future:
        return max(n.end_lineno or 0 for n in futures)
    imports = [n for n in body if isinstance(n, ast.Import | ast.ImportFrom)]
    if imports and body and imports[0] is body[0]:
        return imports[0].lineno - 1
    return at


def _is_import(source: Source, line: int) -> bool:
    return any(
        isinstance(node, ast.Import | ast.ImportFrom)
        and node.lineno <= line <= (node.end_lineno or 0)
        for node in source.tree.body
    )
