"""A class that lacks methods which its base, according to the base's stub, leaves to it.

Where only a stub calls them abstract, the base has them at run time: what is missing is said, and
what happens stays the same, since each new method calls the base's. Where the base is abstract
itself there is nothing to call, and nobody but its author knows what the method does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.source import parse
from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.imports import Import, bound, imports_of
from regreen.fixers.types.nodes import Function, arguments, last_name
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.project import Project
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "abstract methods"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-abstract"

_LACKS = re.compile(
    r"Cannot instantiate abstract class \"(?P<name>\w+)\" with abstract attributes?"
    r" (?P<methods>.+)$"
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield an edit that adds the methods, each of which does what the base does."""
    found = [p for p in problems(failure, scene) if _LACKS.match(p.message)]

    def change(problem: Problem, bench: Bench) -> bool:
        return _complete(problem, bench, Project(scene.files, problem.file))

    yield from edits(
        ID,
        "methods that the stub of the base asks for, as the base has them",
        found,
        scene,
        change,
        severity=Severity.MEDIUM,
        review="the new methods do what the base does: should they do more?",
    )


def _complete(problem: Problem, bench: Bench, project: Project) -> bool:
    match = _LACKS.match(problem.message)
    assert match is not None
    home = _home(problem, match["name"], bench, project)
    draft = bench.draft(home) if home is not None else None
    own = [n for n in draft.source.tree.body if isinstance(n, ast.ClassDef)] if draft else []
    node = next((n for n in own if n.name == match["name"]), None)
    if draft is None or node is None:
        return False
    done = False
    for name in re.findall(r"\"(\w+)\"", match["methods"]):
        for stub, imports in _stubs(node, name, project):
            _add(draft, node, stub, imports, bench)
            done = True
            break
        else:
            return False
    return done


def _home(problem: Problem, name: str, bench: Bench, project: Project) -> str | None:
    """Return the file that defines the class which a file instantiates."""
    draft = bench.draft(problem.file)
    if draft is None:
        return None
    if any(isinstance(n, ast.ClassDef) and n.name == name for n in draft.source.tree.body):
        return problem.file
    one = bound(draft.source.tree).get(name)
    found = [
        d.path
        for d in project.defining(name)
        if isinstance(d.node, ast.ClassDef)
        and one is not None
        and (d.module == one.module or d.module.endswith(f".{one.module.lstrip('.')}"))
    ]
    return found[0] if len(found) == 1 else None


def _stubs(
    node: ast.ClassDef, method: str, project: Project
) -> Iterator[tuple[Function, dict[str, Import]]]:
    """Yield the stub's definitions of a method of a base of ``node``."""
    bases = {last_name(base) for base in node.bases}
    for path, source in project.using(method):
        if not path.endswith(".pyi") or not _implemented(path, method, project):
            continue
        for other in source.tree.body:
            if isinstance(other, ast.ClassDef) and other.name in bases:
                for inner in other.body:
                    if isinstance(inner, Function) and inner.name == method:
                        yield inner, {i.binds: i for _, i in imports_of(source.tree)}


def _implemented(path: str, method: str, project: Project) -> bool:
    """Whether the module that a stub describes has the method, and no abstract base class."""
    source = parse(project.files.text(path.removesuffix("i")) or "")
    if source is None:
        return False
    defined = any(isinstance(n, Function) and n.name == method for n in ast.walk(source.tree))
    return defined and "ABCMeta" not in source.text and "abstractmethod" not in source.text


def _add(
    draft: Draft, node: ast.ClassDef, stub: Function, imports: dict[str, Import], bench: Bench
) -> None:
    """Append a method that takes and returns what the siblings of its kind do."""
    taken = [a.arg for a in arguments(stub)]
    like = _sibling(node, taken)
    parts: list[str] = []
    for index, one in enumerate(arguments(stub)):
        annotation = one.annotation
        if like is not None and index < len(arguments(like)):
            given = arguments(like)[index].annotation
            shared = given is not None and index > 1
            if given is not None and shared:
                parts.append(f"{one.arg}: {draft.code(given)}")
                continue
        if annotation is None:
            parts.append(one.arg)
            continue
        text, needed = _written(annotation, imports)
        draft.need(needed)
        parts.append(f"{one.arg}: {text}")
    result, needed = _written(stub.returns, imports) if stub.returns is not None else ("None", [])
    draft.need(needed)
    kind = "async def" if isinstance(stub, ast.AsyncFunctionDef) else "def"
    wait = "await " if isinstance(stub, ast.AsyncFunctionDef) else ""
    call = f"return {wait}super().{stub.name}({', '.join(taken[1:])})"
    head = f"{kind} {stub.name}({', '.join(parts)}) -> {result}:"
    if len(head) > 84:
        head = f"{kind} {stub.name}(\n    {', '.join(parts)}\n) -> {result}:"
    draft.append(node, f'{head}\n    """{_words(stub.name)}."""\n    {call}\n')


def _sibling(node: ast.ClassDef, taken: list[str]) -> Function | None:
    found = (n for n in node.body if isinstance(n, Function))
    return next((f for f in found if [a.arg for a in arguments(f)] == taken), None)


def _words(name: str) -> str:
    parts = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)
    return " ".join(parts).capitalize() if parts else name


def _written(node: ast.expr, imports: dict[str, Import]) -> tuple[str, list[Import]]:
    """Return an annotation of the stub as another file writes it, with the imports it needs."""
    needed: list[Import] = []

    class Short(ast.NodeTransformer):
        def visit_Attribute(self, inner: ast.Attribute) -> ast.expr:
            module = ast.unparse(inner.value)
            known = imports.get(module.split(".")[0])
            if (
                known is not None
                and known.name is None
                and module.split(".")[0] == known.module.split(".")[0]
            ):
                needed.append(Import(module, inner.attr))
                return ast.Name(inner.attr)
            return inner

        def visit_Name(self, inner: ast.Name) -> ast.expr:
            if (known := imports.get(inner.id)) is not None:
                needed.append(known)
            return inner

    made = Short().visit(ast.parse(ast.unparse(node), mode="eval").body)
    return ast.unparse(made), needed
