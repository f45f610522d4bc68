"""Calls that no longer fit what they call: a parameter was added, renamed or taken away.

What a new parameter gets is read from the project's other calls, or is the variable of that name
around the call; what a keyword is called now is read from the definition before and after the red
commit.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from regreen.fixers.source import parse
from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import (
    arguments,
    calls_at,
    enclosing,
    literal,
    own,
    touching,
)
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.project import Project
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "call arguments"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-call-arg"

_MISSING = re.compile(
    r"Missing (?:positional|named) arguments? (?P<names>\"\w+\"(?:, \"\w+\")*)"
    r" in call to \"(?P<callee>[\w.]+)\""
)
_PYRIGHT_MISSING = re.compile(
    r"Arguments? missing for parameters? (?P<names>\"\w+\"(?:, \"\w+\")*)"
)
_UNEXPECTED = re.compile(
    r"Unexpected keyword argument \"(?P<name>\w+)\" for \"(?P<callee>[\w.]+)\""
    r"(?:(?: of \"[^\"]+\")?; did you mean \"(?P<maybe>\w+)\"\??)?"
)
_PYRIGHT_UNEXPECTED = re.compile(r"No parameter named \"(?P<name>\w+)\"")
_REVIEW = "is the argument that is given now the right one here?"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for keywords that are called something else, then for missing arguments."""
    found = problems(failure, scene)
    unexpected = [
        p for p in found if _UNEXPECTED.match(p.message) or _PYRIGHT_UNEXPECTED.match(p.message)
    ]
    project = Project(scene.files, found[0].file) if found else None
    if project is None:
        return

    def rename(problem: Problem, bench: Bench) -> bool:
        return _rename(problem, bench, project)

    def fill(problem: Problem, bench: Bench) -> bool:
        return _fill(problem, bench, project)

    why = "the call takes the keyword as the definition has it now"
    yield from edits(ID, why, unexpected, scene, rename, severity=Severity.MEDIUM, review=_REVIEW)
    missing = [p for p in found if _MISSING.match(p.message) or _PYRIGHT_MISSING.match(p.message)]
    why = "the call gives what other calls give"
    yield from edits(ID, why, missing, scene, fill, severity=Severity.MEDIUM, review=_REVIEW)


def _rename(problem: Problem, bench: Bench, project: Project) -> bool:
    draft = bench.draft(problem.file)
    match = _UNEXPECTED.match(problem.message) or _PYRIGHT_UNEXPECTED.match(problem.message)
    if draft is None or match is None:
        return False
    name = match["name"]
    for call in _calls(draft, problem, match.groupdict().get("callee")):
        if name not in {k.arg for k in call.keywords}:
            continue
        callee = (match.groupdict().get("callee") or ast.unparse(call.func)).rsplit(".", 1)[-1]
        given = {k.arg for k in call.keywords}
        new = match.groupdict().get("maybe") or _new_name(name, callee, bench.scene, project)
        if new is not None and new not in given:
            draft.rename_argument(call, name, new)
            return True
    return False


def _calls(draft: Draft, problem: Problem, callee: str | None) -> Iterator[ast.Call]:
    """Yield the calls that a complaint may be about."""
    if callee is not None and (named := list(calls_at(draft.source, problem.line, callee))):
        yield from named
        return
    for node in touching(draft.source, problem.line):
        if isinstance(node, ast.Call):
            yield node


def _new_name(name: str, callee: str, scene: Scene, project: Project) -> str | None:
    """Return what the red commit made of a parameter: one is gone and one is new at its place."""
    if scene.parent is None:
        return None
    for path, source in project.using(callee):
        before = parse(scene.parent.text(path) or "")
        old = _parameters(before.tree, callee) if before is not None else []
        new = _parameters(source.tree, callee)
        gone, added = [p for p in old if p not in new], [p for p in new if p not in old]
        if name in gone and len(gone) == len(added):
            return added[gone.index(name)]
    return None


def _parameters(tree: ast.AST, callee: str) -> list[str]:
    """Return the names that something called ``callee`` takes: a function's, a class's fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == callee:
            return [a.arg for a in arguments(node)]
        if isinstance(node, ast.ClassDef) and node.name == callee:
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                    return [a.arg for a in arguments(inner)]
            return [
                n.target.id
                for n in node.body
                if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
            ]
    return []


def _fill(problem: Problem, bench: Bench, project: Project) -> bool:
    draft = bench.draft(problem.file)
    match = _MISSING.match(problem.message) or _PYRIGHT_MISSING.match(problem.message)
    if draft is None or match is None:
        return False
    names = re.findall(r"\"(\w+)\"", match["names"])
    for call in _calls(draft, problem, match.groupdict().get("callee")):
        given = {k.arg for k in call.keywords}
        if given & set(names) or None in given:
            continue
        callee = (match.groupdict().get("callee") or ast.unparse(call.func)).rsplit(".", 1)[-1]
        values = [_value(n, callee, draft, call, project) for n in names]
        known = [value for value in values if value is not None]
        if len(known) != len(names):
            continue
        for name, value in zip(names, known, strict=True):
            draft.add_argument(call, name, value)
        return True
    return False


def _value(name: str, callee: str, draft: Draft, call: ast.Call, project: Project) -> str | None:
    """Return what to give for a parameter: the name itself where it is bound around the call."""
    around = enclosing(draft.source, call.lineno)
    if around is not None:
        local = {a.arg for a in arguments(around)}
        local |= {
            n.id
            for n in own(around)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.lineno < call.lineno
        }
        if name in local:
            return name
    place = _parameters_at(callee, name, project)
    counted: Counter[str] = Counter()
    for _, _, other in project.calls(callee):
        found = next((k.value for k in other.keywords if k.arg == name), None)
        if found is None and place is not None and place < len(other.args):
            found = other.args[place]
        if isinstance(found, ast.Constant) and found.value is not None:
            counted[literal(found)] += 1
    usual = sorted(counted.items(), key=lambda c: (-c[1], c[0]))
    tested = re.search(r"(?:^|/)tests?/|(?:^|[/_])test_|_test\.py$|conftest", draft.path)
    if len(usual) == 1 or (usual and tested):
        return usual[0][0]
    return None


def _parameters_at(callee: str, name: str, project: Project) -> int | None:
    for one in project.defining(callee):
        named = [p for p in _parameters(one.node, callee) if p != "self"]
        if name in named:
            return named.index(name)
    return None
