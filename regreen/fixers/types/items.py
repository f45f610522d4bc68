"""Containers without annotation that are given more than mypy inferred from how they begin.

The annotation says what is put in; one that a person wrote is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import arguments, own, scopes, statement_at
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "items of containers"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-list-item"

_DICT = re.compile(
    r"Dict entry \d+ has incompatible type \"(?P<key>.+)\": \"(?P<value>.+)\";"
    r" expected \"(?P<key2>.+)\": \"(?P<value2>.+)\"$"
)
_LIST = re.compile(
    r"List item \d+ has incompatible type \"(?P<value>.+)\"; expected \"(?P<value2>.+)\"$"
)
_REVIEW = "the container may hold more now: is what is put in right?"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits that annotate the containers where they are bound first."""
    found = [
        p for p in problems(failure, scene) if _DICT.match(p.message) or _LIST.match(p.message)
    ]

    def change(problem: Problem, bench: Bench) -> bool:
        return _annotate(problem, bench, found)

    why = "the container holds what is put in"
    yield from edits(ID, why, found, scene, change, severity=Severity.MEDIUM, review=_REVIEW)


def _annotate(problem: Problem, bench: Bench, found: Sequence[Problem]) -> bool:
    draft = bench.draft(problem.file)
    statement = statement_at(draft.source, problem.line) if draft is not None else None
    if draft is None or not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    first = _first(draft, statement, target.id) if isinstance(target, ast.Name) else None
    kind = "dict" if _DICT.match(problem.message) else "list"
    if first is None or not isinstance(first.value, ast.Dict if kind == "dict" else ast.List):
        return False
    last = statement.end_lineno or statement.lineno
    ones = [p for p in found if p.file == problem.file and statement.lineno <= p.line <= last]
    made = _joined(ones, kind, bench)
    if made is None:
        return False
    draft.declare(first, made)
    return True


def _first(draft: Draft, statement: ast.Assign, name: str) -> ast.Assign | None:
    """Return the statement that binds a name first, where no binding of it has an annotation."""
    scope = scopes(draft.source, statement.lineno)[-1]
    if isinstance(scope, ast.ClassDef):
        return None
    if not isinstance(scope, ast.Module) and name in {a.arg for a in arguments(scope)}:
        return None
    bound: list[ast.Assign] = []
    for node in own(scope):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            return None
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return None
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == name for t in node.targets
        ):
            bound.append(node)
    first = min(bound, key=lambda n: n.lineno, default=None)
    return first if first is not None and len(first.targets) == 1 else None


def _joined(ones: Sequence[Problem], kind: str, bench: Bench) -> Spelled | None:
    """Return the container of what was inferred and of what is put in."""
    parts = ("key", "value") if kind == "dict" else ("value",)
    texts: list[str] = []
    imports = []
    path = ones[0].file
    speller = bench.speller(path)
    for part in parts:
        held: list[Spelled] = []
        for one in ones:
            match = (_DICT if kind == "dict" else _LIST).match(one.message)
            for name in (f"{part}2", part) if match else ():
                spelled = bench.spell(path, match[name]) if match else None
                if spelled is None or re.search(r"\b(?:Any|object)\b", spelled.text):
                    return None
                held.append(spelled)
        union = speller.union(list(dict.fromkeys(s.text for s in held)))
        texts.append(union.text)
        imports += [*union.imports, *(i for s in held for i in s.imports)]
    made = speller.generic(kind, texts)
    return Spelled(made.text, tuple(dict.fromkeys((*made.imports, *imports))))
