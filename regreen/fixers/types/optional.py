"""``None`` where an annotation does not allow it: say so in the annotation.

For a parameter whose default is ``None`` (PEP 484 no longer takes that for optional), and for a
name that is given ``None``: where it is annotated, or where it is bound first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import (
    Scope,
    arguments,
    defaults,
    function_at,
    functions,
    own,
    scopes,
    statement_at,
)
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled, Speller
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "implicit optional"
DOCS = "https://mypy.readthedocs.io/en/stable/kinds_of_types.html#optional-types-and-the-none-type"

_DEFAULT = re.compile(
    r"Incompatible default for (?:argument|parameter) \"(?P<name>\w+)\" "
    r"\(default has type \"None\""
)
_PYRIGHT_DEFAULT = re.compile(
    r"Expression of type \"None\" (?:cannot be|is incompatible|is not assignable)"
    r".*?\b(?:parameter of )?type \"(?P<type>[^\"]+)\""
)
_GIVEN = re.compile(
    r"Incompatible types in assignment \(expression has type \"(?P<given>None|.* \| None"
    r"|Optional\[.*\])\", (?:base class \"[^\"]+\" defined the type as |variable has type )"
    r"\"(?P<type>[^\"]+)\"\)"
)
_FIRST = "the name is bound to None ahead of its block: does what follows get by with that?"
_BASE = "base class"
_NARROW = re.compile(
    r"Incompatible types in assignment \(expression has type \"(?P<type>.+)\","
    r" variable has type \"None\"\)"
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for the parameters, and then for the names that are given ``None``."""
    found = problems(failure, scene)
    defaulted = [p for p in found if _DEFAULT.match(p.message) or _at_parameter(p, scene)]
    yield from edits(ID, "a default of None makes a parameter optional", defaulted, scene, _default)
    given = [p for p in found if _GIVEN.match(p.message) and _BASE not in p.message]
    given += [p for p in found if _PYRIGHT_DEFAULT.match(p.message) and p not in defaulted]
    yield from edits(
        ID,
        "a name that is given None is optional",
        given,
        scene,
        _given,
        severity=Severity.MEDIUM,
    )
    yield from edits(
        ID,
        "a name that is given None at the end is None at the beginning, too",
        given,
        scene,
        _none_first,
        severity=Severity.MEDIUM,
        review=_FIRST,
    )
    later = [p for p in found if _NARROW.match(p.message)]
    yield from edits(
        ID, "what is None at first is optional", later, scene, _later, severity=Severity.MEDIUM
    )


def _later(problem: Problem, bench: Bench) -> bool:
    """Annotate the binding to ``None`` with what is bound later."""
    draft = bench.draft(problem.file)
    match = _NARROW.match(problem.message)
    statement = statement_at(draft.source, problem.line) if draft is not None else None
    if draft is None or match is None or not isinstance(statement, ast.Assign):
        return False
    name = ast.unparse(statement.targets[0])
    spelled = bench.spell(problem.file, match["type"])
    return _first_binding(draft, bench.speller(problem.file), problem.line, name, spelled)


def _none_first(problem: Problem, bench: Bench) -> bool:
    """Bind the name to ``None`` ahead of the loop or block that binds it: mypy then joins both."""
    draft = bench.draft(problem.file)
    statement = statement_at(draft.source, problem.line) if draft is not None else None
    if draft is None or not isinstance(statement, ast.Assign):
        return False
    target = statement.targets[0]
    scope = scopes(draft.source, problem.line)[-1]
    if not isinstance(target, ast.Name) or isinstance(scope, ast.ClassDef):
        return False
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) and target.id in {
        a.arg for a in arguments(scope)
    }:
        return False
    for block in scope.body:
        if any(isinstance(n, ast.stmt) and _binds(n, target.id) for n in ast.walk(block)):
            simple = isinstance(block, ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.ClassDef)
            if not simple:
                draft.before(block, f"{target.id} = None")
            return not simple
    return False


def _at_parameter(problem: Problem, scene: Scene) -> bool:
    if not _PYRIGHT_DEFAULT.match(problem.message):
        return False
    draft = Bench(scene).draft(problem.file)
    return draft is not None and _parameter(draft, problem, None) is not None


