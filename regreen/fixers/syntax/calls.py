"""Calls and operators that came with a newer Python, in words that the older one has.

``zip(strict=)`` (3.10), ``str.removeprefix`` and ``removesuffix``, ``dict | dict``,
``functools.cache`` (3.9), ``datetime.UTC`` (3.11), ``with (a, b):`` (3.9): see the "New in version"
notes of https://docs.python.org/3/.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from regreen.fixers.source import Source, parse, replace_spans

Change = tuple[ast.expr | ast.stmt, str]


def strict_zips(source: Source) -> str | None:
    """Leave out ``strict=``: iterables of the same length give the same as before."""
    changes: list[Change] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
            kept = [k for k in node.keywords if k.arg != "strict"]
            if len(kept) != len(node.keywords) and not _nested(node, changes):
                call = ast.Call(node.func, node.args, kept)
                changes.append((node, ast.unparse(call)))
    return _made(source, changes)


def affixes(source: Source) -> str | None:
    """Write ``a.removeprefix(b)`` and ``removesuffix`` with ``startswith`` and a slice."""
    changes: list[Change] = []
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, whole = node.func.attr, node.func.value
        if name not in {"removeprefix", "removesuffix"} or len(node.args) != 1 or node.keywords:
            continue
        text, part = ast.unparse(whole), ast.unparse(node.args[0])
        if not (_still(whole) and _still(node.args[0])):
            continue
        if name == "removeprefix":
            new = f"({text}[len({part}):] if {text}.startswith({part}) else {text})"
        else:
            cut = f"{text}[:-len({part})]"
            new = f"({cut} if {part} and {text}.endswith({part}) else {text})"
        changes.append((node, new))
    return _made(source, changes)


def dict_unions(source: Source, lines: Collection[int]) -> str | None:
    """Write ``a | b`` on these lines, where two dictionaries were joined, as ``{**a, **b}``."""
    changes: list[Change] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.BinOp | ast.AugAssign) or node.lineno not in lines:
            continue
        if not isinstance(node.op, ast.BitOr) or _nested(node, changes):
            continue
        if isinstance(node, ast.AugAssign):
            target, value = ast.unparse(node.target), ast.unparse(node.value)
            changes.append((node, f"{target}.update({value})"))
        else:
            inner = ", ".join(f"**{_starred(part)}" for part in _parts(node))
            changes.append((node, f"{{{inner}}}"))
    return _made(source, changes)


def grouped_withs(source: Source) -> str | None:
    """Take the parentheses away around several items of one ``with``; they share one line then."""
    changes: list[Change] = []
    text = source.text
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.With | ast.AsyncWith) or not node.items:
            continue
        begin = source.span(node)[0]
        head = text[begin : source.span(node.items[0].context_expr)[0]]
        if not head.rstrip().endswith("(") or "(" not in head:
            continue
        end = source.span(node.body[0])[0]
        colon = text.rindex(":", begin, end)
        word = "async with" if isinstance(node, ast.AsyncWith) else "with"
        items = ", ".join(ast.unparse(item) for item in node.items)
        if ")" in text[source.span(node.items[-1].context_expr)[1] : colon]:
            return parsed(text[:begin] + f"{word} {items}" + text[colon:])
    return _made(source, changes)


def parsed(text: str) -> str | None:
    """Return ``text`` if it is Python."""
    return text if parse(text) is not None else None


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield node


def _starred(node: ast.expr) -> str:
    text = ast.unparse(node)
    plain = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Dict)
    return text if plain else f"({text})"


def _still(node: ast.expr) -> bool:
    """Whether to evaluate ``node`` twice is the same as once."""
    if isinstance(node, ast.Attribute):
        return _still(node.value)
    return isinstance(node, ast.Name | ast.Constant)


def _nested(node: ast.AST, changes: Collection[Change]) -> bool:
    return any(node is inner for outer, _ in changes for inner in ast.walk(outer))


def _made(source: Source, changes: Collection[Change]) -> str | None:
    return parsed(replace_spans(source, changes)) if changes else None
