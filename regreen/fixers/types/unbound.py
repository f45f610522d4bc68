"""A name that is bound nowhere, or that is bound to what is no type: its import, the type meant.

How the file imported the name before the commit, how the project's other files import it, the one
module of the project that defines it, or the one of the standard library.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Iterator

from regreen.fixers.source import parse
from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.imports import Import, imports_of
from regreen.fixers.types.names import home_of
from regreen.fixers.types.nodes import annotations_of
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.project import Project, module_of
from regreen.fixers.types.spelling import Spelled, Speller
from regreen.model import Failure, Idea
from regreen.scene import Scene

ID = "undefined names"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-name-defined"

_UNDEFINED = re.compile(
    r"(?:Name \"(?P<name>\w+)\" is not defined|\"(?P<other>\w+)\" is not defined)"
)
_NOT_A_TYPE = re.compile(
    r"(?:Function \"builtins\.(?P<name>any|callable)\" is not valid as a type"
    r"|Module \"(?P<module>datetime|tqdm)\" is not valid as a type)"
)
_TYPING = frozenset(
    [
        "Any",
        "Optional",
        "Union",
        "List",
        "Dict",
        "Tuple",
        "Set",
        "FrozenSet",
        "Callable",
        "Iterable",
        "Iterator",
        "Sequence",
        "Mapping",
        "Type",
        "Generator",
        "Literal",
        "TypeVar",
        "Generic",
        "Protocol",
        "NamedTuple",
        "TypedDict",
        "cast",
        "overload",
        "TYPE_CHECKING",
        "ClassVar",
        "Final",
        "Awaitable",
        "Coroutine",
        "AsyncIterator",
        "AsyncGenerator",
        "NoReturn",
        "Pattern",
        "Match",
        "IO",
    ]
)
_STANDARD = {
    "ABC": "abc",
    "BytesIO": "io",
    "Counter": "collections",
    "Decimal": "decimal",
    "Enum": "enum",
    "IntEnum": "enum",
    "ModuleType": "types",
    "OrderedDict": "collections",
    "Path": "pathlib",
    "SimpleNamespace": "types",
    "StringIO": "io",
    "TracebackType": "types",
    "abstractmethod": "abc",
    "asynccontextmanager": "contextlib",
    "contextmanager": "contextlib",
    "dataclass": "dataclasses",
    "deepcopy": "copy",
    "defaultdict": "collections",
    "deque": "collections",
    "lru_cache": "functools",
    "namedtuple": "collections",
    "partial": "functools",
    "suppress": "contextlib",
    "timedelta": "datetime",
    "timezone": "datetime",
    "wraps": "functools",
}
"""Names that only one module of the standard library has, and its documentation uses so."""


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for names that are not bound, then for those that are no types."""
    found = problems(failure, scene)
    unbound = [p for p in found if _UNDEFINED.fullmatch(p.message)]
    projects: dict[str, Project] = {}

    def undefined(problem: Problem, bench: Bench) -> bool:
        project = projects.setdefault("", Project(scene.files, problem.file))
        return _undefined(problem, bench, project)

    yield from edits(ID, "the import that the name needs", unbound, scene, undefined)
    wrong = [p for p in found if _NOT_A_TYPE.match(p.message)]
    yield from edits(ID, "the type of that name", wrong, scene, _type)


def _undefined(problem: Problem, bench: Bench, project: Project) -> bool:
    draft = bench.draft(problem.file)
    match = _UNDEFINED.fullmatch(problem.message)
    if draft is None or match is None:
        return False
    name = match["name"] or match["other"]
    known = _import_for(name, problem, bench, project)
    if known is None or known.module == module_of(problem.file, bench.scene.files):
        return False
    draft.need([known])
    return True


def _import_for(name: str, problem: Problem, bench: Bench, project: Project) -> Import | None:
    before = bench.scene.parent.text(problem.file) if bench.scene.parent is not None else None
    for one in (*_was(before, name), *project.importing(name)):
        return one
    if name in sys.stdlib_module_names:
        return Import(name)
    if name in _STANDARD:
        return Import(_STANDARD[name], name)
    if name in _TYPING:
        return bench.speller(problem.file).typing(name).imports[0]
    home = home_of(name, project, problem.file, "")
    return Import(home, name) if home is not None and not hasattr(builtins, name) else None


def _was(text: str | None, name: str) -> Iterator[Import]:
    """Yield how the file imported the name before the commit."""
    source = parse(text) if text is not None else None
    if source is not None:
        yield from (one for _, one in imports_of(source.tree) if one.binds == name)


def _type(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    match = _NOT_A_TYPE.match(problem.message)
    if draft is None or match is None:
        return False
    name = match["name"] or match["module"]
    done = False
    for annotation in annotations_of(draft.source.tree):
        for node in ast.walk(annotation):
            here = isinstance(node, ast.Name) and node.id == name
            if isinstance(node, ast.Name) and here and node.lineno == problem.line:
                made = _meant(name, bench.speller(problem.file))
                draft.wrap(node, made.text)
                draft.need(made.imports)
                done = True
    return done


def _meant(name: str, speller: Speller) -> Spelled:
    """Return the type that somebody means who writes this name as one."""
    anything = speller.typing("Any")
    if name == "any":
        return anything
    if name == "callable":
        kind = speller.typing("Callable")
        return Spelled(f"{kind.text}[..., {anything.text}]", (*kind.imports, *anything.imports))
    return Spelled(f"{name}.{name}")
