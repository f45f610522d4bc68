"""The result of a call that returns nothing: the call stays, what is made of its result goes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import Function, called, enclosing, own, returned, statement_at
from regreen.fixers.types.problems import Problem, problems
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "results of nothing"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-func-returns-value"

_NOTHING = re.compile(r"(?:\"(?P<name>[\w.]+)\"|Function) does not return a value")
_REVIEW = "the call is said to return nothing: is that so when it runs?"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits that call without taking, or returning, what is nothing."""
    found = [p for p in problems(failure, scene) if _NOTHING.match(p.message)]
    why = "nothing is taken from a call that returns nothing"
    yield from edits(ID, why, found, scene, _drop, severity=Severity.MEDIUM, review=_REVIEW)


def _drop(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    match = _NOTHING.match(problem.message)
    statement = statement_at(draft.source, problem.line) if draft is not None else None
    around = enclosing(draft.source, problem.line) if draft is not None else None
    if draft is None or match is None or around is None:
        return False
    if not isinstance(statement, ast.Assign | ast.Return):
        return False
    inner = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    name = (match["name"] or "").rsplit(".", 1)[-1]
    if not isinstance(inner, ast.Call) or (name and called(inner) != name):
        return False
    assert statement.value is not None
    code = draft.code(statement.value)
    if isinstance(statement, ast.Return):
        draft.replace(statement, [code, *_end(statement, around)])
        return True
    if _unused(draft, statement, around):
        draft.replace(statement, [code])
        return True
    return False


def _end(statement: ast.Return, function: Function) -> list[str]:
    """Return what ends the function there, as it ends it elsewhere; nothing where it ends anyway.

    A function that returns values says ``None``.
    """
    others = [r for r in returned(function) if r is not statement]
    if any(r.value is not None for r in others):
        return ["return None"]
    return [] if function.body[-1] is statement else ["return"]


def _unused(draft: Draft, statement: ast.Assign, function: Function) -> bool:
    """Whether the one local name that is bound is nowhere else in the function."""
    target = statement.targets[0]
    if len(statement.targets) != 1 or not isinstance(target, ast.Name):
        return False
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal) and target.id in node.names:
            return False
        if isinstance(node, ast.Name) and node.id == target.id and node is not target:
            return False
    return any(node is statement for node in own(function))
