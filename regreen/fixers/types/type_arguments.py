"""Generic types without arguments.

A bare ``dict`` gets the loose arguments that the file gives it everywhere else, else those that it
has without saying so (``Any``): what is checked stays the same.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import annotations_of, every, last_name, touching
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.spelling import Spelled, Speller
from regreen.model import Failure, Idea
from regreen.scene import Scene

ID = "type arguments"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list2.html#code-type-arg"

_BARE = re.compile(
    r"Missing type (?:parameters|arguments) for generic (?:type|class) \"(?P<name>[\w.]+)"
)
_PYRIGHT_BARE = re.compile(r"Expected type arguments for generic class \"(?P<name>[\w.]+)\"")
_IMPLIED = {
    "Callable": "..., *",
    "tuple": "*, ...",
    "Tuple": "*, ...",
    "Generator": "*, None, None",
    "AsyncGenerator": "*, None",
    "dict": "*, *",
    "Dict": "*, *",
    "Mapping": "*, *",
    "MutableMapping": "*, *",
    "defaultdict": "*, *",
    "DefaultDict": "*, *",
    "OrderedDict": "*, *",
    "Coroutine": "*, *, *",
    "ndarray": "*, *",
}
"""What a bare generic type stands for; ``*`` is ``Any``, as is the one argument of all others."""


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield an edit that gives generic types their arguments."""
    bare = [p for p in problems(failure, scene) if _bare(p)]
    yield from edits(ID, "arguments of generic types", bare, scene, _arguments)


def _bare(problem: Problem) -> str | None:
    match = _BARE.match(problem.message) or _PYRIGHT_BARE.match(problem.message)
    return match["name"].rsplit(".", 1)[-1] if match else None


def _arguments(problem: Problem, bench: Bench) -> bool:
    """Give every bare use of the type on the line (in an annotation or a base) its arguments."""
    draft = bench.draft(problem.file)
    name = _bare(problem)
    if draft is None or name is None:
        return False
    speller = bench.speller(problem.file)
    subscribed = {
        id(n.value) for n in touching(draft.source, problem.line) if isinstance(n, ast.Subscript)
    }
    done = False
    for node in _annotated(draft, problem.line, later=speller.oldest >= (3, 9)):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in subscribed:
            if last_name(node).lower() != name.lower():
                continue
            made = _filled(draft.code(node), last_name(node), draft, speller)
            if made is not None:
                draft.wrap(node, made.text)
                draft.need(made.imports)
                done = True
    return done


def _annotated(draft: Draft, line: int, *, later: bool) -> Iterator[ast.expr]:
    """Yield all expressions of annotations (and bases, and aliases) that stand on a line.

    Bases are evaluated: they count where Python is ``later`` than 3.8.
    """
    for root in _roots(draft.source.tree, later).get(line, ()):
        for inner in ast.walk(root):
            if isinstance(inner, ast.expr) and inner.lineno == line:
                yield inner


@lru_cache(maxsize=64)
def _roots(tree: ast.Module, later: bool) -> dict[int, list[ast.expr]]:
    roots = list(annotations_of(tree))
    for node in every(tree):
        if isinstance(node, ast.ClassDef) and later:
            roots += node.bases
        elif isinstance(node, ast.Call) and last_name(node.func) == "cast" and node.args:
            roots.append(node.args[0])
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            roots.append(node.value)
    found: dict[int, list[ast.expr]] = {}
    for root in roots:
        for line in range(root.lineno, (root.end_lineno or root.lineno) + 1):
            found.setdefault(line, []).append(root)
    return found


def _filled(code: str, name: str, draft: Draft, speller: Speller) -> Spelled | None:
    usual = _usual(draft, name)
    if usual is not None:
        return Spelled(f"{code}[{usual}]")
    anything = speller.typing("Any")
    texts = [anything.text if part == "*" else part for part in _IMPLIED.get(name, "*").split(", ")]
    imports = anything.imports
    if name in {"list", "dict", "set", "tuple", "frozenset", "type"}:
        made = speller.generic(name, texts)
        return Spelled(made.text, (*made.imports, *imports))
    return Spelled(f"{code}[{', '.join(texts)}]", imports)


def _usual(draft: Draft, name: str) -> str | None:
    """Return the arguments that the file gives the type everywhere else, if it is one loose way."""
    found = Counter(
        draft.code(node.slice)
        for node in every(draft.source.tree)
        if isinstance(node, ast.Subscript) and last_name(node.value).lower() == name.lower()
    )
    one = next(iter(found)) if len(found) == 1 and sum(found.values()) > 1 else ""
    return one if re.search(r"\bAny$", one) else None
