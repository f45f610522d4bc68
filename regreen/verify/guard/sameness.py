"""Are two expressions of a test the same, but for a rename that the product made?

A name may differ only when the old one is gone from the product, an argument only when the
product's own definition asks for it. Everything else must be the same, constants above all: they
are what is expected, and what is fed in.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from regreen.verify.guard.names import dotted, last
from regreen.verify.guard.reference import Reference, asked_for, same_import
from regreen.verify.guard.successors import modern

_TOOLS = frozenset(
    [
        "approx",
        "raises",
        "warns",
        "deprecated_call",
        "fixture",
        "parametrize",
        "skip",
        "skipif",
        "xfail",
        "patch",
        "mock",
        "Mock",
        "MagicMock",
        "isclose",
        "allclose",
        "assert_allclose",
        "assert_almost_equal",
        "assert_array_almost_equal",
        "assert_frame_equal",
        "assert_series_equal",
        "assertAlmostEqual",
        "assertNotAlmostEqual",
        "assertRaises",
        "assertRaisesRegex",
        "assertWarns",
        "assertLogs",
        "suppress",
        "param",
        "usefixtures",
        "filterwarnings",
        "timeout",
        "settings",
        "given",
        "example",
        "isinstance",
        "len",
    ]
)
"""Functions whose arguments say how strict a test is."""


def same(old: ast.AST | None, new: ast.AST | None, reference: Reference) -> bool:
    """Whether ``new`` says what ``old`` says."""
    if old is None or new is None:
        return old is new
    if isinstance(new, ast.Await) and not isinstance(old, ast.Await) and isinstance(old, ast.Call):
        return same(old, new.value, reference)
    if isinstance(old, ast.Constant) and isinstance(new, ast.Constant):
        return _same_constants(old.value, new.value, reference)
    if isinstance(old, ast.Name | ast.Attribute) and isinstance(new, ast.Name | ast.Attribute):
        return _same_names(old, new, reference)
    if type(old) is not type(new):
        return False
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        return _same_calls(old, new, reference)
    return all(
        _same_fields(getattr(old, name, None), getattr(new, name, None), reference)
        for name in old._fields
        if name not in {"ctx", "kind", "type_comment"}
    )


def _same_fields(old: object, new: object, reference: Reference) -> bool:
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(
            _same_fields(a, b, reference) for a, b in zip(old, new, strict=True)
        )
    if isinstance(old, ast.AST) and isinstance(new, ast.AST):
        return same(old, new, reference)
    if isinstance(old, str) and isinstance(new, str):
        return reference.may_rename(old, new)
    return old == new


def _same_constants(old: object, new: object, reference: Reference) -> bool:
    if type(old) is type(new) and old == new:
        return True
    if not (isinstance(old, str) and isinstance(new, str)):
        return False
    if old.startswith(">>>") or not _is_path(old) or not _is_path(new):
        return old.split() == new.split() and old.strip() == new.strip()
    first, second = old.split("."), new.split(".")
    if first[-1] == second[-1]:
        return reference.follows(old, new)
    return first[:-1] == second[:-1] and reference.may_rename(first[-1], second[-1])


def _is_path(text: str) -> bool:
    """Whether a text names something in a module, as ``mock.patch`` takes it."""
    parts = text.split(".")
    return len(parts) > 1 and all(part.isidentifier() for part in parts)


def _same_names(old: ast.expr, new: ast.expr, reference: Reference) -> bool:
    first, second = dotted(old), dotted(new)
    if first and first == second:
        return same_import(first.partition(".")[0], reference)
    if not first or not second:
        if isinstance(old, ast.Attribute) and isinstance(new, ast.Attribute):
            return same(old.value, new.value, reference) and reference.may_rename(
                old.attr, new.attr
            )
        return False
    full = (_full(first, reference.old_imports), _full(second, reference.new_imports))
    if full[0] == full[1]:
        return True
    roots = [name.partition(".")[0] for name in (first, second)]
    if roots[1] in reference.own and roots[0] != roots[1]:
        return False
    if roots[0] in reference.old_imports and reference.follows(*full):
        return roots[1] not in reference.own
    if last(old) == last(new) and roots[0] in reference.old_imports:
        return False
    if (
        isinstance(old, ast.Attribute)
        and isinstance(new, ast.Attribute)
        and dotted(old.value) == dotted(new.value)
    ):
        return reference.may_rename(old.attr, new.attr)
    if roots[0] in reference.old_imports:
        return reference.may_rename(last(old), last(new))
    return (
        isinstance(old, ast.Name)
        and isinstance(new, ast.Name)
        and reference.may_rename(old.id, new.id)
    )


def _full(name: str, imports: dict[str, str]) -> str:
    root, mark, rest = name.partition(".")
    return f"{imports.get(root, root)}{mark}{rest}"


def _same_calls(old: ast.Call, new: ast.Call, reference: Reference) -> bool:
    if not same(old.func, new.func, reference):
        return False
    old = modern(old, new, reference.sources[1])
    before = {k.arg: k.value for k in old.keywords if k.arg}
    after = {k.arg: k.value for k in new.keywords if k.arg}
    stars = [[k.value for k in c.keywords if k.arg is None] for c in (old, new)]
    if len(stars[0]) != len(stars[1]) or not _same_fields(stars[0], stars[1], reference):
        return False
    positional = min(len(old.args), len(new.args))
    pairs = zip(old.args[:positional], new.args[:positional], strict=True)
    if not all(same(a, b, reference) for a, b in pairs):
        return False
    lost = [*old.args[positional:], *(v for k, v in before.items() if k not in after)]
    more = [*new.args[positional:], *(v for k, v in after.items() if k not in before)]
    if not all(same(before[k], after[k], reference) for k in before.keys() & after.keys()):
        return False
    rest = _unmatched(lost, more, reference)
    if rest == (0, 0):
        return True
    name = last(new.func)
    if name in _TOOLS or name in reference.own:
        return False
    return asked_for(name, old, new, rest, reference)


def _unmatched(
    lost: Sequence[ast.expr], more: Sequence[ast.expr], reference: Reference
) -> tuple[int, int]:
    """Count the arguments left over when those with the same value are paired."""
    left = list(more)
    gone = 0
    for value in lost:
        match = next((other for other in left if same(value, other, reference)), None)
        if match is None:
            gone += 1
        else:
            left.remove(match)
    return gone, len(left)
