"""Which lines of a module are to be taken apart for a change: as few as can be."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from regreen.fixers.source import Source

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a module (1-based, inclusive), and what must stand ahead of them to be read alone.

    ``ahead`` also keeps the comments above the first statement that statement's own.
    """

    first: int
    last: int
    ahead: tuple[str, ...] = ()


def pieces(
    source: Source, block: ast.Module | ast.ClassDef, before: int, wanted: Collection[int]
) -> Iterator[Piece]:
    """Yield the statements of a block in which something changes, with what stands above each.

    Those that share a line are one. A class of which only members change is its members' pieces.
    """
    for nodes in _by_lines(block.body):
        first, last = before + 1, max(n.end_lineno or n.lineno for n in nodes)
        before = last
        if not any(first <= line <= last for line in wanted):
            continue
        inner = nodes[0] if len(nodes) == 1 else None
        if isinstance(inner, ast.ClassDef) and isinstance(block, ast.Module):
            begin = _first(inner.body[0])
            own = any(first <= line < begin for line in wanted)
            if len(inner.body) > 1 and not own and begin > inner.lineno:
                yield from pieces(source, inner, begin - 1, wanted)
                continue
        if isinstance(block, ast.ClassDef):
            line = source.lines[_first(nodes[0]) - 1]
            indent = line[: len(line) - len(line.lstrip())]
            yield Piece(first, last, ("class _:", f"{indent}pass"))
        else:
            yield Piece(first, last, ("pass",) if first > 1 else ())


def _first(node: ast.stmt) -> int:
    marks = node.decorator_list if isinstance(node, _Definition) else []
    return min([node.lineno, *(d.lineno for d in marks)])


def _by_lines(body: Iterable[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    end = 0
    for node in body:
        if group and _first(node) > end:
            yield group
            group = []
        group.append(node)
        end = max(end, node.end_lineno or node.lineno)
    if group:
        yield group
