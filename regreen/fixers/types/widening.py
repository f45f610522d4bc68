"""Annotations that say less than the code does: what is returned, and what is passed.

A function whose result its annotation denies gets the annotation of what it returns; a parameter
to which the project itself passes more gets the wider type, where the definition is the project's.
Both change annotations only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from regreen.fixers.types.bench import Bench, Change, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.inference import falls_through
from regreen.fixers.types.nodes import (
    Function,
    arguments,
    calls_at,
    enclosing,
    function_at,
    functions,
    own,
    scopes,
    statement_at,
)
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.project import Project
from regreen.fixers.types.spelling import Spelled
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "wider annotations"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-return-value"

_RETURNED = re.compile(
    r"Incompatible return value type \(got \"(?P<got>.+)\", expected \"(?P<wanted>.+)\"\)"
    r"|Type \"(?P<got2>.+)\" is not (?:assignable to|compatible with) return type"
    r" \"(?P<wanted2>.+)\""
)
_FALLS = re.compile(
    r"Missing return statement|Function with declared return type .* must return value"
)
_NOTHING = re.compile(r"No return value expected")
_BARE = re.compile(r"Return value expected")
_PASSED = re.compile(
    r"Argument (?P<which>\d+|\"\w+\") to \"(?P<callee>[\w.]+)\"(?: of \"[^\"]+\")? has incompatible"
    r" type \"(?P<got>.+)\"; expected \"(?P<wanted>.+)\""
)
_READ_ONLY = {"list": "Sequence", "List": "Sequence", "dict": "Mapping", "Dict": "Mapping"}
_CHANGED = frozenset(
    [
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "popitem",
    ]
)
_REVIEW = "the annotation is wider now: are all callers fine with it?"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for results, for ends without a result, and for parameters."""
    found = problems(failure, scene)
    returned = [p for p in found if _RETURNED.match(p.message) or _NOTHING.match(p.message)
                or _BARE.match(p.message)]  # fmt: skip
    falls = [p for p in found if _FALLS.match(p.message)]
    passed = [p for p in found if _PASSED.match(p.message)]

    def offered(why: str, ones: list[Problem], change: Change) -> Iterable[Idea]:
        return edits(ID, why, ones, scene, change, severity=Severity.MEDIUM, review=_REVIEW)

    yield from offered("it returns None at its end", falls, _end)
    yield from offered("the result is what is returned", returned, _result)
    projects: dict[str, Project] = {}

    def parameter(problem: Problem, bench: Bench) -> bool:
        project = projects.setdefault("", Project(scene.files, problem.file))
        return _parameter(problem, bench, project)

    yield from offered("what is passed has its type", passed, _argument)
    yield from offered("the parameter takes what is passed", passed, parameter)


def _end(problem: Problem, bench: Bench) -> bool:
    """Say that the function may return ``None``, and let it do so in so many words."""
    draft = bench.draft(problem.file)
    function = function_at(draft.source, problem.line) if draft is not None else None
    if draft is None or function is None or function.returns is None:
        return False
    speller = bench.speller(problem.file)
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    plain = not any(isinstance(n, ast.Return) and n.value is not None for n in own(function))
    if plain:
        if not body or all(isinstance(n, ast.Pass) for n in body):
            return False
        draft.give(function, Spelled("None"))
        return True
    draft.give(function, speller.optional(draft.code(function.returns)))
    if falls_through(function):
        draft.append(function, "return None")
    return True


