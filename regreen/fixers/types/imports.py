"""Import statements: what a file binds, and how one more name is brought in where it belongs.

The order within a block is isort's and ruff's default: ``import x`` before ``from x import y``,
modules by name, and of names first constants, then classes, then the rest.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from regreen.fixers.source import Source, parse


@dataclass(frozen=True, slots=True)
class Import:
    """``from module import name as bound``; without ``name``: ``import module as bound``.

    ``checked`` when only the type checker needs it (it goes under ``if TYPE_CHECKING:``).
    """

    module: str
    name: str | None = None
    bound: str = ""
    checked: bool = False

    @property
    def binds(self) -> str:
        """The name that it binds."""
        return self.bound or self.name or self.module.split(".")[0]

    def code(self) -> str:
        """Return the statement."""
        alias = f" as {self.bound}" if self.bound else ""
        if self.name is None:
            return f"import {self.module}{alias}"
        return f"from {self.module} import {self.name}{alias}"


ImportNode = ast.Import | ast.ImportFrom


@lru_cache(maxsize=256)
def imports_of(tree: ast.AST) -> tuple[tuple[ImportNode, Import], ...]:
    """Return every name that import statements bind, wherever they stand."""
    return tuple(_imports(tree))


def _imports(tree: ast.AST) -> Iterator[tuple[ImportNode, Import]]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, Import(alias.name, None, alias.asname or "")
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield node, Import(module, alias.name, alias.asname or "")


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a tree, level by level: expressions import nothing."""
    level: list[ast.AST] = [tree]
    while level:
        yield from level
        level = [
            inner
            for node in level
            for inner in ast.iter_child_nodes(node)
            if isinstance(inner, ast.stmt | ast.excepthandler | ast.match_case)
        ]


def bound(tree: ast.AST) -> dict[str, Import]:
    """Return what import statements bind, by name."""
    return {one.binds: one for _, one in imports_of(tree)}


def with_imports(text: str, wanted: Iterable[Import]) -> str:
    """Return ``text`` with these imports, each in its place; those there already stay."""
    for one in wanted:
        source = parse(text)
        if source is None:
            return text
        text = _with(source, one)
    return text


def _with(source: Source, one: Import) -> str:
    found = [i for _, i in imports_of(source.tree) if i.binds == one.binds]
    if any(i.module == one.module and i.name == one.name for i in found):
        return source.text
    if one.checked:
        return _checked(source, one)
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and one.name is not None and _same(node, one):
            made = _joined(source, node, one)
            if made is not None:
                return made
    return _inserted(source, source.tree.body, one, "")


def _same(node: ast.ImportFrom, one: Import) -> bool:
    star = any(alias.name == "*" for alias in node.names)
    return "." * node.level + (node.module or "") == one.module and not star


def _joined(source: Source, node: ast.ImportFrom, one: Import) -> str | None:
    """Add a name to a ``from`` statement, in order where its names are in order."""
    import libcst as cst

    first, last = node.lineno, node.end_lineno or node.lineno
    old = "".join(source.lines[first - 1 : last])
    indent = old[: len(old) - len(old.lstrip())]
    try:
        module = cst.parse_module(old.removeprefix(indent) if first == last else old)
    except cst.ParserSyntaxError:
        return None
    line = module.body[0]
    if not isinstance(line, cst.SimpleStatementLine) or len(module.body) != 1:
        return None
    small = line.body[0]
    if not isinstance(small, cst.ImportFrom) or isinstance(small.names, cst.ImportStar):
        return None
    changed = small.with_changes(names=_placed(small.names, one))
    new = module.with_changes(body=[line.with_changes(body=[changed, *line.body[1:]])])
    return "".join((*source.lines[: first - 1], new.code, *source.lines[last:]))


def _placed(names: Sequence[Any], one: Import) -> list[Any]:
    import libcst as cst

    alias = cst.ImportAlias(
        cst.Name(one.name or ""), cst.AsName(cst.Name(one.bound)) if one.bound else None
    )
    kept = list(names)
    keys = [_key(str(n.evaluated_name)) for n in kept]
    at = next((i for i, key in enumerate(keys) if key > _key(one.name or "")), len(kept))
    at = at if keys == sorted(keys) else len(kept)
    inner = kept[0].comma if len(kept) > 1 else None
    comma = inner if isinstance(inner, cst.Comma) else None
    if at < len(kept):
        spaced = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        ends = kept[-1].comma
        return [*kept[:at], alias.with_changes(comma=comma or _like(ends) or spaced), *kept[at:]]
    end = kept[-1].comma
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    kept[-1] = kept[-1].with_changes(comma=comma or plain)
    return [*kept, alias.with_changes(comma=end)]


