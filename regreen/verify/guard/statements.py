"""Statements of a test: what they bind and use, and what is said when one of them is lost."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from regreen.verify.guard.names import dotted, last

Function = ast.FunctionDef | ast.AsyncFunctionDef
COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
FAILING = frozenset(["raises", "assertRaises", "assertRaisesRegex", "warns", "assertWarns"])
"""What expects that the statements in its block fail, or warn."""
HARMLESS_MARKS = frozenset(
    [
        "asyncio",
        "anyio",
        "trio",
        "django_db",
        "usefixtures",
        "parametrize",
        "override",
        "staticmethod",
        "classmethod",
        "fixture",
        "pytest_asyncio",
        "wraps",
        "contextmanager",
        "property",
        "dataclass",
    ]
)
REPLACING = frozenset(
    [
        "__init__",
        "__new__",
        "run",
        "debug",
        "__call__",
        "__init_subclass__",
        "__getattribute__",
        "__getattr__",
        "runTest",
        "setUp",
        "setUpClass",
        "tearDown",
        "tearDownClass",
        "doCleanups",
        "subTest",
        "asyncSetUp",
        "setup_method",
        "setup_class",
        "teardown_method",
        "id",
    ]
)


FIXTURES = frozenset(
    [
        "request",
        "tmp_path",
        "tmp_path_factory",
        "tmpdir",
        "tmpdir_factory",
        "monkeypatch",
        "capsys",
        "capfd",
        "capsysbinary",
        "capfdbinary",
        "caplog",
        "recwarn",
        "pytestconfig",
        "cache",
        "testdir",
        "pytester",
        "doctest_namespace",
        "record_property",
        "client",
        "admin_client",
        "db",
        "rf",
        "settings",
        "mocker",
        "event_loop",
        "benchmark",
        "httpserver",
        "requests_mock",
        "httpx_mock",
        "respx_mock",
        "freezer",
        "live_server",
        "page",
        "browser",
    ]
)
"""Fixtures that pytest and its best known plug-ins bring."""


def within(inside: str) -> str:
    """Say in which test, where one is known."""
    return f" in {inside}" if inside else ""


def mark(node: ast.expr) -> str:
    """Return the last name of a decorator."""
    return last(node.func if isinstance(node, ast.Call) else node)


def kinds_of(node: ast.AST) -> set[str]:
    """The functions that the items of a ``with`` call."""
    items = getattr(node, "items", [])
    return {last(getattr(i.context_expr, "func", i.context_expr)) for i in items}


def effective(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Leave out definitions that a later one of the same name hides."""
    later: set[str] = set()
    kept: list[ast.stmt] = []
    for node in reversed(body):
        if isinstance(node, Function | ast.ClassDef):
            plain = not any(
                mark(d) in {"overload", "setter", "getter", "deleter", "register"}
                for d in node.decorator_list
            )
            if node.name in later and plain:
                continue
            later.add(node.name)
        kept.append(node)
    return kept[::-1]


def is_dead(old: ast.stmt, new: Sequence[ast.stmt]) -> bool:
    """Whether nothing is lost without the statement: it only names a plain value, or prints."""
    if isinstance(old, ast.Assign):
        calls = any(
            isinstance(n, ast.Call | ast.Await | ast.Yield | ast.YieldFrom)
            for n in ast.walk(old.value)
        )
        plain = all(isinstance(t, ast.Name) for t in old.targets)
        used = {n.id for s in new for n in ast.walk(s) if isinstance(n, ast.Name)}
        special = {"pytestmark", "__test__", "pytest_plugins"}
        return (plain and not calls and not bound(old) & (used | special)) or bool(
            bound(old) & {"pytestmark"} and "skip" in ast.dump(old)
        )
    if isinstance(old, ast.Expr) and isinstance(old.value, ast.Call):
        return dotted(old.value.func) == "print"
    return isinstance(old, ast.If) and dotted(old.test).endswith("TYPE_CHECKING")


def is_patch(node: ast.Assign) -> bool:
    """Whether an assignment changes a part of something."""
    return any(isinstance(t, ast.Attribute | ast.Subscript) for t in node.targets)


def bound(node: ast.AST) -> set[str]:
    """The names that a statement binds, or that the statements inside it bind."""
    if isinstance(node, Function | ast.ClassDef):
        return {node.name}
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    } | {n.name for n in ast.walk(node) if isinstance(n, Function | ast.ClassDef)}


def names_of(node: ast.AST) -> Iterator[str]:
    """Yield the names in a tree, parameters among them."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id
        elif isinstance(child, ast.arg):
            yield child.arg


def names_used(node: ast.AST) -> set[str]:
    """Return the names in a tree, parameters apart."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def known_names(tree: ast.Module) -> frozenset[str]:
    """The names that a test file uses or takes as parameters, Python's own among them."""
    return frozenset(names_of(tree)) | {n for n in vars(builtins) if n.islower() and len(n) > 2}


def what_was_lost(old: ast.expr, new: ast.expr) -> str:
    """Say what a changed assertion lost."""
    if (isinstance(new, ast.Constant) and new.value) or (isinstance(new, ast.Tuple) and new.elts):
        return "it asserts what is always true"
    if isinstance(new, ast.BoolOp) and isinstance(new.op, ast.Or):
        return "it lets an assertion pass for another reason"
    if isinstance(old, ast.Compare) and isinstance(new, ast.Compare):
        if [type(o) for o in old.ops] != [type(o) for o in new.ops]:
            return "it compares more loosely"
        values = [
            [ast.dump(c) for c in ast.walk(n.comparators[0]) if isinstance(c, ast.Constant)]
            for n in (old, new)
        ]
        if values[0] != values[1]:
            return "it changes what is expected"
    return "it changes what is asserted"