def _default(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    if draft is None:
        return False
    match = _DEFAULT.match(problem.message)
    found = _parameter(draft, problem, match["name"] if match else None)
    if found is None:
        return False
    function, argument = found
    assert argument.annotation is not None
    speller = bench.speller(problem.file)
    draft.take(function, argument.arg, speller.optional(draft.code(argument.annotation)))
    return True


def _parameter(
    draft: Draft, problem: Problem, name: str | None
) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ast.arg] | None:
    """Return the annotated parameter with a default of ``None`` that a line is about."""
    nearest = function_at(draft.source, problem.line)
    for function in [nearest] if nearest is not None else functions(draft.source.tree):
        given = defaults(function)
        for argument in arguments(function):
            default = given.get(argument.arg)
            if argument.annotation is None or not isinstance(default, ast.Constant):
                continue
            here = name == argument.arg or (name is None and default.lineno == problem.line)
            if default.value is None and here:
                return function, argument
    return None


def _given(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    match = _GIVEN.match(problem.message) or _PYRIGHT_DEFAULT.match(problem.message)
    if draft is None or match is None:
        return False
    statement = statement_at(draft.source, problem.line)
    speller = bench.speller(problem.file)
    if isinstance(statement, ast.AnnAssign):
        text = draft.code(statement.annotation)
        draft.declare(statement, speller.optional(text))
        return True
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if target is None:
        return False
    name = ast.unparse(target)
    return _first_binding(
        draft, speller, problem.line, name, bench.spell(problem.file, match["type"])
    )


def _first_binding(
    draft: Draft, speller: Speller, line: int, name: str, spelled: Spelled | None
) -> bool:
    """Make the first binding of ``name`` (``x``, ``self.x``) say that it may be ``None``."""
    around = scopes(draft.source, line)
    scope: Scope = around[-1]
    if name.startswith("self."):
        scope = next((s for s in reversed(around) if isinstance(s, ast.ClassDef)), scope)
    elif (parameter := _as_parameter(draft, scope, name, speller)) is not None:
        return parameter
    if "." in name and not isinstance(scope, ast.ClassDef):
        return False
    inside = ast.walk(scope) if isinstance(scope, ast.ClassDef) else own(scope)
    bindings = [n for n in inside if isinstance(n, ast.stmt) and _binds(n, name)]
    if isinstance(scope, ast.ClassDef):
        bindings += [n for n in scope.body if _binds(n, name.removeprefix("self."))]
    bindings.sort(key=lambda n: n.lineno)
    if not bindings:
        return False
    first = bindings[0]
    if isinstance(first, ast.AnnAssign):
        draft.declare(first, speller.optional(draft.code(first.annotation)))
        return True
    if spelled is None:
        return False
    made = speller.optional(spelled.text)
    made = Spelled(made.text, (*spelled.imports, *made.imports))
    if (
        isinstance(first, ast.Assign)
        and len(first.targets) == 1
        and isinstance(first.targets[0], ast.Name | ast.Attribute)
    ):
        draft.declare(first, made)
        return True
    if isinstance(scope, ast.ClassDef | ast.Module) and "." in name:
        return False
    draft.before(first, f"{name}: {made.text}")
    draft.need(made.imports)
    return True


def _as_parameter(draft: Draft, scope: Scope, name: str, speller: Speller) -> bool | None:
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    argument = next((a for a in arguments(scope) if a.arg == name), None)
    if argument is None:
        return None
    if argument.annotation is None:
        return False
    draft.take(scope, name, speller.optional(draft.code(argument.annotation)))
    return True


def _binds(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.For | ast.AsyncFor):
        targets = [node.target]
    elif isinstance(node, ast.With | ast.AsyncWith):
        targets = [i.optional_vars for i in node.items if i.optional_vars is not None]
    else:
        return False
    flat = [t for target in targets for t in _flat(target)]
    return any(ast.unparse(t) == name for t in flat)


def _flat(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [t for one in target.elts for t in _flat(one)]
    return [target.value] if isinstance(target, ast.Starred) else [target]
