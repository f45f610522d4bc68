"""The block of imports at the top of a module: where it ends, and how one more is put into it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from regreen.fixers.source import Source, parse, replace_lines

Import = ast.Import | ast.ImportFrom
_WIDTH = 88
"""The longest line that is made by adding a name to an import."""


def top(source: Source) -> list[Import]:
    """Return the imports of the first block: those that only docstrings and imports precede."""
    found: list[Import] = []
    for node in source.tree.body:
        if isinstance(node, Import):
            found.append(node)
        elif not _is_text(node):
            break
    return found


def after(source: Source) -> int:
    """Return the 1-based line behind which an import may stand: the block's, or the docstring's."""
    block = top(source)
    if block:
        return block[-1].end_lineno or block[-1].lineno
    texts = [n for n in source.tree.body[:1] if _is_text(n)]
    if texts:
        return texts[0].end_lineno or texts[0].lineno
    last = 0
    for number, line in enumerate(source.lines, 1):
        if not line.startswith("#"):
            break
        last = number
    return last


def added(source: Source, module: str, name: str | None, alias: str | None = None) -> str | None:
    """Return the text with one more import, ``None`` where that gives no Python.

    ``name`` is what is imported from ``module`` (``None``: the module itself), ``alias`` its name
    here where that is another.
    """
    if name is not None and alias is None and (text := _joined(source, module, name)) is not None:
        return text
    renamed = f" as {alias}" if alias else ""
    line = f"import {module}{renamed}" if name is None else f"from {module} import {name}{renamed}"
    at, ending = _place(source, module), _ending(source)
    before = ending if at and _parted(source, at, module) else ""
    behind = ending if not top(source) and _filled(source, at + 1) else ""
    lines = list(source.lines)
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += ending
    lines.insert(at, f"{before}{line}{ending}{behind}")
    text = "".join(lines)
    return text if parse(text) is not None else None


def _ending(source: Source) -> str:
    return "\r\n" if source.lines and source.lines[0].endswith("\r\n") else "\n"


def _filled(source: Source, line: int) -> bool:
    """Whether there is such a line (from 1), and it is not blank."""
    return line <= len(source.lines) and bool(source.lines[line - 1].strip())


def _parted(source: Source, at: int, module: str) -> bool:
    """Whether a blank line goes before an import behind line ``at``: a group of its own begins."""
    above = [node for node in top(source) if (node.end_lineno or node.lineno) == at]
    if not above:
        return not top(source)
    return _group(next(_modules(above[0]))) != _group(module)


def _joined(source: Source, module: str, name: str) -> str | None:
    """Add ``name`` to an import from ``module`` that stands on one line, if there is one."""
    for node in top(source):
        same = isinstance(node, ast.ImportFrom) and spelled(node) == module
        if not same or node.lineno != node.end_lineno:
            continue
        line = source.lines[node.lineno - 1]
        start = source.column(node.lineno, node.names[-1].col_offset)
        end = source.column(node.lineno, node.end_col_offset or 0)
        aliases = [ast.unparse(alias) for alias in node.names]
        if node.names[0].name == "*" or not line[start:end].strip() or "(" in line or ";" in line:
            continue
        names = ", ".join(sorted([*aliases, name], key=_order))
        ordered = aliases == sorted(aliases, key=_order)
        new = f"from {module} import {names if ordered else ', '.join([*aliases, name])}"
        if len(new) <= _WIDTH:
            whole = f"{new}{line[end:]}"
            return replace_lines(source, [(node.lineno, node.lineno, whole)])
    return None


def _order(text: str) -> tuple[int, str]:
    """Order names as isort does: constants, classes, others."""
    kind = 0 if text.isupper() and len(text) > 1 else 1 if text[:1].isupper() else 2
    return kind, text


def _place(source: Source, module: str) -> int:
    """Return the line behind which an import of ``module`` fits: by its group, then by its name."""
    best: Import | None = None
    for node in top(source):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            best = node
            continue
        for name in _modules(node):
            if _group(name) < _group(module) or (
                _group(name) == _group(module) and name.lower() <= module.lower()
            ):
                best = node
    if best is not None:
        return best.end_lineno or best.lineno
    block = top(source)
    return block[0].lineno - 1 if block else after(source)


def _group(module: str) -> int:
    if module.startswith("."):
        return 3
    root = module.split(".")[0]
    return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 2


def _modules(node: Import) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield spelled(node)
    else:
        yield from (alias.name for alias in node.names)


def spelled(node: ast.ImportFrom) -> str:
    """Return the module that is imported from, with its dots."""
    return "." * node.level + (node.module or "")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
