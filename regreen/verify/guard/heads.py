"""What stands around the body of a test function or class: parameters, decorators, bases."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from regreen.verify.guard.findings import Findings
from regreen.verify.guard.names import last
from regreen.verify.guard.sameness import same
from regreen.verify.guard.statements import (
    FIXTURES,
    HARMLESS_MARKS,
    REPLACING,
    Function,
    mark,
    names_used,
)


def parameters(found: Findings, old: Function, new: Function) -> None:
    """Note what the parameters of a function lost, or now hide."""
    defaults = [
        [ast.dump(d) for d in (*n.args.defaults, *filter(None, n.args.kw_defaults))]
        for n in (old, new)
    ]
    names = [
        [a.arg for a in (*n.args.posonlyargs, *n.args.args, *n.args.kwonlyargs)] for n in (old, new)
    ]
    grown = len(defaults[1]) > len(defaults[0]) and found.is_test(new.name)
    if defaults[0] != defaults[1][: len(defaults[0])] or grown:
        found.say(f"it changes the defaults of {new.name}", new)
    hidden = (set(names[1]) - set(names[0])) & names_used(old) & found.reference.old_imports.keys()
    if hidden and found.is_test(new.name):
        found.say(f"it replaces {sorted(hidden)[0]!r} by a parameter in {new.name}", new)
    if more := _asked_for_nothing(found, old, new, set(names[1]) - set(names[0])):
        found.say(f"it runs a fixture for a test that did not ask for it, {sorted(more)[0]}", new)
    lost = [n for n in names[0] if n not in names[1] and n in names_used(old)]
    kept = [
        n
        for n in lost
        if not any(found.reference.may_rename(n, m) for m in names[1] if m not in names[0])
    ]
    if kept and found.is_test(new.name):
        found.say(f"it takes {kept[0]!r} from the parameters of {new.name}", new)


def _asked_for_nothing(found: Findings, old: Function, new: Function, more: set[str]) -> set[str]:
    """The new parameters of a test that its body does not use: fixtures that only run."""
    if not found.is_test(new.name) or not found.is_test(old.name):
        return set()
    marks = {
        word
        for d in new.decorator_list
        for n in ast.walk(d)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
        for word in n.value.replace(",", " ").split()
    }
    patches = any(mark(d) in {"patch", "object", "given"} for d in new.decorator_list)
    return set() if patches else more - names_used(new) - marks - FIXTURES - {"self", "cls"}


def decorators(
    found: Findings,
    old: Sequence[ast.expr],
    new: Sequence[ast.expr],
    at: ast.AST,
    lost: frozenset[str] = frozenset(),
) -> None:
    """Note which decorators are gone, changed or new on the definition ``at``.

    ``lost`` are the parameters that it had: a fixture may be asked for by a mark instead.
    """
    left = list(new)
    for decorator in old:
        match = next(
            (
                d
                for d in left
                if same(decorator, d, found.reference) or _same_cases(found, decorator, d)
            ),
            None,
        )
        if match is not None:
            left.remove(match)
        elif mark(decorator) == "parametrize":
            found.say("it removes or changes cases of a parametrized test", at)
        elif mark(decorator) not in {
            "skip",
            "skipif",
            "xfail",
            "expectedFailure",
            "skipIf",
            "skipUnless",
        }:
            found.say(f"it removes or changes the decorator {ast.unparse(decorator)[:50]!r}", at)
    for decorator in left:
        _of_new_decorator(found, decorator, at, lost)


def _of_new_decorator(
    found: Findings, decorator: ast.expr, at: ast.AST, lost: frozenset[str]
) -> None:
    if mark(decorator) not in HARMLESS_MARKS:
        found.say(f"it adds the decorator {ast.unparse(decorator)[:50]!r} to a test", at)
    elif mark(decorator) == "usefixtures":
        wanted = getattr(decorator, "args", [])
        names = {a.value for a in wanted if isinstance(a, ast.Constant)}
        if len(names) < len(wanted) or names - lost - FIXTURES:
            found.say("it runs a fixture for a test that did not ask for it", at)
    elif any(k.arg == "autouse" for k in getattr(decorator, "keywords", [])):
        found.say("it makes a fixture run for every test", at)


def _same_cases(found: Findings, old: ast.expr, new: ast.expr) -> bool:
    """The same names with the same cases in order, or with further cases."""
    if not (isinstance(old, ast.Call) and isinstance(new, ast.Call)) or mark(
        old
    ) != "parametrize" != mark(new):
        return False
    if (
        mark(new) != "parametrize"
        or len(old.args) < 2
        or len(new.args) < 2
        or not same(old.args[0], new.args[0], found.reference)
    ):
        return False
    rows = [a.args[1].elts if isinstance(a.args[1], ast.List) else [] for a in (old, new)]
    left = list(rows[1])
    for row in rows[0]:
        match = next((r for r in left if same(row, r, found.reference)), None)
        if match is None:
            return False
        left.remove(match)
    keywords = [{k.arg: ast.dump(k.value) for k in a.keywords} for a in (old, new)]
    return bool(rows[0]) and keywords[0].get("indirect") == keywords[1].get("indirect")


def _is_idle(node: Function) -> bool:
    """Whether it is ``runTest`` of nothing, which pytest 8.2 wants to find on a ``TestCase``.

    It runs only where a class has no test. Source: https://github.com/pytest-dev/pytest/issues/12263
    """
    return node.name == "runTest" and not node.body and not node.decorator_list


def rename_fixtures(old: ast.ClassDef, new: ast.ClassDef) -> None:
    """Give nose's ``setup`` and its like in ``old`` the names under which pytest 8 runs them.

    Source: https://docs.pytest.org/en/stable/changelog.html (8.0.0, "support for tests written for
    nose"). Only where ``new`` has the one in the other's place.
    """
    names = [{n.name for n in side.body if isinstance(n, Function)} for side in (old, new)]
    of_unittest = any("TestCase" in last(base) for base in old.bases)
    for node in old.body:
        if not isinstance(node, Function) or of_unittest:
            continue
        name = _NOSE.get(node.name, "")
        if node.name not in names[1] and name in names[1] - names[0]:
            node.name = name


_NOSE = {
    "setup": "setup_method",
    "teardown": "teardown_method",
    "setupClass": "setup_class",
    "setup_all": "setup_class",
    "setUpAll": "setup_class",
    "setUpClass": "setup_class",
    "teardownClass": "teardown_class",
    "teardown_all": "teardown_class",
    "tearDownAll": "teardown_class",
    "tearDownClass": "teardown_class",
}


def class_head(found: Findings, old: ast.ClassDef, new: ast.ClassDef) -> None:
    """Note what a class is made from otherwise than before, and what it overrides."""
    bases = zip(old.bases, new.bases, strict=False)
    if len(old.bases) > len(new.bases) or not all(same(a, b, found.reference) for a, b in bases):
        found.say(f"it changes what {new.name} is derived from", new)
    elif [ast.dump(k) for k in old.keywords] != [ast.dump(k) for k in new.keywords]:
        found.say(f"it changes how {new.name} is made", new)
    elif len(new.bases) > len(old.bases):
        found.say(f"it derives {new.name} from more", new)
    decorators(found, old.decorator_list, new.decorator_list, new)
    used = {n.attr for n in ast.walk(old) if isinstance(n, ast.Attribute)}
    defined = {n.name for n in old.body if isinstance(n, Function)}
    for node in new.body:
        if isinstance(node, Function) and node.name not in defined and not _is_idle(node):
            if node.name in REPLACING or (node.name in used and not found.is_test(node.name)):
                found.say(f"it replaces what {new.name} inherits, {node.name}", node)
            elif node.name.startswith(("assert", "fail")):
                found.say(f"it replaces an assertion of the test runner, {node.name}", node)
