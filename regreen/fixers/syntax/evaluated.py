"""Annotations that an older Python cannot evaluate: ``X | Y`` (3.10) and ``list[X]`` (3.9).

PEP 604 and PEP 585. They are found where Python evaluates them, and either put off
(``from __future__ import annotations``, PEP 563) or written with the names of ``typing``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.fixers.source import Source, parse, replace_spans
from regreen.fixers.syntax.importing import with_import

Version = tuple[int, int]
UNIONS: Version = (3, 10)
GENERICS: Version = (3, 9)

_BUILTIN = {
    "list": "List",
    "dict": "Dict",
    "set": "Set",
    "frozenset": "FrozenSet",
    "tuple": "Tuple",
    "type": "Type",
}
_OF_COLLECTIONS = {
    "defaultdict": "DefaultDict",
    "OrderedDict": "OrderedDict",
    "Counter": "Counter",
    "ChainMap": "ChainMap",
    "deque": "Deque",
}
# fmt: off
_OF_ABC = frozenset([
    "AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "ByteString", "Callable",
    "Collection", "Container", "Coroutine", "Generator", "Hashable", "ItemsView", "Iterable",
    "Iterator", "KeysView", "Mapping", "MappingView", "MutableMapping", "MutableSequence",
    "MutableSet", "Reversible", "Sequence", "Set", "Sized", "ValuesView",
])
# fmt: on
_RESOLVERS = frozenset(
    {
        "pydantic",
        "fastapi",
        "typer",
        "attrs",
        "cattrs",
        "sqlalchemy",
        "sqlmodel",
        "msgspec",
        "beartype",
    }
)
"""Libraries that evaluate annotations themselves: to put them off is no help there."""


@dataclass(frozen=True, slots=True)
class Newer:
    """An expression that an older Python cannot evaluate; ``late`` if it is an annotation."""

    node: ast.expr
    late: bool


def newer_in(source: Source, python: Version) -> list[Newer]:
    """Return the outermost expressions of types that ``python`` cannot evaluate, in their order."""
    put_off = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in source.tree.body
    )
    names = _imported(source.tree)
    found = [
        Newer(node, late)
        for node, late in _evaluated(source.tree)
        if not (late and put_off) and _is_newer(node, python, names)
    ]
    return sorted(found, key=lambda one: (one.node.lineno, one.node.col_offset))


def put_off(source: Source, python: Version) -> str | None:
    """Return the text with annotations put off; ``None`` where that would not be enough."""
    found = newer_in(source, python)
    if not found or not all(one.late for one in found) or _resolved(source.tree):
        return None
    return with_import(source, "__future__", ("annotations",))


def spelled_out(source: Source, python: Version) -> str | None:
    """Return the text with such types written with ``typing``; ``None`` where there are none."""
    found = newer_in(source, python)
    if not found:
        return None
    names = _imported(source.tree)
    wanted: set[str] = set()
    changes: list[tuple[ast.expr | ast.stmt, str]] = []
    for one in found:
        spelling = _Spelling(python, names)
        expression = ast.parse(ast.unparse(one.node), mode="eval").body
        changes.append((one.node, ast.unparse(spelling.visit(expression))))
        wanted |= spelling.wanted
    made = parse(replace_spans(source, changes))
    return with_import(made, "typing", sorted(wanted)) if made is not None else None


class _Spelling(ast.NodeTransformer):
    def __init__(self, python: Version, names: dict[str, str]) -> None:
        self.python, self.names = python, names
        self.wanted: set[str] = set()

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if not isinstance(node.op, ast.BitOr):
            return node
        parts = [self.visit(part) for part in _members(node)]
        rest = [part for part in parts if not _is_none(part)]
        union = rest[0] if len(rest) == 1 else self._of("Union", ast.Tuple(rest, ast.Load()))
        return union if len(rest) == len(parts) else self._of("Optional", union)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        name = _typing_name(node.value, self.names) if self.python < GENERICS else None
        return self._of(name, node.slice) if name else node

    def _of(self, name: str, inner: ast.expr) -> ast.expr:
        self.wanted.add(name)
        return ast.Subscript(ast.Name(name, ast.Load()), inner, ast.Load())


def _members(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _members(node.left)
        yield from _members(node.right)
    else:
        yield node


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _typing_name(node: ast.expr, names: dict[str, str]) -> str | None:
    """Return what ``typing`` calls a class that can be subscripted from Python 3.9 on."""
    if isinstance(node, ast.Attribute):
        whole = ast.unparse(node)
    elif isinstance(node, ast.Name):
        whole = names.get(node.id, f"builtins.{node.id}")
    else:
        return None
    module, _, name = whole.rpartition(".")
    if module == "builtins":
        return _BUILTIN.get(name)
    if module == "collections":
        return _OF_COLLECTIONS.get(name)
    if module == "collections.abc" and name in _OF_ABC:
        return "AbstractSet" if name == "Set" else name
    return None


def _is_newer(node: ast.expr, python: Version, names: dict[str, str]) -> bool:
    for one in ast.walk(node):
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.BitOr) and python < UNIONS:
            return True
        if isinstance(one, ast.Subscript) and python < GENERICS and _typing_name(one.value, names):
            return True
    return False


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return what names are imported as: the whole dotted name of each."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }


def _resolved(tree: ast.Module) -> bool:
    modules = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return bool(modules & _RESOLVERS)


def _evaluated(tree: ast.Module) -> Iterator[tuple[ast.expr, bool]]:
    """Yield expressions that stand for types and are evaluated; true where as an annotation."""
    yield from _of_body(tree.body, inside=False)


def _of_body(body: list[ast.stmt], *, inside: bool) -> Iterator[tuple[ast.expr, bool]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _of_signature(node)
            yield from _of_body(node.body, inside=True)
        elif isinstance(node, ast.ClassDef):
            yield from ((base, False) for base in node.bases)
            yield from _of_body(node.body, inside=False)
        elif isinstance(node, ast.AnnAssign):
            if not inside:
                yield node.annotation, True
            if node.value is not None:
                yield from _of_value(node.value, alias="TypeAlias" in ast.dump(node.annotation))
        elif isinstance(node, ast.Assign):
            yield from _of_value(node.value, alias=_names_type(node))
        else:
            for name in ("body", "orelse", "finalbody"):
                inner = getattr(node, name, None)
                if isinstance(inner, list):
                    yield from _of_body(
                        [n for n in inner if isinstance(n, ast.stmt)], inside=inside
                    )
            for handler in getattr(node, "handlers", ()):
                yield from _of_body(handler.body, inside=inside)
            if isinstance(node, ast.Expr | ast.Return) and node.value is not None:
                yield from _of_value(node.value, alias=False)


def _of_signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.expr, bool]]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    yield from ((a.annotation, True) for a in every if a is not None and a.annotation is not None)
    if node.returns is not None:
        yield node.returns, True


def _names_type(node: ast.Assign) -> bool:
    """Whether an assignment makes a name for a type: ``Path = str | os.PathLike``."""
    target = node.targets[0]
    if not isinstance(target, ast.Name) or not target.id.lstrip("_")[:1].isupper():
        return False
    return not target.id.isupper() and isinstance(node.value, ast.BinOp | ast.Subscript)


def _of_value(value: ast.expr, *, alias: bool) -> Iterator[tuple[ast.expr, bool]]:
    if alias:
        yield value, False
        return
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "cast" and node.args:
                yield node.args[0], False
            elif called == "TypeVar":
                yield from ((k.value, False) for k in node.keywords if k.arg == "bound")
                yield from ((one, False) for one in node.args[1:])