def _like(comma: Any) -> Any:
    import libcst as cst

    return comma if isinstance(comma, cst.Comma) else None


def _key(name: str) -> tuple[int, str]:
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()


def _checked(source: Source, one: Import) -> str:
    """Put the import under ``if TYPE_CHECKING:``, which is made where there is none."""
    for node in source.tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for inner in node.body:
                if isinstance(inner, ast.ImportFrom) and _same(inner, one):
                    return _joined(source, inner, one) or source.text
            column = node.body[0].col_offset
            return _inserted(source, node.body, one, " " * column)
    head = _head(source.tree.body)
    if not head:
        return source.text
    end = head[-1].end_lineno or head[-1].lineno
    block = f"\nif TYPE_CHECKING:\n    {one.code()}\n"
    made = "".join((*source.lines[:end], block, *source.lines[end:]))
    return with_imports(made, [Import("typing", "TYPE_CHECKING")])


def _head(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the import statements at the beginning of a body (a docstring may stand before)."""
    found: list[ast.stmt] = []
    for node in body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ImportNode):
            found.append(node)
        elif not docstring or found:
            if isinstance(node, ast.If | ast.Try | ast.Assign) and not found:
                continue
            break
    return found


def _inserted(source: Source, body: Sequence[ast.stmt], one: Import, indent: str) -> str:
    line, blank = _line_for(source, body, one)
    new = f"{indent}{one.code()}\n"
    lines = [*source.lines]
    if line and not lines[line - 1].endswith(("\n", "\r")):
        lines[line - 1] += "\n"
    before = "\n" if blank < 0 else ""
    after = "\n" if blank > 0 else ""
    return "".join((*lines[:line], before, new, after, *lines[line:]))


def _line_for(source: Source, body: Sequence[ast.stmt], one: Import) -> tuple[int, int]:
    """Return behind which line to insert; and -1, 1 for a blank line before or after."""
    head = [n for n in _head(body) if isinstance(n, ImportNode)]
    plain = [n for n in head if not _is_future(n)]
    if not plain:
        last = head[-1] if head else _docstring(body)
        if last is None:
            return _comments(source), 1 if body else 0
        end = last.end_lineno or last.lineno
        return end, -1
    block = _block(_blocks(plain), one)
    if block is None:
        kind = _kind(one.module)
        later = next((n for n in plain if _kind(_module(n)) > kind), None)
        if later is not None:
            return later.lineno - 1, 1
        return plain[-1].end_lineno or plain[-1].lineno, -1
    same = [n for n in block if isinstance(n, ast.ImportFrom) == (one.name is not None)]
    smaller = [n for n in same if _module(n).lower() <= one.module.lower()]
    if smaller:
        return smaller[-1].end_lineno or smaller[-1].lineno, 0
    if same:
        return same[0].lineno - 1, 0
    if one.name is None:
        return block[0].lineno - 1, 0
    return block[-1].end_lineno or block[-1].lineno, 0


def _is_future(node: ImportNode) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _docstring(body: Sequence[ast.stmt]) -> ast.stmt | None:
    first = body[0] if body else None
    held = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first if held else None


def _comments(source: Source) -> int:
    """Return how many lines at the top are comments that belong there."""
    count = 0
    for line in source.lines:
        if not line.startswith("#"):
            break
        count += 1
    return count


def _blocks(nodes: Sequence[ImportNode]) -> list[list[ImportNode]]:
    blocks: list[list[ImportNode]] = []
    for node in nodes:
        last = blocks[-1][-1] if blocks else None
        if last is not None and node.lineno <= (last.end_lineno or last.lineno) + 1:
            blocks[-1].append(node)
        else:
            blocks.append([node])
    return blocks


def _block(blocks: Sequence[list[ImportNode]], one: Import) -> list[ImportNode] | None:
    top = one.module.split(".")[0]
    for block in blocks:
        if any(_module(node).split(".")[0] == top for node in block):
            return block
    kind = _kind(one.module)
    return next((b for b in blocks if any(_kind(_module(n)) == kind for n in b)), None)


def _kind(module: str) -> int:
    """0 the standard library, 1 what is installed, 2 relative."""
    if module.startswith("."):
        return 2
    return 0 if module.split(".")[0] in sys.stdlib_module_names else 1


def _module(node: ImportNode) -> str:
    if isinstance(node, ast.Import):
        return node.names[0].name
    return "." * node.level + (node.module or "")
