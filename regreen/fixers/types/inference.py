"""What a function returns and takes, as far as its own text tells.

Literals, f-strings, comparisons, calls of classes; names of pytest's own fixtures and of special
methods, whose types are documented; parameters that are called and annotated the same elsewhere in
the file or its class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from regreen.fixers.types.draft import Draft
from regreen.fixers.types.imports import Import
from regreen.fixers.types.nodes import (
    Function,
    arguments,
    class_of,
    defaults,
    functions,
    own,
    returned,
    yields,
)
from regreen.fixers.types.spelling import Spelled, Speller

_RESULTS = {
    "__init__": "None",
    "__init_subclass__": "None",
    "__post_init__": "None",
    "__del__": "None",
    "__setattr__": "None",
    "__delattr__": "None",
    "__setitem__": "None",
    "__delitem__": "None",
    "__repr__": "str",
    "__str__": "str",
    "__format__": "str",
    "__bytes__": "bytes",
    "__bool__": "bool",
    "__len__": "int",
    "__hash__": "int",
    "__index__": "int",
    "__int__": "int",
    "__float__": "float",
    "__contains__": "bool",
    "__eq__": "bool",
    "__ne__": "bool",
    "__lt__": "bool",
    "__le__": "bool",
    "__gt__": "bool",
    "__ge__": "bool",
}
_TAKEN = {
    ("__eq__", 1): "object",
    ("__ne__", 1): "object",
    ("__contains__", 1): "object",
    ("__setattr__", 1): "str",
    ("__getattr__", 1): "str",
    ("__getattribute__", 1): "str",
    ("__delattr__", 1): "str",
    ("__format__", 1): "str",
}
"""Documented in Python's data model (the types are typeshed's)."""

_FIXTURES = {
    "tmp_path": Import("pathlib", "Path"),
    "tmp_path_factory": Import("pytest", "TempPathFactory"),
    "monkeypatch": Import("pytest", "MonkeyPatch"),
    "caplog": Import("pytest", "LogCaptureFixture"),
    "request": Import("pytest", "FixtureRequest"),
    "pytester": Import("pytest", "Pytester"),
    "recwarn": Import("pytest", "WarningsRecorder"),
    "pytestconfig": Import("pytest", "Config"),
    "capsys": Import("pytest", "CaptureFixture"),
    "capfd": Import("pytest", "CaptureFixture"),
}
"""pytest's built-in fixtures, https://docs.pytest.org/en/stable/reference/fixtures.html"""


def result(draft: Draft, function: Function, speller: Speller) -> Spelled | None:
    """Return what a function returns; ``None`` when its text does not tell."""
    if function.name in _RESULTS and not yields(function):
        return Spelled(_RESULTS[function.name])
    values = [r.value for r in returned(function) if r.value is not None]
    if yields(function):
        return None
    if all(_is_none(v) for v in values):
        return Spelled("None")
    kinds = [kind_of(v, draft, speller) for v in values]
    if any(kind is None for kind in kinds):
        return None
    texts = [k for k in kinds if k is not None]
    if falls_through(function) or len(values) < len(returned(function)):
        texts.append("None")
    return speller.union(texts)


def falls_through(function: Function) -> bool:
    """Whether a function may come to its end without a ``return`` or ``raise``, roughly."""
    return _goes_on(function.body)


def _goes_on(body: list[ast.stmt]) -> bool:
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or _goes_on(last.body) or _goes_on(last.orelse)
    if isinstance(last, ast.With | ast.AsyncWith):
        return _goes_on(last.body)
    if isinstance(last, ast.Try):
        if last.finalbody and not _goes_on(last.finalbody):
            return False
        ends = [last.orelse or last.body, *(h.body for h in last.handlers)]
        return any(_goes_on(end) for end in ends)
    if isinstance(last, ast.While):
        endless = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return not endless or any(isinstance(n, ast.Break) for n in ast.walk(last))
    if isinstance(last, ast.Match):
        whole = any(isinstance(c.pattern, ast.MatchAs) and not c.guard for c in last.cases)
        return not whole or any(_goes_on(c.body) for c in last.cases)
    return True


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def kind_of(node: ast.expr, draft: Draft, speller: Speller) -> str | None:
    """Return the type of an expression that says it itself."""
    if isinstance(node, ast.Constant):
        return constant(node)
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "bool"
    if isinstance(node, ast.Compare):
        plain = all(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops)
        return "bool" if plain else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name = node.func.id
        if name in {"str", "int", "float", "bool", "bytes", "len", "isinstance", "repr", "hash"}:
            return {"len": "int", "hash": "int", "isinstance": "bool", "repr": "str"}.get(
                name, name
            )
        known = {n.name for n in draft.source.tree.body if isinstance(n, ast.ClassDef)}
        if name in known and (speller.lazy or _defined_before(draft, name, node)):
            return name
    return None


