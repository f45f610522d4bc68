"""Find expressions that look like a pattern, and write them by a template.

A pattern is an expression in which ``A`` to ``F`` stand for any expression, ``*ARGS`` for all the
arguments that are left, and a dotted name for the thing of that name, whatever the module calls it.
In the template ``A`` to ``F`` and ``*ARGS`` are what they stood for, as it was written.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from regreen.fixers.source import Source, parse
from regreen.fixers.testing.renaming import cared_for
from regreen.fixers.testing.spelling import Bound, Speller, dotted, speller, tidied, with_imports

_HOLES = frozenset("ABCDEF")
_REST = "ARGS"
Match = dict[str, str]


def rewritten(
    source: Source, path: str, rules: Mapping[str, str], only: Collection[int] | None = None
) -> str | None:
    """Return the text with each pattern of ``rules`` written by its template; ``None`` if none.

    ``only`` are the lines of which an expression must touch one (``None``: any).
    """
    writer = speller(source, path)
    edits: list[tuple[int, int, str]] = []
    inner = cared_for(source.tree)
    statements = {id(n.value) for n in ast.walk(source.tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(source.tree):
        if id(node) in inner or not isinstance(node, ast.expr) or not touches(node, only):
            continue
        for pattern, template in rules.items():
            found: Match = {}
            if _alike(_expression(pattern), node, source, writer.known, found):
                whole = id(node) in statements
                new = _branched(template, found, writer, node.col_offset) if whole else ""
                new = new or _filled(template, found, writer)
                edits.append((*source.span(node), new))
                inner |= {id(one) for one in ast.walk(node)}
                break
    if not edits:
        return None
    text = source.text
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    made = parse(text)
    result = tidied(source, with_imports(made, writer.imports)) if made is not None else None
    return result if result is not None and parse(result) is not None else None


def touches(node: ast.expr, only: Collection[int] | None) -> bool:
    """Whether a node stands on one of the lines; ``None``: it may stand anywhere."""
    last = node.end_lineno or node.lineno
    return only is None or any(node.lineno <= line <= last for line in only)


@cache
def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _alike(pattern: ast.expr, node: ast.expr, source: Source, known: Bound, found: Match) -> bool:
    if isinstance(pattern, ast.Name):
        if pattern.id in _HOLES:
            text = source.text[slice(*source.span(node))]
            return found.setdefault(pattern.id, text) == text
        return isinstance(node, ast.Name) and _same_name(pattern.id, node, known)
    if isinstance(pattern, ast.Attribute):
        name = dotted(pattern)
        if name and name.split(".")[0] not in _HOLES:
            return isinstance(node, ast.Attribute | ast.Name) and known.whole(node) == name
        return (
            isinstance(node, ast.Attribute)
            and node.attr == pattern.attr
            and _alike(pattern.value, node.value, source, known, found)
        )
    if isinstance(pattern, ast.Call):
        return isinstance(node, ast.Call) and _same_call(pattern, node, source, known, found)
    if isinstance(pattern, ast.Constant):
        return isinstance(node, ast.Constant) and node.value == pattern.value
    if isinstance(pattern, ast.List | ast.Tuple):
        return type(pattern) is type(node) and _same_items(pattern.elts, node, source, found)
    if isinstance(pattern, ast.Subscript):
        return (
            isinstance(node, ast.Subscript)
            and _alike(pattern.value, node.value, source, known, found)
            and _alike(pattern.slice, node.slice, source, known, found)
        )
    return False


def _same_name(name: str, node: ast.Name, known: Bound) -> bool:
    """A bare name of a pattern is a builtin: nothing of the module may be called so."""
    return node.id == name and name not in known.names and name not in known.taken


def _same_items(wanted: list[ast.expr], node: ast.expr, source: Source, found: Match) -> bool:
    """A list of a pattern is empty, or holds ``*ARGS`` alone."""
    assert isinstance(node, ast.List | ast.Tuple)
    if wanted:
        found[_REST] = ", ".join(source.text[slice(*source.span(item))] for item in node.elts)
    return bool(wanted) or not node.elts


def _same_call(
    pattern: ast.Call, node: ast.Call, source: Source, known: Bound, found: Match
) -> bool:
    wanted = [a for a in pattern.args if not isinstance(a, ast.Starred)]
    rest = len(wanted) != len(pattern.args)
    if len(node.args) < len(wanted) or (len(node.args) > len(wanted) and not rest):
        return False
    if not _alike(pattern.func, node.func, source, known, found):
        return False
    if not all(_alike(p, n, source, known, found) for p, n in zip(wanted, node.args, strict=False)):
        return False
    given = {k.arg: k for k in node.keywords}
    for keyword in pattern.keywords:
        there = given.pop(keyword.arg, None)
        if there is None or not _alike(keyword.value, there.value, source, known, found):
            return False
    if given and not rest:
        return False
    left = [source.text[slice(*source.span(a))] for a in node.args[len(wanted) :]]
    left += [_keyword(k, source) for k in node.keywords if k in given.values()]
    if rest:
        found[_REST] = ", ".join(left)
    return True


def _keyword(keyword: ast.keyword, source: Source) -> str:
    value = source.text[slice(*source.span(keyword.value))]
    return f"{keyword.arg}={value}" if keyword.arg else f"**{value}"


def _branched(template: str, found: Match, writer: Speller, column: int) -> str:
    """Return a template of two branches as an ``if`` statement; empty when it is none."""
    tree = _expression(template)
    if not isinstance(tree, ast.IfExp):
        return ""
    parts = (tree.test, tree.body, tree.orelse)
    test, body, other = (_filled(ast.unparse(part), found, writer) for part in parts)
    indent = " " * column
    return f"if {test}:\n{indent}    {body}\n{indent}else:\n{indent}    {other}"


def _filled(template: str, found: Match, writer: Speller) -> str:
    """Return the template with its holes filled and its dotted names as the module writes them."""
    source = parse(template)
    assert source is not None
    edits: list[tuple[int, int, str]] = []
    for node in _outermost(source.tree):
        if isinstance(node, ast.Starred):
            edits.append((*source.span(node), found.get(_REST, "")))
        elif isinstance(node, ast.Name) and node.id in _HOLES:
            edits.append((*source.span(node), found[node.id]))
        elif isinstance(node, ast.Attribute):
            edits.append((*source.span(node), writer.spell(dotted(node))))
        elif isinstance(node, ast.Name):
            edits.append((*source.span(node), writer.module(node.id)))
    text = template
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text if found.get(_REST) else text.replace(", )", ")").replace("(, ", "(")


def _outermost(node: ast.AST) -> Iterator[ast.AST]:
    """Yield holes, and the longest dotted names that stand on no hole."""
    for child in ast.iter_child_nodes(node):
        name = dotted(child) if isinstance(child, ast.Attribute) else ""
        whole = name and name.split(".")[0] not in _HOLES
        hole = isinstance(child, ast.Name) and not hasattr(builtins, child.id)
        star = isinstance(child, ast.Starred) and dotted(child.value) == _REST
        if whole or hole or star:
            yield child
        else:
            yield from _outermost(child)
