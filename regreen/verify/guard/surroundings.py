"""Product code that decides by its surroundings: who runs it, where, when and from which folder.

A condition is looked at with the values of the names in it, as far as the file tells them, and
with what the file's own functions return. What an honest repair asks for (the platform, Python's
version, whether something is there at all before it raises) is not counted.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from regreen.verify.guard.names import dotted, last, resolved
from regreen.verify.guard.suspicions import SURROUNDINGS

_WHERE = {name: what for what, names in SURROUNDINGS.items() for name in names}
_LOOKING = frozenset(
    [
        "exists",
        "is_file",
        "is_dir",
        "isfile",
        "isdir",
        "lexists",
        "listdir",
        "glob",
        "rglob",
        "iterdir",
        "scandir",
        "walk",
        "stat",
        "access",
        "open",
        "read_text",
        "iglob",
    ]
)
_FRAMES = frozenset(["f_back", "tb_frame", "f_globals", "f_locals", "gi_frame", "cr_frame"])
_TESTISH = re.compile(
    r"(?:^|[/\\._-])(?:tests?|testing|conftest|pytest|unittest|tox|nox|github|gitlab|git|ci|venv"
    r"|dockerenv|runner|workspace|home|proc|etc|hostname|cgroup|coverage|jenkins)(?:[/\\._-]|$)",
    re.IGNORECASE,
)
_DEEPEST = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Scene:
    """A whole file: ``names`` are what its imports bind, ``bound`` what its own names stand for."""

    names: Mapping[str, str]
    bound: dict[str, list[ast.AST]] = field(default_factory=dict)


def scene(tree: ast.Module, names: Mapping[str, str]) -> Scene:
    """Read what the names of a file's top level, and its objects' attributes, stand for."""
    found = Scene(names)
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, Function):
            found.bound.setdefault(node.name, []).extend(_returned(node))
            for inner in ast.walk(node):
                if isinstance(inner, ast.Assign):
                    _bind(found.bound, inner, attributes=True)
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign):
            _bind(found.bound, node, attributes=False)
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            stack += ast.iter_child_nodes(node)
    return found


def facts(node: ast.AST, about: Scene) -> Iterator[str]:
    """Yield what a statement of the top level decides by, once for each condition."""
    yield from _within(node, about, {})


def _within(node: ast.AST, about: Scene, local: dict[str, list[ast.AST]]) -> Iterator[str]:
    if isinstance(node, Function | ast.Lambda):
        hidden: dict[str, list[ast.AST]] = {
            a.arg: [] for a in ast.walk(node.args) if isinstance(a, ast.arg)
        }
        local = {**local, **hidden}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                _bind(local, inner, attributes=False)
    for condition in _conditions(node):
        for what in sorted(set(_asked(condition, about, local, _DEEPEST))):
            yield f"it decides by {what}"
    if isinstance(node, ast.Attribute) and node.attr in _FRAMES:
        yield "it looks at who calls it"
    if isinstance(node, ast.Call) and _made_up(node, about.names):
        yield "it reads an environment variable by a name that it makes itself"
    if (
        isinstance(node, ast.Subscript)
        and resolved(node.value, about.names) == "os.environ"
        and _is_composed(node.slice)
    ):
        yield "it reads an environment variable by a name that it makes itself"
    for child in ast.iter_child_nodes(node):
        yield from _within(child, about, local)


def _conditions(node: ast.AST) -> list[ast.expr]:
    """Return the expressions by which a node chooses what is done or what a value is."""
    match node:
        case ast.If():
            return [] if _only_refuses(node) else [node.test]
        case ast.While() | ast.IfExp():
            return [node.test]
        case ast.Match():
            return [node.subject]
        case ast.comprehension():
            return list(node.ifs)
        case ast.BoolOp() if isinstance(node.op, ast.And):
            return list(node.values)
        case ast.Subscript() if isinstance(node.slice, ast.Call | ast.Compare) or isinstance(
            node.value, ast.List | ast.Tuple | ast.Dict
        ):
            return [node.slice]
        case ast.For() if any(isinstance(n, ast.Return) for n in ast.walk(node)):
            return [node.iter]
        case ast.Try():
            return [s.value for s in node.body if isinstance(s, ast.Expr)]
        case ast.Call() if last(node.func) == "get" and isinstance(
            getattr(node.func, "value", None), ast.Dict
        ):
            return node.args[:1]
        case ast.BinOp() if isinstance(node.op, ast.Mult):
            return [n for n in (node.left, node.right) if isinstance(n, ast.Compare)]
        case _:
            return []


def _only_refuses(node: ast.If) -> bool:
    """Whether a condition only refuses to go on, as a repair for a type checker does.

    What gives a variable of the environment its default, or says something, chooses nothing either.
    """
    return not node.orelse and all(
        isinstance(s, ast.Raise)
        or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Call) and _only_says(s.value))
        or (
            isinstance(s, ast.Assign)
            and all(isinstance(t, ast.Subscript) and last(t.value) == "environ" for t in s.targets)
        )
        for s in node.body
    )


def _only_says(call: ast.Call) -> bool:
    return last(call.func) in {"warn", "warning", "info", "debug", "error", "print"}


def _asked(
    node: ast.AST, about: Scene, local: Mapping[str, list[ast.AST]], depth: int
) -> Iterator[str]:
    """Yield which of its surroundings an expression looks at."""
    found = list(_expanded(node, about, local, depth))
    for part in found:
        if isinstance(part, ast.Attribute | ast.Name):
            full = resolved(part, about.names)
            if full in _WHERE:
                yield _WHERE[full]
            elif part_of := next((n for n in _WHERE if full.startswith(f"{n}.")), ""):
                yield _WHERE[part_of]
            elif full.endswith(".cwd") and "Path" in full:
                yield "how it was started"
    looks = any(isinstance(p, ast.Call) and last(p.func) in _LOOKING for p in found)
    texts = (p.value for p in found if isinstance(p, ast.Constant) and isinstance(p.value, str))
    if looks and any(_TESTISH.search(text) for text in texts):
        yield "files of the tests or of CI"


def _expanded(
    node: ast.AST, about: Scene, local: Mapping[str, list[ast.AST]], depth: int
) -> Iterator[ast.AST]:
    for part in ast.walk(node):
        yield part
        if not depth or not isinstance(part, ast.Name | ast.Attribute):
            continue
        name = dotted(part)
        if name in about.names or not name:
            continue
        own = name.removeprefix("self.").removeprefix("cls.")
        for value in local.get(name, about.bound.get(own if own != name else name, [])):
            yield from _expanded(value, about, local if name in local else {}, depth - 1)


def _returned(node: Function) -> list[ast.AST]:
    """Return what a function gives back, with what its names there stand for."""
    values: list[ast.AST] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Return | ast.Yield) and inner.value is not None:
            values.append(inner.value)
        elif isinstance(inner, ast.If) and any(isinstance(s, ast.Return) for s in inner.body):
            values.append(inner.test)
    used = {n.id for v in values for n in ast.walk(v) if isinstance(n, ast.Name)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign) and any(last(t) in used for t in inner.targets):
            values.append(inner.value)
    return values


def _bind(
    found: dict[str, list[ast.AST]],
    node: ast.Assign | ast.AnnAssign | ast.NamedExpr,
    *,
    attributes: bool,
) -> None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is None:
        return
    for target in targets:
        name = dotted(target)
        if attributes and name.startswith(("self.", "cls.")):
            found.setdefault(name.partition(".")[2], []).append(node.value)
        elif not attributes and isinstance(target, ast.Name):
            found.setdefault(name, []).append(node.value)


def _made_up(node: ast.Call, names: Mapping[str, str]) -> bool:
    full = resolved(node.func, names)
    reads = full in {"os.getenv", "os.environ.get", "os.environ.pop", "os.environ.__getitem__"}
    return reads and bool(node.args) and _is_composed(node.args[0])


def _is_composed(node: ast.expr) -> bool:
    """Whether a text is put together from nothing but constants, which hides what it says."""
    named = any(
        isinstance(n, ast.Name) and n.id not in {"chr", "str", "bytes", "reversed"}
        for n in ast.walk(node)
    )
    return not named and not isinstance(node, ast.Constant)
