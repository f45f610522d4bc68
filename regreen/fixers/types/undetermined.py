"""A name whose type mypy cannot work out yet when it is used: say it where the name is bound.

Only where the binding itself tells: a literal, a call of a class, an annotated parameter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.inference import kind_of
from regreen.fixers.types.nodes import Function, arguments, every, scopes
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "undetermined types"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-has-type"

_UNKNOWN = re.compile(r"Cannot determine type of \"(?P<name>\w+)\"")


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits that annotate the one binding of each such name."""
    found = [p for p in problems(failure, scene) if _UNKNOWN.match(p.message)]
    why = "the type is said where the name is bound"
    yield from edits(ID, why, found, scene, _annotate, severity=Severity.MEDIUM)


def _annotate(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    match = _UNKNOWN.match(problem.message)
    found = list(_bindings(draft, match["name"])) if draft is not None and match else []
    if draft is None or len(found) != 1:
        return False
    said = _said(draft, found[0], bench)
    if said is None:
        return False
    draft.declare(found[0], said)
    return True


def _bindings(draft: Draft, name: str) -> Iterator[ast.Assign]:
    """Yield the statements of the file that bind ``name`` or ``self.name``."""
    for node in every(draft.source.tree):
        if isinstance(node, ast.Assign) and any(
            ast.unparse(t) in {name, f"self.{name}"} for t in node.targets
        ):
            yield node


def _said(draft: Draft, node: ast.Assign, bench: Bench) -> Spelled | None:
    if len(node.targets) != 1:
        return None
    kind = kind_of(node.value, draft, bench.speller(draft.path))
    if kind is not None:
        return Spelled(kind) if kind != "None" else None
    around = scopes(draft.source, node.lineno)[-1]
    if not isinstance(around, Function) or not isinstance(node.value, ast.Name):
        return None
    for one in arguments(around):
        plain = one not in (around.args.vararg, around.args.kwarg)
        if one.arg == node.value.id and one.annotation is not None and plain:
            return Spelled(draft.code(one.annotation))
    return None
