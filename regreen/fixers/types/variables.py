"""Containers of which it is not said what they hold.

What is put into a container where it is made says what it holds: literals, and what mypy answers
for the rest.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.inference import constant, joined
from regreen.fixers.types.nodes import last_name, scopes, statement_at
from regreen.fixers.types.probing import Answers, Question, probe, question
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled, Speller
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "containers"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-var-annotated"

_NEEDED = re.compile(r"Need type annotation for \"(?P<name>[\w.]+)\"")
_MADE = {
    "list": 1,
    "set": 1,
    "dict": 2,
    "deque": 1,
    "defaultdict": 2,
    "OrderedDict": 2,
    "Counter": 1,
    "frozenset": 1,
    "Queue": 1,
}
"""How many arguments the type of a container has."""


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield annotations of variables, by their text and by mypy's answers."""
    needed = problems(failure, scene, "var-annotated")
    needed += [p for p in problems(failure, scene) if not p.code and _NEEDED.match(p.message)]
    if needed:
        yield from edits(ID, "what the container holds", needed, scene, _by_text)
        asked = list(_questions(needed, scene))

        def read(answers: Answers) -> Iterator[Idea]:
            def change(problem: Problem, bench: Bench) -> bool:
                return _annotate(problem, bench, answers, last=False)

            why = "what the container holds, as mypy infers"
            yield from edits(ID, why, needed, scene, change, severity=Severity.MEDIUM)
            yield from _anyhow(needed, scene)

        yield from probe(ID, "what do these containers hold?", asked, scene, read)
        if not asked:
            yield from _anyhow(needed, scene)


def _anyhow(needed: list[Problem], scene: Scene) -> Iterator[Idea]:
    review = "Any stands for what could not be inferred: say what these hold"

    def change(problem: Problem, bench: Bench) -> bool:
        return _annotate(problem, bench, {}, last=True)

    words = "annotations of containers"
    yield from edits(ID, words, needed, scene, change, severity=Severity.MEDIUM, review=review)


def _by_text(problem: Problem, bench: Bench) -> bool:
    return _annotate(problem, bench, {}, last=False)


def _annotate(problem: Problem, bench: Bench, answers: Answers, *, last: bool) -> bool:
    draft = bench.draft(problem.file)
    if draft is None or (found := _container(draft, problem)) is None:
        return False
    statement, kind, target = found
    speller = bench.speller(problem.file)
    if kind == "None":
        return False
    parts = [
        _types(values, draft, speller, answers) for values in _held(draft, statement, target, kind)
    ]
    if any(part is None for part in parts) and not last:
        return False
    known = [part or speller.typing("Any") for part in parts]
    if kind == "tuple":
        known.append(Spelled("..."))
    texts = [part.text for part in known]
    outer = _outer(statement.value, kind, speller, texts)
    if outer is None:
        return False
    imports = (*outer.imports, *(i for part in known for i in part.imports))
    draft.declare(statement, Spelled(outer.text, imports))
    return True


def _outer(value: ast.expr | None, kind: str, speller: Speller, texts: list[str]) -> Spelled | None:
    if kind in {"list", "set", "dict", "frozenset", "tuple"}:
        return speller.generic(kind, texts)
    if not isinstance(value, ast.Call):
        return None
    name = ast.unparse(value.func)
    if speller.oldest >= (3, 9):
        return Spelled(f"{name}[{', '.join(texts)}]")
    return Spelled(f'"{name}[{", ".join(texts)}]"')


def _container(
    draft: Draft, problem: Problem
) -> tuple[ast.Assign | ast.AnnAssign, str, str] | None:
    """Return the assignment that a complaint is about, the container it makes, and its target."""
    statement = statement_at(draft.source, problem.line)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    single = isinstance(statement, ast.AnnAssign) or len(statement.targets) == 1
    if not single or not isinstance(target, ast.Name | ast.Attribute):
        return None
    kind = _makes(statement.value)
    return None if kind is None else (statement, kind, ast.unparse(target))


def _makes(value: ast.expr) -> str | None:
    if isinstance(value, ast.List | ast.ListComp):
        return "list"
    if isinstance(value, ast.Dict | ast.DictComp):
        return "dict"
    if isinstance(value, ast.Set | ast.SetComp):
        return "set"
    if isinstance(value, ast.Tuple):
        return "tuple"
    if isinstance(value, ast.Call):
        name = last_name(value.func)
        return name if name in _MADE else None
    return None


def _held(draft: Draft, statement: ast.stmt, target: str, kind: str) -> list[list[ast.expr]]:
    """Return the expressions that are put in: of each argument of the type."""
    around = scopes(draft.source, statement.lineno)
    dotted = "." in target
    scope = (
        next((s for s in reversed(around) if isinstance(s, ast.ClassDef)), around[-1])
        if dotted
        else around[-1]
    )
    one: list[ast.expr] = []
    two: list[ast.expr] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if ast.unparse(node.func.value) == target and node.func.attr in {
                "append", "add", "appendleft", "put", "put_nowait"
            }:  # fmt: skip
                one += node.args[:1]
            if ast.unparse(node.func.value) == target and node.func.attr == "insert":
                one += node.args[1:2]
            if ast.unparse(node.func.value) == target and node.func.attr == "setdefault":
                one += node.args[:1]
                two += node.args[1:2]
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Subscript)
            and ast.unparse(node.targets[0].value) == target
        ):
            one.append(node.targets[0].slice)
            two.append(node.value)
    count = _MADE.get(kind, 1)
    if count == 2:
        return [one, two]
    return [one if kind != "list" or not two else [*one, *two]]


def _types(
    values: list[ast.expr], draft: Draft, speller: Speller, answers: Answers
) -> Spelled | None:
    parts: list[Spelled] = []
    for value in values:
        said = answers.get((draft.path, value.lineno))
        spelled = _literal(value) or (speller.spell(said) if said is not None else None)
        if spelled is None:
            return None
        parts.append(spelled)
    return joined(parts, speller) if parts else None


def _literal(value: ast.expr) -> Spelled | None:
    if isinstance(value, ast.JoinedStr):
        return Spelled("str")
    kind = constant(value) if isinstance(value, ast.Constant) else None
    return Spelled(kind) if kind is not None else None


def _questions(needed: list[Problem], scene: Scene) -> Iterator[Question]:
    bench = Bench(scene)
    for one in needed:
        draft = bench.draft(one.file)
        found = _container(draft, one) if draft is not None else None
        if draft is None or found is None:
            continue
        for values in reversed(_held(draft, found[0], found[2], found[1])):
            for value in values:
                if _literal(value) is None:
                    yield question(one.file, draft.source.lines, value)
