"""``cast`` where mypy only sees ``Any``, and no ``cast`` where it changes nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.nodes import enclosing, own, returned, touching
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled
from regreen.model import Failure, Idea
from regreen.scene import Scene

ID = "casts"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list2.html#code-redundant-cast"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for redundant casts, then for results that are ``Any``."""
    redundant = problems(failure, scene, "redundant-cast", "reportUnnecessaryCast")
    yield from edits(ID, "a cast to the type that it has anyway", redundant, scene, _uncast)
    anything = problems(failure, scene, "no-any-return")
    yield from edits(ID, "what is returned has the declared type", anything, scene, _cast)


def _uncast(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    if draft is None:
        return False
    for node in touching(draft.source, problem.line):
        if not isinstance(node, ast.Call) or len(node.args) != 2 or node.lineno != problem.line:
            continue
        column = draft.source.column(node.lineno, node.col_offset) + 1
        here = problem.column is None or column == problem.column
        if ast.unparse(node.func).rsplit(".", 1)[-1] == "cast" and here:
            draft.wrap(node, _inner(draft.code(node.args[1]), node.args[1]))
            return True
    return False


def _inner(code: str, node: ast.expr) -> str:
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    return code if simple and "\n" not in code else f"({code})"


def _cast(problem: Problem, bench: Bench) -> bool:
    """Annotate the name that is returned where it is bound once, or cast what is returned."""
    draft = bench.draft(problem.file)
    function = enclosing(draft.source, problem.line) if draft is not None else None
    if draft is None or function is None or function.returns is None:
        return False
    found = [r for r in returned(function) if r.lineno == problem.line and r.value is not None]
    if not found or found[0].value is None:
        return False
    value = found[0].value
    wanted = draft.code(function.returns)
    speller = bench.speller(problem.file)
    if isinstance(value, ast.Name):
        bound = [
            n
            for n in own(function)
            if isinstance(n, ast.Name) and n.id == value.id and isinstance(n.ctx, ast.Store)
        ]
        assigned = [n for n in own(function) if isinstance(n, ast.Assign) and n.targets == bound]
        if len(bound) == 1 and assigned:
            draft.declare(assigned[0], Spelled(wanted))
            return True
    cast = speller.typing("cast")
    text = wanted if speller.at_run_time(function.returns) else f'"{wanted}"'
    draft.wrap(value, f"{cast.text}({text}, _it_)")
    draft.need(cast.imports)
    return True