def _result(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    function = enclosing(draft.source, problem.line) if draft is not None else None
    if draft is None or function is None or function.returns is None:
        return False
    written = draft.code(function.returns)
    written = draft.returns.get(draft.start(function), written)
    match = _RETURNED.match(problem.message)
    got = (match["got"] or match["got2"]) if match else "None"
    wanted = (match["wanted"] or match["wanted2"]) if match else ""
    speller = bench.speller(problem.file)
    if match is None and not _BARE.match(problem.message):
        return False
    if got == "None" or _is_optional(got, wanted):
        made = speller.optional(written)
    else:
        spelled = bench.spell(problem.file, got)
        if spelled is None or re.search(r"\bAny\b|\bobject\b", spelled.text):
            return False
        made = speller.union([written, spelled.text])
        made = Spelled(made.text, (*made.imports, *spelled.imports))
    if made.text == written:
        return False
    draft.give(function, made)
    return True


def _is_optional(got: str, wanted: str) -> bool:
    return got in {f"Optional[{wanted}]", f"{wanted} | None", f"None | {wanted}"}


def _argument(problem: Problem, bench: Bench) -> bool:
    """Annotate a variable that is bound once, and passed where a wider type is expected."""
    draft = bench.draft(problem.file)
    match = _PASSED.match(problem.message)
    if draft is None or match is None or "None" in match["got"].split("[")[0]:
        return False
    for call in calls_at(draft.source, problem.line, match["callee"]):
        value = _given(call, match["which"])
        scope = scopes(draft.source, problem.line)[-1]
        if not isinstance(value, ast.Name):
            continue
        bound = [n for n in own(scope) if isinstance(n, ast.Name) and n.id == value.id
                 and isinstance(n.ctx, ast.Store)]  # fmt: skip
        if len(bound) != 1:
            continue
        statement = statement_at(draft.source, bound[0].lineno)
        plain = isinstance(statement, ast.Assign) and statement.targets == bound
        made = isinstance(statement, ast.Assign) and isinstance(
            statement.value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp
        )
        spelled = bench.spell(problem.file, match["wanted"])
        if plain and made and spelled is not None:
            assert isinstance(statement, ast.Assign)
            draft.declare(statement, spelled)
            return True
    return False


def _given(call: ast.Call, which: str) -> ast.expr | None:
    if which.isdigit():
        index = int(which) - 1
        return call.args[index] if index < len(call.args) else None
    name = which.strip('"')
    return next((k.value for k in call.keywords if k.arg == name), None)


def _parameter(problem: Problem, bench: Bench, project: Project) -> bool:
    """Widen the parameter of the project's own function."""
    match = _PASSED.match(problem.message)
    if match is None:
        return False
    found = _definition(problem, bench, match, project)
    if found is None:
        return False
    draft, function, argument = found
    assert argument.annotation is not None
    written = draft.code(argument.annotation)
    written = draft.parameters.get(draft.start(function), {}).get(argument.arg, written)
    speller = bench.speller(draft.path)
    outer = re.match(r"(?:typing\.)?(\w+)\[", written)
    read_only = _READ_ONLY.get(outer[1]) if outer else None
    if match["got"] == "None" or _is_optional(match["got"], match["wanted"]):
        if not _copes(function, argument.arg):
            return False
        made = speller.optional(written)
    elif read_only and outer and _only_read(function, argument.arg):
        name = speller.typing(read_only)
        made = Spelled(f"{name.text}[{written[outer.end() :]}", name.imports)
    else:
        spelled = bench.spell(draft.path, match["got"])
        if spelled is None or re.search(r"\bAny\b|\bobject\b", spelled.text):
            return False
        made = speller.union([written, spelled.text])
        made = Spelled(made.text, (*made.imports, *spelled.imports))
    if made.text == written:
        return False
    draft.take(function, argument.arg, made)
    return True


def _definition(
    problem: Problem, bench: Bench, match: re.Match[str], project: Project
) -> tuple[Draft, Function, ast.arg] | None:
    here = bench.draft(problem.file)
    calls = list(calls_at(here.source, problem.line, match["callee"])) if here else []
    name = match["callee"].rsplit(".", 1)[-1]
    found: list[tuple[str, Function, bool]] = []
    for path, source in project.using(name):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and node.name == name:
                inits = [n for n in node.body if isinstance(n, Function) and n.name == "__init__"]
                found += [(path, n, True) for n in inits]
            elif isinstance(node, ast.ClassDef):
                own_ones = [n for n in node.body if isinstance(n, Function) and n.name == name]
                found += [(path, n, True) for n in own_ones]
        found += [
            (path, n, False) for n in source.tree.body if isinstance(n, Function) and n.name == name
        ]
    if len(found) != 1 or not calls:
        return None
    path, function, method = found[0]
    draft = bench.draft(path)
    inside = functions(draft.source.tree) if draft is not None else ()
    again = next((n for n in inside if n.lineno == function.lineno), None)
    if draft is None or again is None:
        return None
    static = any(ast.unparse(d) == "staticmethod" for d in again.decorator_list)
    given = arguments(again)[1 if method and not static else 0 :]
    which = match["which"]
    if which.isdigit():
        index = int(which) - 1
        argument = given[index] if index < len(given) else None
    else:
        argument = next((a for a in given if a.arg == which.strip('"')), None)
    if argument is None or argument.annotation is None:
        return None
    return draft, again, argument


def _copes(function: Function, name: str) -> bool:
    """Whether the body of a function asks whether a parameter is ``None``, or false."""
    for node in own(function):
        tests: list[ast.expr] = []
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            tests.append(node.test)
        if isinstance(node, ast.BoolOp):
            tests += node.values[:-1]
        for test in tests:
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(test)):
                return True
    used = [n for n in own(function) if isinstance(n, ast.Name) and n.id == name]
    return not any(_opened(function, n) for n in used)


def _opened(function: Function, name: ast.Name) -> bool:
    return any(
        isinstance(n, ast.Attribute | ast.Subscript) and n.value is name for n in own(function)
    )


def _only_read(function: Function, name: str) -> bool:
    for node in own(function):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in _CHANGED
            and isinstance(node.value, ast.Name)
            and node.value.id == name
        ):
            return False
        stored = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
        if (
            stored
            and isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
        ):
            return False
    return True
