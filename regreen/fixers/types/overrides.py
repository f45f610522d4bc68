"""Methods that do not fit the one they override: take its parameters and types over.

mypy prints both signatures; only annotations and further optional parameters are changed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import Function, arguments, class_of, defaults, function_at, literal
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.project import Project
from regreen.fixers.types.spelling import Spelled
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "overrides"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-override"

_ARGUMENT = re.compile(
    r"Argument (?P<number>\d+) of \"(?P<name>\w+)\" is incompatible with supertype"
    r" \"(?P<base>[\w.]+)\"; supertype defines the argument type as \"(?P<type>.+)\""
)
_RESULT = re.compile(
    r"Return type \"(?P<got>.+)\" of \"(?P<name>\w+)\" incompatible with return type"
    r" \"(?P<type>.+)\" in supertype \"(?P<base>[\w.]+)\""
)
_SIGNATURE = re.compile(
    r"Signature of \"(?P<name>\w+)\" incompatible with supertype \"(?P<base>[\w.]+)\""
)
_EXIT = re.compile(
    r"\"bool\" is invalid as return type for \"__a?exit__\" that always returns False"
)
_NAMED = re.compile(
    r"Parameter (?P<number>\d+) name mismatch: base parameter is named \"(?P<base>\w+)\","
    r" override parameter is named \"(?P<own>\w+)\""
)
_REVIEW = "the override takes what its base takes: does its body do right by it?"
_RETURNS = "the override is said to return what its base returns: does it?"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for argument types, results, and missing parameters."""
    found = problems(failure, scene)
    typed = [p for p in found if _ARGUMENT.match(p.message)]
    yield from edits(
        ID, "it takes what its base takes", typed, scene, _argument,
        severity=Severity.MEDIUM, review=_REVIEW,
    )  # fmt: skip
    results = [p for p in found if _RESULT.match(p.message)]
    yield from edits(
        ID, "it returns what its base returns", results, scene, _result,
        severity=Severity.MEDIUM, review=_RETURNS,
    )  # fmt: skip
    exits = [p for p in found if _EXIT.match(p.message)]
    yield from edits(ID, "it never swallows an exception", exits, scene, _exit)
    projects: dict[str, Project] = {}

    def more(problem: Problem, bench: Bench) -> bool:
        project = projects.setdefault("", Project(scene.files, problem.file))
        return _parameters(problem, bench, project)

    signatures = [p for p in found if _SIGNATURE.match(p.message)]
    yield from edits(
        ID, "it takes all parameters of its base", signatures, scene, more,
        severity=Severity.MEDIUM, review=_REVIEW,
    )  # fmt: skip


def _method(problem: Problem, bench: Bench) -> tuple[Draft, Function] | None:
    draft = bench.draft(problem.file)
    function = function_at(draft.source, problem.line) if draft is not None else None
    return (draft, function) if draft is not None and function is not None else None


def _argument(problem: Problem, bench: Bench) -> bool:
    match = _ARGUMENT.match(problem.message)
    found = _method(problem, bench)
    if match is None or found is None:
        return False
    draft, function = found
    given = arguments(function)
    offset = 1 if class_of(draft.source, function) is not None else 0
    index = int(match["number"]) - 1 + offset
    spelled = bench.spell(problem.file, match["type"])
    annotation = given[index].annotation if index < len(given) else None
    if spelled is None or annotation is None or _looser(spelled.text, draft.code(annotation)):
        return False
    draft.take(function, given[index].arg, spelled)
    return True


def _result(problem: Problem, bench: Bench) -> bool:
    match = _RESULT.match(problem.message)
    found = _method(problem, bench)
    spelled = bench.spell(problem.file, match["type"]) if match else None
    if found is None or spelled is None or found[1].returns is None:
        return False
    text = spelled.text
    if isinstance(found[1], ast.AsyncFunctionDef):
        inner = re.fullmatch(r"Coroutine\[Any, Any, (?P<inner>.+)\]", text)
        if inner is None:
            return False
        text = inner["inner"]
    if _looser(text, found[0].code(found[1].returns)):
        return False
    found[0].give(found[1], Spelled(text, spelled.imports))
    return True


def _looser(new: str, written: str) -> bool:
    """Whether ``Any`` would stand where a person said more."""
    return len(re.findall(r"\bAny\b", new)) > len(re.findall(r"\bAny\b", written))


def _exit(problem: Problem, bench: Bench) -> bool:
    found = _method(problem, bench)
    if found is None:
        return False
    literal = bench.speller(problem.file).typing("Literal")
    found[0].give(found[1], Spelled(f"{literal.text}[False]", literal.imports))
    return True


def _parameters(problem: Problem, bench: Bench, project: Project) -> bool:
    """Add the parameters of the base's method that the override lacks, with the base's defaults."""
    match = _SIGNATURE.match(problem.message)
    found = _method(problem, bench)
    base = _base(problem, bench)
    if match is None or found is None:
        return False
    draft, function = found
    parent = _defined(match["base"], match["name"], project)
    wanted = arguments(parent) if parent is not None else base
    if not wanted:
        return False
    own = {a.arg for a in arguments(function)}
    done = False
    for one in wanted:
        if one.arg in own or one.arg in {"self", "cls"}:
            continue
        code = _code(one, parent, draft, bench, problem.file)
        if code is None:
            return False
        draft.add_parameter(function, one.arg, code)
        done = True
    return done


def _base(problem: Problem, bench: Bench) -> list[ast.arg]:
    """Read the base's signature as mypy prints it."""
    notes = list(problem.notes)
    at = next((i for i, note in enumerate(notes) if note.strip() == "Superclass:"), None)
    if at is None or at + 1 >= len(notes):
        return []
    text = re.sub(r"=\s*\.\.\.", "= ...", notes[at + 1].strip())
    text = re.sub(r"def \[.*?\] ", "def ", text)
    try:
        node = ast.parse(f"{text}: ...").body[0]
    except (SyntaxError, ValueError):
        return []
    return arguments(node) if isinstance(node, Function) else []


def _defined(base: str, name: str, project: Project) -> Function | None:
    last = base.rsplit(".", 1)[-1]
    for one in project.defining(last):
        if isinstance(one.node, ast.ClassDef):
            for inner in one.node.body:
                if isinstance(inner, Function) and inner.name == name:
                    return inner
    return None


def _code(
    one: ast.arg, parent: Function | None, draft: Draft, bench: Bench, path: str
) -> str | None:
    """Return how a parameter of the base is written in the override."""
    stars = ""
    default = None
    if parent is not None:
        stars = "*" if one is parent.args.vararg else "**" if one is parent.args.kwarg else ""
        value = defaults(parent).get(one.arg)
        default = literal(value) if isinstance(value, ast.Constant) else None
        if value is not None and default is None:
            return None
    elif one.arg in {"args", "kwargs"}:
        stars = "*" if one.arg == "args" else "**"
    text = ""
    if one.annotation is not None:
        spelled = bench.spell(path, ast.unparse(one.annotation).strip("'\""))
        if spelled is None:
            return None
        draft.need(spelled.imports)
        text = f": {spelled.text}"
    if stars:
        return f"{stars}{one.arg}{text}"
    end = "" if default is None else f" = {default}" if text else f"={default}"
    return f"{one.arg}{text}{end}"
