"""Functions without annotations: what they return and take, by their text or by asking mypy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.inference import falls_through, joined, parameter, result, untyped
from regreen.fixers.types.nodes import (
    Function,
    every,
    function_at,
    functions,
    own,
    returned,
    yields,
)
from regreen.fixers.types.probing import Answers, Question, probe, question
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled, Speller
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "missing annotations"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list2.html#code-no-untyped-def"

_CALLED = re.compile(
    r"Call to untyped function \"(?P<name>[\w.]+)\"(?: of \"\w+\")? in typed context"
)
_PYRIGHT = frozenset({"reportMissingParameterType", "reportUnknownParameterType"})


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield what the text tells, then what mypy answers, then ``Any`` for what nobody tells."""
    found = problems(failure, scene, "no-untyped-def", "no-untyped-call", *sorted(_PYRIGHT))
    if not found:
        return
    yield from edits(ID, "annotations that the code itself tells", found, scene, _by_text)
    asked = list(_questions(found, scene))

    def read(answers: Answers) -> Iterator[Idea]:
        def change(problem: Problem, bench: Bench) -> bool:
            return _with_answers(problem, bench, answers, last=False)

        def anything(problem: Problem, bench: Bench) -> bool:
            return _with_answers(problem, bench, answers, last=True)

        why = "annotations that mypy infers"
        yield from edits(ID, why, found, scene, change, severity=Severity.MEDIUM)
        yield from _anyhow(found, scene, anything)

    yield from probe(ID, "what do these functions return?", asked, scene, read)
    if not asked:
        yield from _anyhow(found, scene, lambda p, b: _with_answers(p, b, {}, last=True))


def _anyhow(found: Sequence[Problem], scene: Scene, change: object) -> Iterator[Idea]:
    words = "annotations, Any for the parameters of which nothing is known"
    review = "Any stands for what could not be inferred: say what these parameters take"
    assert callable(change)
    yield from edits(ID, words, found, scene, change, severity=Severity.MEDIUM, review=review)


def _targets(problem: Problem, bench: Bench) -> Iterator[tuple[Draft, Function]]:
    """Yield the functions that a complaint is about: the one there, or those that are called."""
    draft = bench.draft(problem.file)
    if draft is None:
        return
    match = _CALLED.match(problem.message)
    if match is None:
        function = function_at(draft.source, problem.line)
        if function is not None:
            yield draft, function
        return
    name = match["name"].rsplit(".", 1)[-1]
    named = [f for f in functions(draft.source.tree) if f.name == name]
    if not named:
        kinds = [n for n in every(draft.source.tree) if isinstance(n, ast.ClassDef)]
        inits = (f for c in kinds if c.name == name for f in c.body)
        named = [f for f in inits if isinstance(f, Function) and f.name == "__init__"]
    if len(named) == 1:
        yield draft, named[0]


def _by_text(problem: Problem, bench: Bench) -> bool:
    return _with_answers(problem, bench, {}, last=False)


def _with_answers(problem: Problem, bench: Bench, answers: Answers, *, last: bool) -> bool:
    done = False
    for draft, function in _targets(problem, bench):
        speller = bench.speller(draft.path)
        taken = [(a, parameter(draft, function, a, speller)) for a in untyped(function, draft)]
        if any(spelled is None for _, spelled in taken) and not last:
            continue
        given = None
        if function.returns is None:
            given = result(draft, function, speller) or _answer(draft, function, speller, answers)
            if given is None:
                if not last:
                    continue
                given = _generator(function, speller) or speller.typing("Any")
        for argument, spelled in taken:
            draft.take(function, argument.arg, spelled or speller.typing("Any"))
        if given is not None:
            draft.give(function, given)
        done = done or bool(taken) or given is not None
    return done


def _questions(found: Sequence[Problem], scene: Scene) -> Iterator[Question]:
    bench = Bench(scene)
    for one in found:
        for draft, function in _targets(one, bench):
            speller = bench.speller(draft.path)
            if function.returns is None and result(draft, function, speller) is None:
                for value in _values(function):
                    yield question(draft.path, draft.source.lines, value)


def _values(function: Function) -> list[ast.expr]:
    if yields(function):
        found = (n.value for n in own(function) if isinstance(n, ast.Yield))
        return [value for value in found if value is not None]
    return [r.value for r in returned(function) if r.value is not None]


def _answer(draft: Draft, function: Function, speller: Speller, answers: Answers) -> Spelled | None:
    parts: list[Spelled] = []
    for value in _values(function):
        said = answers.get((draft.path, value.lineno))
        spelled = speller.spell(said) if said is not None else None
        if spelled is None:
            return None
        parts.append(spelled)
    if not parts:
        return None
    whole = joined(parts, speller)
    if yields(function):
        return _generator(function, speller, whole)
    if falls_through(function) or any(r.value is None for r in returned(function)):
        return joined([whole, Spelled("None")], speller)
    return whole


def _generator(function: Function, speller: Speller, what: Spelled | None = None) -> Spelled | None:
    """Return the type of a generator that yields ``what`` and takes nothing in."""
    if not yields(function):
        return None
    used = any(
        isinstance(n, ast.Assign | ast.Return) and n.value is not None and _is_yield(n.value)
        for n in own(function)
    )
    if used:
        return None
    kind = "AsyncIterator" if isinstance(function, ast.AsyncFunctionDef) else "Iterator"
    outer = speller.typing(kind)
    inner = what or (speller.typing("Any") if _values(function) else Spelled("None"))
    return Spelled(f"{outer.text}[{inner.text}]", (*outer.imports, *inner.imports))


def _is_yield(node: ast.expr) -> bool:
    return isinstance(node, ast.Yield | ast.YieldFrom | ast.Await)
