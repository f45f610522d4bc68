"""Test code in a normal form: layout, annotations and the many ways to write one assertion gone.

What differs in the normal form differs in what is tested. ``self.assertEqual(a, b)``,
``assertEquals`` and ``assert a == b`` become one; imports are taken out.
"""

from __future__ import annotations

import ast
from typing import Any

from regreen.verify.guard.claims import RENAMED, asserted, conjuncts, negated
from regreen.verify.guard.names import dotted, last

_BODIES = ("body", "orelse", "finalbody")
STRICT = "warnings must not be raised"


def normal(tree: ast.Module) -> ast.Module:
    """Return the normal form, without imports. The tree that is handed in is used up."""
    _Normalizer().visit(tree)
    return tree


class _Normalizer(ast.NodeTransformer):
    def __init__(self) -> None:
        self.records: set[str] = set()

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in _BODIES:
            body = getattr(node, name, None)
            if isinstance(body, list):
                setattr(node, name, self._statements(body))
        return node

    def _statements(self, body: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for node in body:
            kept += self._statement(node)
        return kept

    def _statement(self, node: Any) -> list[Any]:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.Global | ast.Nonlocal):
            return []
        if isinstance(node, ast.Expr):
            return self._expression(node)
        if isinstance(node, ast.AnnAssign):
            if node.value is None:
                return []
            return [ast.copy_location(ast.Assign([node.target], node.value), node)]
        if isinstance(node, ast.Assert):
            return [
                ast.copy_location(ast.Assert(test, None), node) for test in conjuncts(node.test)
            ]
        if (
            isinstance(node, ast.Raise)
            and last(getattr(node.exc, "func", node.exc)) == "AssertionError"
        ):
            return [ast.copy_location(ast.Assert(ast.Constant(False), None), node)]
        if isinstance(node, ast.With):
            return self._with(node)
        if isinstance(node, ast.Try):
            return _suppressed(node)
        return [node]

    def _expression(self, node: ast.Expr) -> list[Any]:
        value = node.value
        if isinstance(value, ast.Constant):
            return []
        if isinstance(value, ast.Call) and _makes_errors(value):
            return [_marker(node)]
        if isinstance(value, ast.Call) and (test := asserted(value)) is not None:
            test = self.visit_Compare(test) if isinstance(test, ast.Compare) else test
            return [ast.copy_location(ast.Assert(t, None), node) for t in conjuncts(test)]
        return [node]

    def _with(self, node: ast.With) -> list[Any]:
        items = list(node.items)
        body = node.body
        while len(body) == 1 and isinstance(body[0], ast.With):
            items += body[0].items
            body = body[0].body
        kept, nothing = [], []
        for item in items:
            call = item.context_expr
            name = last(call.func) if isinstance(call, ast.Call) else ""
            if (name == "warns" and isinstance(call, ast.Call) and _is_none(call.args)) or (
                name == "catch_warnings" and isinstance(call, ast.Call)
            ):
                nothing.append(item)
            elif name in {"subTest", "app_context", "test_request_context"}:
                continue
            else:
                kept.append(item)
        records = {last(item.optional_vars) for item in nothing if item.optional_vars is not None}
        self.records |= records
        if not kept:
            return list(body)
        node.items, node.body = kept, body
        return [node]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        node.type_comment = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
                argument.type_comment = None
        node.decorator_list = [_decorator(d) for d in node.decorator_list]
        outer, self.records = self.records, set()
        self.generic_visit(node)
        records, self.records = self.records, outer
        if records:
            body = [s for s in node.body if not _says_none(s, records)]
            if len(body) < len(node.body):
                node.body = [*body, _marker(node)]
        plain = [s for s in node.body if not _is_marker(s)]
        if len(plain) < len(node.body):
            node.body = [*plain, _marker(node)]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.bases = [b for b in node.bases if dotted(b) != "object"]
        node.decorator_list = [_decorator(d) for d in node.decorator_list]
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        node.kind = None
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        if all(isinstance(v, ast.Constant) for v in node.values):
            text = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
            return ast.copy_location(ast.Constant(text), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = last(node.func)
        if isinstance(node.func, ast.Attribute) and name in RENAMED:
            node.func.attr = RENAMED[name]
        if (
            name == "cast"
            and len(node.args) == 2
            and isinstance(node.func, ast.Name | ast.Attribute)
        ):
            return node.args[1]
        if name == "super":
            node.args = []
        if isinstance(node.func, ast.Name) and not node.args and not node.keywords:
            empty: dict[str, ast.expr] = {
                "dict": ast.Dict([], []),
                "list": ast.List([], ast.Load()),
                "tuple": ast.Tuple([], ast.Load()),
            }
            return ast.copy_location(empty[name], node) if name in empty else node
        if (
            isinstance(node.func, ast.Name)
            and name == "set"
            and len(node.args) == 1
            and isinstance(node.args[0], ast.List | ast.Tuple)
        ):
            return (
                ast.copy_location(ast.Set(node.args[0].elts), node) if node.args[0].elts else node
            )
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return negated(node.operand) or node if isinstance(node.op, ast.Not) else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        left, right, kind = node.left, node.comparators[0], type(node.ops[0])
        if kind in {ast.Eq, ast.NotEq}:
            if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
                left, right = right, left
            if isinstance(right, ast.Constant) and (
                right.value is None or isinstance(right.value, bool)
            ):
                kind = ast.Is if kind is ast.Eq else ast.IsNot
        return ast.copy_location(ast.Compare(left, [kind()], [right]), node)


def _decorator(node: ast.expr) -> ast.expr:
    """``@pytest.fixture()`` is ``@pytest.fixture``; the names of parametrize are one text."""
    if not isinstance(node, ast.Call):
        return node
    if not node.args and not node.keywords:
        return node.func
    if last(node.func) == "parametrize" and node.args:
        first = node.args[0]
        if isinstance(first, ast.List | ast.Tuple):
            names = [str(e.value) for e in first.elts if isinstance(e, ast.Constant)]
            if len(names) == len(first.elts):
                node.args[0] = ast.Constant(",".join(names))
        elif isinstance(first, ast.Constant) and isinstance(first.value, str):
            node.args[0] = ast.Constant(first.value.replace(" ", ""))
        if len(node.args) > 1:
            node.args[1] = _rows(node.args[1], 2)
    return node


def _rows(node: ast.expr, depth: int) -> ast.expr:
    if depth and isinstance(node, ast.List | ast.Tuple):
        return ast.List([_rows(e, depth - 1) for e in node.elts], ast.Load())
    return node


def _is_none(args: list[ast.expr]) -> bool:
    return len(args) == 1 and isinstance(args[0], ast.Constant) and args[0].value is None


def _marker(node: ast.AST) -> ast.Expr:
    return ast.copy_location(ast.Expr(ast.Constant(STRICT)), node)


def _makes_errors(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    known = last(call.func) in {"simplefilter", "filterwarnings"}
    return known and isinstance(first, ast.Constant) and first.value == "error"


def _is_marker(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and node.value.value == STRICT
    )


def _says_none(node: ast.AST, records: set[str]) -> bool:
    """Whether a statement asserts that no warning was recorded."""
    if not isinstance(node, ast.Assert):
        return False
    test = node.test
    names = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)} - {"len"}
    if len(names) != 1 or not names <= records:
        return False
    text = ast.dump(test)
    return "Not()" in text or ("Eq()" in text and ("value=0" in text or "elts=[]" in text))


def _suppressed(node: ast.Try) -> list[Any]:
    """``try: … except E: pass`` is ``with suppress(E): …``."""
    if (
        len(node.handlers) == 1
        and not node.handlers[0].body
        and not node.orelse
        and not node.finalbody
    ):
        kind = node.handlers[0].type
        call = ast.Call(ast.Name("suppress", ast.Load()), [kind] if kind else [], [])
        return [ast.copy_location(ast.With([ast.withitem(call, None)], node.body), node)]
    return [node]
