"""A statement that a test did not have: whether it changes what the test looks at."""

from __future__ import annotations

import ast
import re

from regreen.verify.guard.findings import Findings
from regreen.verify.guard.names import dotted, last, resolved
from regreen.verify.guard.statements import (
    FIXTURES,
    Function,
    bound,
    is_patch,
    kinds_of,
    mark,
    within,
)

_CONSUMING = frozenset(
    [
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "sorted",
        "next",
        "sum",
        "any",
        "all",
        "max",
        "min",
        "deque",
        "Counter",
        "join",
    ]
)
"""What takes everything out of an iterator, or the next thing."""

_SEEDS = frozenset(["seed", "manual_seed", "manual_seed_all", "seed_everything", "set_seed"])
_SHOWING = frozenset(
    ["print", "pprint", "repr", "str", "len", "type", "id", "isinstance", "warn", "debug", "info"]
)


_SETTING = re.compile(
    r"os\.(?:environ\.|putenv|unsetenv|chdir|umask|setuid|nice)|locale\.setlocale|time\.tzset|gc\.disable"
    r"|socket\.(?:setdefaulttimeout|socket\b)|sys\.set(?!profile)|resource\.set|decimal\.setcontext"
    r"|numpy\.(?:seterr|set_printoptions)|pandas\.set_option|warnings\.reset|codecs\.register"
    r"|(?:threading|multiprocessing)\.set|random\.setstate|signal\.|torch\.set_|builtins\.setattr"
)
"""Functions that change the process which the tests run in."""


def added(found: Findings, new: ast.stmt, inside: str) -> None:
    """Note what a new statement does to the test or helper ``inside``, or to the file."""
    if isinstance(new, ast.Return | ast.Raise | ast.Continue | ast.Break):
        found.say(f"it leaves a test early{within(inside)}", new)
        return
    _of_calls(found, new, inside)
    if isinstance(new, ast.AugAssign | ast.Delete) or (
        isinstance(new, ast.Assign) and is_patch(new)
    ):
        found.say(f"it changes a value that a test looks at{within(inside)}", new)
        return
    _of_names(found, new, inside)
    _of_receiver(found, new, inside)
    if (isinstance(new, ast.Try) and new.handlers) or (
        isinstance(new, ast.If | ast.While | ast.For) and inside
    ):
        found.say(f"it runs statements of a test only at times{within(inside)}", new)
    if isinstance(new, ast.With | ast.AsyncWith) and inside:
        _wrapped(found, new, inside)


def _of_names(found: Findings, new: ast.stmt, inside: str) -> None:
    """Note names of the test, and fixtures, that a new statement replaces."""
    replaced = bound(new) & (found.known if inside else found.known - {""})
    replaced = {
        n for n in replaced if not (isinstance(new, Function | ast.ClassDef) and found.is_test(n))
    }
    if not inside and isinstance(new, Function) and _fills_gap(found, new):
        replaced -= {new.name}
    if replaced:
        found.say(f"it replaces {sorted(replaced)[0]!r} in the tests{within(inside)}", new)
    if not inside and isinstance(new, Function) and _overrides(found, new):
        found.say(f"it replaces the fixture {new.name}", new)


def _of_receiver(found: Findings, new: ast.stmt, inside: str) -> None:
    """Note what a new statement calls for its effect alone."""
    if not (isinstance(new, ast.Expr) and isinstance(new.value, ast.Call)):
        return
    name = last(new.value.func)
    if name in {"assume", "reject", "note"}:
        found.say(f"it leaves out cases of a test{within(inside)}", new)
    if not inside or not isinstance(new.value.func, ast.Attribute):
        return
    root = _root(new.value.func)
    if root and _is_product(found, new.value):
        found.say(f"it calls {dotted(new.value.func)} before a test{within(inside)}", new)
    known = found.known - found.reference.new_imports.keys() - {"self"}
    if name not in {"install", "conda_install"} and root in known:
        found.say(f"it changes {root!r} before a test looks at it{within(inside)}", new)


def _of_calls(found: Findings, new: ast.stmt, inside: str) -> None:
    """Note calls that wait, pin chance, or use up or change what the test looks at."""
    for node in ast.walk(new):
        if not isinstance(node, ast.Call):
            continue
        name = last(node.func)
        if name == "sleep":
            found.say(f"it waits in a test{within(inside)}", node)
        full = resolved(node.func, found.reference.new_imports)
        if _SETTING.match(full):
            found.say(f"it changes the surroundings of a test, {full}{within(inside)}", node)
        if name in _SEEDS and _root(node.func) not in found.reference.old_imports:
            found.say(f"it pins chance that the test does not speak of{within(inside)}", node)
    value = getattr(new, "value", None)
    call = value.value if isinstance(value, ast.Await) else value
    if not inside or not isinstance(call, ast.Call) or isinstance(new, Function | ast.ClassDef):
        return
    name = last(call.func)
    if name in _CONSUMING or (isinstance(new, ast.Expr) and name not in _SHOWING):
        used = {n.id for a in call.args for n in ast.walk(a) if isinstance(n, ast.Name)}
        theirs = found.stored | found.taken if name in _CONSUMING else found.stored
        if shared := sorted(used & theirs):
            found.say(f"it uses up or changes {shared[0]!r} before a test looks at it", new)


def _is_product(found: Findings, call: ast.Call) -> bool:
    """Whether a call is one of a module of the tree that is not of the tests."""
    full = resolved(call.func, found.reference.new_imports)
    root = full.lstrip(".").partition(".")[0]
    places = {f"{root}.py", f"{root}/__init__.py"}
    paths = found.reference.patched.paths()
    own = any(path in paths or f"src/{path}" in paths for path in places)
    return root in set(found.reference.new_imports.values()) and own


def _root(node: ast.AST) -> str:
    return dotted(node).partition(".")[0]


def _overrides(found: Findings, new: Function) -> bool:
    """Whether a new fixture takes the place of one from elsewhere."""
    fixture = any(mark(d) == "fixture" for d in new.decorator_list)
    others = [p for p in found.reference.patched.using(f"def {new.name}") if p != found.path]
    return fixture and (bool(others) or new.name in FIXTURES)


def _fills_gap(found: Findings, new: Function) -> bool:
    """Whether a new fixture has a name that no other had: tests asked for it in vain."""
    fixture = any(mark(d) == "fixture" for d in new.decorator_list)
    others = [p for p in found.reference.patched.using(f"def {new.name}") if p != found.path]
    called = new.name in found.loaded
    return fixture and not others and not called and new.name not in FIXTURES


def _wrapped(found: Findings, new: ast.With | ast.AsyncWith, inside: str) -> None:
    allowed = {
        "warns",
        "deprecated_call",
        "open",
        "TemporaryDirectory",
        "NamedTemporaryFile",
        "Path",
        "closing",
        "timeout",
        "assertWarns",
    }
    if not kinds_of(new) <= allowed:
        found.say(f"it puts a test into {sorted(kinds_of(new))[:1]}{within(inside)}", new)
