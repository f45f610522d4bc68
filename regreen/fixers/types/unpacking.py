"""Unpackings whose number does not fit.

``a, b = x, y if c else y, x`` binds three values, the middle one conditional; with two names on the
left, two pairs were meant. A parameter that is annotated with a tuple of one item and unpacked to
several holds several.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import arguments, enclosing, last_name, statement_at
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "unpacking"
DOCS = "https://docs.python.org/3/reference/expressions.html#operator-precedence"

_TOO_MANY = re.compile(
    r"Too many values to unpack \((?P<wanted>\d+) expected, (?P<given>\d+) provided\)"
    r"|Expression with type \"[^\"]*\" cannot be assigned to target tuple"
)
_TOO_FEW = re.compile(r"Need more than 1 value to unpack \((?P<wanted>\d+) expected\)")


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for conditionals without parentheses, and for annotations of one item."""
    found = problems(failure, scene)
    many = [p for p in found if _TOO_MANY.match(p.message)]
    yield from edits(
        ID,
        "the condition chooses between whole tuples",
        many,
        scene,
        _parenthesised,
        severity=Severity.MEDIUM,
        review="the condition now decides over all names: is that what was meant?",
    )
    few = [p for p in found if _TOO_FEW.match(p.message)]
    yield from edits(
        ID, "the tuple holds several items", few, scene, _several, severity=Severity.MEDIUM
    )


def _parenthesised(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    statement = statement_at(draft.source, problem.line) if draft is not None else None
    if draft is None or not isinstance(statement, ast.Assign):
        return False
    target, value = statement.targets[0], statement.value
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
        return False
    count = len(target.elts)
    if count < 2 or len(value.elts) != 2 * count - 1:
        return False
    middle = value.elts[count - 1]
    if not isinstance(middle, ast.IfExp):
        return False
    yes = [draft.code(e) for e in (*value.elts[: count - 1], middle.body)]
    no = [draft.code(e) for e in (middle.orelse, *value.elts[count:])]
    test = draft.code(middle.test)
    draft.wrap(value, f"({', '.join(yes)}) if {test} else ({', '.join(no)})")
    return True


def _several(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    match = _TOO_FEW.match(problem.message)
    function = enclosing(draft.source, problem.line) if draft is not None else None
    statement = statement_at(draft.source, problem.line) if draft is not None else None
    if draft is None or match is None or function is None or statement is None:
        return False
    used = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    for argument in arguments(function):
        node = argument.annotation
        if argument.arg in used and isinstance(node, ast.Subscript):
            if last_name(node.value).lower() != "tuple" or isinstance(node.slice, ast.Tuple):
                continue
            parts = _parts(node.slice, draft)
            whole = ", ".join(parts)
            if len(parts) != int(match["wanted"]):
                whole = f"{draft.code(node.slice)}, ..."
            draft.take(function, argument.arg, Spelled(f"{draft.code(node.value)}[{whole}]"))
            return True
    return False


def _parts(node: ast.expr, draft: Draft) -> list[str]:
    """Return the members of a union that is written with ``|``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_parts(node.left, draft), *_parts(node.right, draft)]
    return [draft.code(node)]