def _defined_before(draft: Draft, name: str, node: ast.expr) -> bool:
    return any(
        isinstance(n, ast.ClassDef) and n.name == name and (n.end_lineno or 0) < node.lineno
        for n in draft.source.tree.body
    )


def constant(node: ast.Constant) -> str | None:
    """Return the type of a literal."""
    return "None" if node.value is None else _CONSTANTS.get(type(node.value))


_CONSTANTS: dict[type, str] = {
    bool: "bool",
    int: "int",
    str: "str",
    bytes: "bytes",
    float: "float",
    complex: "complex",
}


def untyped(function: Function, draft: Draft) -> list[ast.arg]:
    """Return the parameters without annotation, ``self`` and ``cls`` apart."""
    given = arguments(function)
    method = class_of(draft.source, function) is not None
    static = any(
        isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list
    )
    if method and not static:
        given = given[1:]
    return [one for one in given if one.annotation is None]


def parameter(
    draft: Draft, function: Function, argument: ast.arg, speller: Speller
) -> Spelled | None:
    """Return what a parameter takes; ``None`` when nothing tells."""
    everyone = arguments(function)
    special = _TAKEN.get((function.name, everyone.index(argument)))
    if special is not None:
        return Spelled(special)
    if argument in (function.args.vararg, function.args.kwarg):
        return speller.typing("Any")
    default = defaults(function).get(argument.arg)
    kind = kind_of(default, draft, speller) if default is not None else None
    if kind is not None and kind != "None":
        return Spelled(kind)
    if _is_tested(draft, function) and argument.arg in _FIXTURES:
        return _fixture(argument.arg, speller)
    same = _elsewhere(draft, argument.arg)
    if same is None:
        return None
    if kind == "None":
        return speller.optional(same)
    return Spelled(same)


def _is_tested(draft: Draft, function: Function) -> bool:
    name = draft.path.rsplit("/", 1)[-1]
    fixture = any("fixture" in ast.unparse(d) for d in function.decorator_list)
    return fixture or (function.name.startswith("test") and name.endswith(".py"))


def _fixture(name: str, speller: Speller) -> Spelled:
    one = _FIXTURES[name]
    arguments_ = "[str]" if one.name == "CaptureFixture" else ""
    if one.module == "pytest":
        return Spelled(f"pytest.{one.name}{arguments_}", (Import("pytest"),))
    made = speller.spell(f"{one.module}.{one.name}")
    return made or Spelled(str(one.name), (one,))


def _elsewhere(draft: Draft, name: str) -> str | None:
    """Return the annotation that all parameters called ``name`` in the file have."""
    found = {
        draft.code(argument.annotation)
        for argument in _by_name(draft.source.tree).get(name, ())
        if argument.annotation is not None
    }
    return next(iter(found)) if len(found) == 1 else None


@lru_cache(maxsize=64)
def _by_name(tree: ast.Module) -> dict[str, list[ast.arg]]:
    found: dict[str, list[ast.arg]] = {}
    for function in functions(tree):
        for argument in arguments(function):
            found.setdefault(argument.arg, []).append(argument)
    return found


def joined(parts: Iterable[Spelled], speller: Speller) -> Spelled:
    """Return the union of several types."""
    known = list(parts)
    made = speller.union([part.text for part in known])
    imports = (*(i for part in known for i in part.imports), *made.imports)
    return Spelled(made.text, tuple(dict.fromkeys(imports)))


def awaited(function: Function) -> bool:
    """Whether a function's own body yields (its type then is a generator's)."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own(function))
