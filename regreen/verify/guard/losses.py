"""A statement of a test that is gone, or that another one stands for: what is said about it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from regreen.verify.guard.findings import Findings
from regreen.verify.guard.normal import STRICT
from regreen.verify.guard.statements import (
    COMPOUND,
    Function,
    is_dead,
    kinds_of,
    mark,
    what_was_lost,
    within,
)


def differs(found: Findings, old: ast.stmt, new: ast.stmt, inside: str) -> None:
    """Note what it means that ``new`` stands where ``old`` stood."""
    if isinstance(old, ast.Assert) and isinstance(new, ast.Assert):
        found.say(f"{what_was_lost(old.test, new.test)}{within(inside)}", new)
    elif isinstance(old, ast.With) and (kinds := kinds_of(old)) & {
        "raises",
        "warns",
        "assertRaises",
        "assertRaisesRegex",
        "assertWarns",
        "assertLogs",
    }:
        found.say(f"it expects another or a wider failure, {sorted(kinds)[0]}{within(inside)}", new)
    elif isinstance(old, COMPOUND) and isinstance(new, COMPOUND):
        found.say(f"it changes when or how a test runs its statements{within(inside)}", new)
    else:
        found.say(f"it changes what a test does or is fed with{within(inside)}", new)


def lost(found: Findings, old: ast.stmt, new: Sequence[ast.stmt], inside: str) -> None:
    """Note that a statement is gone; ``new`` are those that stand in its place."""
    if isinstance(old, Function | ast.ClassDef):
        _lost_definition(found, old)
    elif isinstance(old, ast.Assert):
        found.say(f"it drops an assertion{within(inside)}", new[0] if new else old)
    elif (
        isinstance(old, ast.Expr)
        and isinstance(old.value, ast.Constant)
        and old.value.value == STRICT
    ):
        found.say(f"it no longer says that warnings must not be raised{within(inside)}", old)
    elif not is_dead(old, new):
        what = (
            "an expected failure"
            if kinds_of(old) & {"raises", "warns", "assertRaises"}
            else "a statement"
        )
        found.say(f"it drops {what} of a test{within(inside)}", new[0] if new else old)


def _lost_definition(found: Findings, old: Function | ast.ClassDef) -> None:
    if any(mark(d) in {"session", "task"} for d in old.decorator_list):
        found.say(f"it removes the session {old.name}", old)
        return
    tests = [n.name for n in ast.walk(old) if isinstance(n, Function) and found.is_test(n.name)]
    if tests:
        found.say(f"it removes the test {tests[0]}", old)
    elif any(p for p in found.reference.patched.using(old.name)):
        found.say(f"it removes {old.name}, which is still used", old)
