"""Annotations that only newer Pythons can evaluate: put off their evaluation, or spell them out.

``X | Y`` needs Python 3.10 (PEP 604), ``list[int]`` 3.9 (PEP 585), unless annotations are not
evaluated (PEP 563).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.imports import Import
from regreen.fixers.types.nodes import annotations_of
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Speller
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "newer annotations"
DOCS = "https://mypy.readthedocs.io/en/stable/runtime_troubles.html"

_NEWER = re.compile(
    r"X \| Y syntax for unions requires Python 3\.10"
    r"|\"(?P<name>\w+)\" is not subscriptable, use \"typing\.\w+\" instead"
    r"|Alternative syntax for unions requires Python 3\.10"
    r"|Subscript for class \"\w+\" will generate a runtime exception"
)
_GENERIC = frozenset({"list", "dict", "set", "frozenset", "tuple", "type"})


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield the edit that puts off evaluation, and the one that writes the old form."""
    found = [p for p in problems(failure, scene) if _NEWER.match(p.message)]
    if not found:
        return
    files: dict[str, str] = {}
    bench = Bench(scene)
    for path in dict.fromkeys(p.file for p in found):
        draft = bench.draft(path)
        if draft is not None and _only_annotations(draft, [p for p in found if p.file == path]):
            text = _put_off(draft)
            if text is not None:
                files[path] = text
    if files:
        yield Edit(ID, "annotations that this Python need not evaluate", files)
    why = "annotations in the form that the oldest Python has"
    yield from edits(ID, why, found, scene, _spelt_out, severity=Severity.MEDIUM)


def _only_annotations(draft: Draft, found: list[Problem]) -> bool:
    lines = {n.lineno for root in annotations_of(draft.source.tree) for n in ast.walk(root)
             if isinstance(n, ast.expr)}  # fmt: skip
    return any(p.line in lines for p in found)


def _put_off(draft: Draft) -> str | None:
    """Return the text with ``from __future__ import annotations`` behind its docstring."""
    body = draft.source.tree.body
    if any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in body):
        draft.need([Import("__future__", "annotations")])
        return draft.text()
    lines = list(draft.source.lines)
    docstring = ast.get_docstring(draft.source.tree, clean=False) is not None
    if docstring:
        at = body[0].end_lineno or 1
        new = "\nfrom __future__ import annotations\n"
        follows = lines[at : at + 1]
        new += "" if follows and not follows[0].strip() else "\n"
    else:
        at = next((i for i, line in enumerate(lines) if not line.startswith("#")), 0)
        follows = lines[at : at + 1]
        blank = bool(follows) and not follows[0].strip()
        new = (
            "\nfrom __future__ import annotations\n"
            if blank
            else "from __future__ import annotations\n\n"
        )
    return "".join((*lines[:at], new, *lines[at:]))


def _spelt_out(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    if draft is None:
        return False
    speller = bench.speller(problem.file)
    done = False
    for node in _outermost(draft.source.tree, problem.line):
        text = _old(node, draft, speller)
        if text is not None and text != draft.code(node):
            draft.wrap(node, text)
            done = True
    return done


def _outermost(tree: ast.AST, line: int) -> Iterator[ast.expr]:
    """Yield the annotations that touch ``line``, and unions that are values there."""
    for root in annotations_of(tree):
        if root.lineno <= line <= (root.end_lineno or root.lineno):
            yield root
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign) and node.lineno <= line <= (node.end_lineno or 0)
        ) and isinstance(node.value, ast.BinOp | ast.Subscript):
            yield node.value


def _old(node: ast.expr, draft: Draft, speller: Speller) -> str | None:
    """Return an annotation without ``|`` and without subscripts of builtins."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        parts = [_old(part, draft, speller) for part in _parts(node)]
        known = [part for part in parts if part is not None]
        if len(known) != len(parts):
            return None
        some = [part for part in known if part != "None"]
        name = speller.typing("Union")
        text = some[0] if len(some) == 1 else f"{name.text}[{', '.join(some)}]"
        draft.need(name.imports if len(some) > 1 else ())
        if len(some) < len(known):
            outer = speller.typing("Optional")
            draft.need(outer.imports)
            text = f"{outer.text}[{text}]"
        return text
    if isinstance(node, ast.Subscript):
        value = draft.code(node.value)
        if value in _GENERIC and speller.oldest < (3, 9):
            old = speller.typing("FrozenSet" if value == "frozenset" else value.title())
            draft.need(old.imports)
            value = old.text
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        parts = [_old(part, draft, speller) for part in inner]
        known = [part for part in parts if part is not None]
        return f"{value}[{', '.join(known)}]" if len(known) == len(parts) else None
    if isinstance(node, ast.List):
        parts = [_old(part, draft, speller) for part in node.elts]
        known = [part for part in parts if part is not None]
        return f"[{', '.join(known)}]" if len(known) == len(parts) else None
    code = draft.code(node)
    return None if "\n" in code else code


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]
