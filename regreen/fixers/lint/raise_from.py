"""B904: an exception that is raised while another is handled says which one it comes from.

``raise X`` inside ``except E as error`` becomes ``raise X from error``. Python chains the two in
any case; the words say so. A handler without a name gets one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from regreen.fixers.source import Source, parse, replace_lines, sources
from regreen.model import Edit, Failure, Idea
from regreen.scene import Scene

ID = "raise from"
DOCS = "https://docs.python.org/3/tutorial/errors.html#exception-chaining"

_CODES = ("B904", "W0707", "raise-missing-from")
_NAMES = ("err", "error", "exc", "e")
_WHY = "what is raised while an exception is handled names that exception"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ExceptHandler)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one edit of all files in which such statements are reported."""
    edits = {
        path: text
        for path, source in sources(failure, scene, *_CODES)
        if (text := chained(source)) is not None
    }
    if edits:
        yield Edit(ID, _WHY, edits)


def chained(source: Source) -> str | None:
    """Return the text with every such ``raise`` chained; ``None`` when there is none."""
    changes: dict[int, str] = {}
    for handler in ast.walk(source.tree):
        if not isinstance(handler, ast.ExceptHandler) or handler.type is None:
            continue
        raised = [node for node in _raises(handler) if not source.silenced(node.lineno, "B904")]
        if not raised:
            continue
        name = handler.name or _free(source)
        if name is None or (handler.name and _rebinds(handler, handler.name)):
            continue
        if handler.name is None:
            line, at = handler.type.end_lineno or 0, handler.type.end_col_offset or 0
            _insert(source, changes, line, at, f" as {name}")
        for node in raised:
            _insert(
                source, changes, node.end_lineno or 0, node.end_col_offset or 0, f" from {name}"
            )
    made = replace_lines(source, ((n, n, line) for n, line in changes.items()))
    return made if changes and parse(made) is not None else None


def _insert(source: Source, changes: dict[int, str], line: int, offset: int, words: str) -> None:
    """Put ``words`` into a line; a line gets one change only, the rest comes with a next look."""
    if line in changes:
        return
    at = source.column(line, offset)
    text = source.lines[line - 1]
    if words.startswith(" as ") and text[at : at + 1] == ")":
        at += 1
    changes[line] = f"{text[:at]}{words}{text[at:]}"


def _raises(handler: ast.ExceptHandler) -> Iterator[ast.Raise]:
    """Yield the statements of a handler's own that raise something new without a cause."""
    stack: list[ast.AST] = list(handler.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Raise):
            again = isinstance(node.exc, ast.Name) and node.exc.id == handler.name
            if node.exc is not None and node.cause is None and not again:
                yield node
        elif not isinstance(node, _SCOPES):
            stack.extend(ast.iter_child_nodes(node))


def _free(source: Source) -> str | None:
    """Return a name that the file uses for nothing, or for handled exceptions only."""
    handled = {n.name for n in ast.walk(source.tree) if isinstance(n, ast.ExceptHandler)}
    stored, read = set[str](), set[str]()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.arg):
            stored.add(node.arg)
        elif isinstance(node, ast.alias):
            stored.add((node.asname or node.name).split(".")[0])
    return next((n for n in _NAMES if n not in stored and (n not in read or n in handled)), None)


def _rebinds(handler: ast.ExceptHandler, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
        for n in ast.walk(handler)
    )
