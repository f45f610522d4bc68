"""Something that may be ``None`` and is used as if it could not be.

What is called on ``None`` raises today, so ``assert x is not None`` ahead of it keeps what works
and raises another error where nothing worked: plausible, and to be reviewed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import scopes, touching
from regreen.fixers.types.problems import Problem, problems
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "guards against None"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-union-attr"

_MEMBER = re.compile(
    r"Item \"None\" of \"[^\"]+\" has no attribute \"(?P<name>\w+)\""
    r"|\"(?P<other>\w+)\" is not a known attribute of \"None\""
)
_INDEX = re.compile(
    r"Value of type \"(?:Optional\[.*\]|.*\| None|None \|.*)\" is not indexable"
    r"|Object of type \"None\" is not subscriptable"
)
_ITERATED = re.compile(
    r"Item \"None\" of \"[^\"]+\" has no attribute \"__iter__\""
    r"|Object of type \"None\" cannot be used as iterable value"
)
_REVIEW = "can this be None after all? Then more is to be done than to say that it cannot"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits that assert ahead of each use."""
    found = [
        p
        for p in problems(failure, scene)
        if any(pattern.match(p.message) for pattern in (_MEMBER, _INDEX, _ITERATED))
    ]
    why = "what must be there is asserted to be"
    yield from edits(ID, why, found, scene, _guard, severity=Severity.MEDIUM, review=_REVIEW)


def _guard(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    if draft is None:
        return False
    for node in _used(draft, problem):
        statement = _statement(draft, node)
        if statement is None or not _always(statement, node):
            continue
        if isinstance(node, ast.Name | ast.Attribute):
            code = f"assert {draft.code(node)} is not None"
            if code not in draft.ahead.get(draft.start(statement), ()):
                draft.before(statement, code)
            return True
        if _named(draft, statement, node):
            return True
    return False


def _used(draft: Draft, problem: Problem) -> Iterator[ast.expr]:
    """Yield what may be ``None``, of the members and items that are asked for on the line."""
    match = _MEMBER.match(problem.message)
    name = (match["name"] or match["other"]) if match else ""
    for node in touching(draft.source, problem.line):
        if (
            isinstance(node, ast.For)
            and (_ITERATED.match(problem.message))
            and node.iter.lineno == problem.line
        ):
            yield node.iter
        if not isinstance(node, ast.Attribute | ast.Subscript):
            continue
        if (isinstance(node, ast.Attribute) and node.attr == name) or (
            isinstance(node, ast.Subscript) and _INDEX.match(problem.message)
        ):
            yield node.value


def _statement(draft: Draft, node: ast.expr) -> ast.stmt | None:
    """Return the statement in a block ahead of which a line can be put."""
    around = (one for one in touching(draft.source, node.lineno) if isinstance(one, ast.stmt))
    found = next((s for s in reversed(list(around)) if any(i is node for i in ast.walk(s))), None)
    if found is None or draft.source.lines[found.lineno - 1].lstrip().startswith("elif"):
        return None
    return found


def _always(statement: ast.stmt, node: ast.expr) -> bool:
    """Whether the expression is worked out whenever the statement is, and once, and first.

    Not so inside a lambda, a comprehension, behind ``and``, or in a loop's condition.
    """
    if isinstance(statement, ast.While | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    for inner in ast.walk(statement):
        hides = isinstance(
            inner,
            ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.IfExp,
        )
        if hides and any(one is node for one in ast.walk(inner)):
            return False
        if isinstance(inner, ast.BoolOp):
            later = (one for value in inner.values[1:] for one in ast.walk(value))
            if any(one is node for one in later):
                return False
    return True


def _named(draft: Draft, statement: ast.stmt, node: ast.expr) -> bool:
    """Give the result of a call a name, so that it can be asserted: ``re.match(…).group()``."""
    if not isinstance(node, ast.Call) or not isinstance(
        statement, ast.Assign | ast.Return | ast.Expr
    ):
        return False
    if any(isinstance(n, ast.Await) for n in ast.walk(node)):
        return False
    code = draft.code(node)
    name = "found"
    scope = scopes(draft.source, statement.lineno)[-1]
    used = {n.id for n in ast.walk(scope) if isinstance(n, ast.Name)}
    while name in used:
        name += "_"
    if "\n" in code or draft.wrapped.get(draft.place(node)):
        return False
    draft.before(statement, f"{name} = {code}")
    draft.before(statement, f"assert {name} is not None")
    draft.wrap(node, name)
    return True
