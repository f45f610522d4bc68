"""The many ways to write one assertion, as the expression that each claims."""

from __future__ import annotations

import ast

from regreen.verify.guard.names import dotted, last

_COMPARES: dict[str, type[ast.cmpop]] = {
    "assertEqual": ast.Eq,
    "assertEquals": ast.Eq,
    "assertListEqual": ast.Eq,
    "assertDictEqual": ast.Eq,
    "assertTupleEqual": ast.Eq,
    "assertSetEqual": ast.Eq,
    "assertSequenceEqual": ast.Eq,
    "assertMultiLineEqual": ast.Eq,
    "failUnlessEqual": ast.Eq,
    "assertNotEqual": ast.NotEq,
    "assertNotEquals": ast.NotEq,
    "failIfEqual": ast.NotEq,
    "assertIs": ast.Is,
    "assertIsNot": ast.IsNot,
    "assertIn": ast.In,
    "assertNotIn": ast.NotIn,
    "assertLess": ast.Lt,
    "assertLessEqual": ast.LtE,
    "assertGreater": ast.Gt,
    "assertGreaterEqual": ast.GtE,
}
RENAMED = {
    "assertRegexpMatches": "assertRegex",
    "assertNotRegexpMatches": "assertNotRegex",
    "assertRaisesRegexp": "assertRaisesRegex",
    "assertAlmostEquals": "assertAlmostEqual",
    "assertNotAlmostEquals": "assertNotAlmostEqual",
    "assertItemsEqual": "assertCountEqual",
    "failUnlessRaises": "assertRaises",
    "failUnlessAlmostEqual": "assertAlmostEqual",
}
"""Removed from unittest: https://docs.python.org/3/whatsnew/3.12.html#id3"""

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.In: ast.NotIn,
    ast.Is: ast.IsNot,
    ast.Eq: ast.NotEq,
    ast.NotIn: ast.In,
    ast.IsNot: ast.Is,
    ast.NotEq: ast.Eq,
}


def conjuncts(test: ast.expr) -> list[ast.expr]:
    """Return the claims that ``and`` joins."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return [part for value in test.values for part in conjuncts(value)]
    return [test]


def negated(node: ast.expr) -> ast.expr | None:
    """Return the opposite of one comparison; ``None`` for anything else."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        kind = _OPPOSITE[type(node.ops[0])]
        return ast.copy_location(ast.Compare(node.left, [kind()], node.comparators), node)
    return None


def asserted(call: ast.Call) -> ast.expr | None:
    """Return what a unittest assertion claims, as an expression; ``None`` for other calls."""
    name = last(call.func)
    if dotted(call.func) in {"pytest.fail", "self.fail"}:
        return ast.Constant(False)
    if not isinstance(call.func, ast.Attribute) or dotted(call.func.value) not in {"self", "cls"}:
        return None
    args = call.args
    if name in _COMPARES and len(args) >= 2:
        return ast.copy_location(ast.Compare(args[0], [_COMPARES[name]()], [args[1]]), call)
    if name in {"assertTrue", "assert_", "failUnless"} and args:
        return args[0]
    if name in {"assertFalse", "failIf"} and args:
        return negated(args[0]) or ast.UnaryOp(ast.Not(), args[0])
    if name in {"assertIsNone", "assertIsNotNone"} and args:
        kind = ast.Is if name == "assertIsNone" else ast.IsNot
        return ast.Compare(args[0], [kind()], [ast.Constant(None)])
    if name == "assertIsInstance" and len(args) >= 2:
        return ast.Call(ast.Name("isinstance", ast.Load()), args[:2], [])
    return None
