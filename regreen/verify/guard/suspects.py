"""What no honest repair adds to a Python file, whatever the file is for.

Each fact is counted before and after; more than before is refused. Names are followed through the
file's own imports, so that ``from pytest import skip as later`` is what it is.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from regreen.verify.guard import equality, hiding, surroundings
from regreen.verify.guard.calls import is_zero, of_call
from regreen.verify.guard.heeding import RUNNING
from regreen.verify.guard.names import bound, dotted, imported, last, resolved
from regreen.verify.guard.narrowed import imports_of, narrowed, part
from regreen.verify.guard.rebinding import of_assignment
from regreen.verify.guard.suspicions import (
    ALWAYS,
    AWARE,
    BROAD,
    HOOK,
    PROGRAMS,
    RUNNER,
    RUNNERS,
    SKIPS,
    STEERED,
    TEST_ONLY,
)


def added(
    path: str,
    old: ast.Module | None,
    new: ast.Module,
    *,
    tests: bool,
    unread: str = "",
    text: str = "",
) -> list[str]:
    """Return the reasons; ``tests`` when the file takes part in testing.

    Where the old text (``unread``) cannot be parsed, what stands on a line that it had is not new.
    """
    known = {row.strip() for row in unread.split("\n")}
    rows = text.split("\n")
    before = Counter[str]()
    names = imports_of(new)
    whole = new
    if old is not None:
        differing = narrowed(old, new)
        past, names = (bound(sources) for sources in differing.sources)
        lesser = part(old, differing.old)
        before.update(what for what, _ in facts(lesser, past, tests=tests))
        if not tests:
            before.update(what for what, _ in _of_product(lesser, old, past))
        new = part(new, differing.new)
    found = list(facts(new, names, tests=tests))
    found += [] if tests else _of_product(new, whole, names)
    seen: Counter[str] = Counter()
    reasons = []
    for what, line in found:
        seen[what] += 1
        if unread and 0 < line <= len(rows) and rows[line - 1].strip() in known:
            continue
        if seen[what] > before[what]:
            reasons.append(f"{what}: {path}:{line}")
    return list(dict.fromkeys(reasons))


def facts(tree: ast.Module, names: Mapping[str, str], *, tests: bool) -> Iterator[tuple[str, int]]:
    """Yield what is suspect in a file, with its line; ``names`` are what its imports bind."""
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    started: set[ast.AST] = set()
    while stack:
        node, inside = stack.pop()
        line = getattr(node, "lineno", 1)
        if node not in started:
            yield from ((what, line) for what in _of_node(node, names, tests, inside))
        if isinstance(node, ast.Call) and last(node.func) in RUNNING:
            words = (n for a in node.args[:1] for n in getattr(a, "elts", []))
            started.update(n for n in words if isinstance(n, ast.Constant))
        deeper = inside
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            deeper = node.name
        stack.extend((child, deeper) for child in ast.iter_child_nodes(node))


def _of_product(
    tree: ast.Module, whole: ast.Module, names: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    """Yield what is suspect in product code only, which the whole file around it tells."""
    statements = [n for n in tree.body if not isinstance(n, ast.Import | ast.ImportFrom)]
    about = surroundings.scene(whole, names) if statements else None
    for node in statements:
        if about is not None:
            yield from ((what, node.lineno) for what in surroundings.facts(node, about))
        yield from ((what, node.lineno) for what in hiding.facts(node, names))


def _of_node(node: ast.AST, names: Mapping[str, str], tests: bool, inside: str) -> Iterator[str]:
    match node:
        case ast.Call():
            yield from of_call(node, names, tests)
        case ast.Attribute() | ast.Name() if last(node) in SKIPS:
            full = resolved(node, names)
            if full.partition(".")[0] in RUNNERS | {"self", "mark"}:
                yield f"it skips tests or expects them to fail with {last(node)}"
        case ast.Raise():
            yield from _of_raise(node, names)
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
            yield from of_assignment(node, names, tests)
        case ast.Constant() if isinstance(node.value, str):
            yield from _of_constant(node.value, tests)
        case ast.Compare():
            places = {resolved(n, names) for n in (node.left, *node.comparators)}
            values = {
                n.value for n in (node.left, *node.comparators) if isinstance(n, ast.Constant)
            }
            if values & PROGRAMS and places & {"sys.modules", "sys.argv"}:
                yield "it asks whether it is run by a test"
        case ast.Import() | ast.ImportFrom() if not tests:
            for full in imported(node).values():
                root = full.partition(".")[0]
                if root in (RUNNERS - {"doctest", "pluggy"}) | TEST_ONLY or "pytest" in root:
                    yield "it imports the test runner into product code"
        case _:
            yield from _of_block(node, names, tests, inside)


def _of_block(node: ast.AST, names: Mapping[str, str], tests: bool, inside: str) -> Iterator[str]:
    match node:
        case ast.ExceptHandler():
            yield from _of_handler(node, names, tests)
        case ast.ClassDef():
            yield from equality.facts(node)
        case ast.Try() if any(isinstance(s, ast.Return) for s in node.finalbody):
            yield "it swallows every exception with a return in finally"
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _of_function(node, tests, inside)
        case ast.If() if _hides(node.test):
            yield "it hides code from the type checker"
        case _:
            return


def _of_raise(node: ast.Raise, names: Mapping[str, str]) -> Iterator[str]:
    full = resolved(getattr(node.exc, "func", node.exc), names) if node.exc else ""
    if full in {"SystemExit", "KeyboardInterrupt", "GeneratorExit"} and is_zero(node.exc):
        yield "it ends the program as if all was well"
    if full.endswith("SkipTest"):
        yield "it skips tests with SkipTest"


def _of_constant(value: str, tests: bool) -> Iterator[str]:
    if value in AWARE:
        yield f"it asks whether it is run by CI or by a test ({value})"
    elif not tests and RUNNER.match(value):
        yield f"it asks for the test runner in product code ({value})"
    elif STEERED.match(value):
        yield f"it steers the test runner with {value}"


def _of_handler(node: ast.ExceptHandler, names: Mapping[str, str], tests: bool) -> Iterator[str]:
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = any(k is None or dotted(k) in BROAD for k in kinds)
    raises = any(isinstance(n, ast.Raise) for s in node.body for n in ast.walk(s))
    if broad and not raises:
        yield "it swallows every exception" if not tests else "it swallows exceptions in a test"
    elif (
        tests
        and not raises
        and all(isinstance(s, ast.Pass | ast.Return | ast.Continue | ast.Expr) for s in node.body)
    ):
        yield "it swallows exceptions in a test"


def _of_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, tests: bool, inside: str
) -> Iterator[str]:
    if tests and HOOK.match(node.name):
        yield f"it hooks into the test run with {node.name}"
    if node.name in ALWAYS:
        body = [
            s
            for s in node.body
            if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        ]
        first = body[0] if len(body) == 1 else None
        yes = (
            isinstance(first, ast.Return)
            and isinstance(first.value, ast.Constant)
            and first.value.value is True
        )
        other = node.args.args[1].arg if node.name == "__eq__" and len(node.args.args) == 2 else ""
        blind = other and other not in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        if yes or (blind and "NotImplemented" not in ast.dump(node)):
            yield f"it makes {node.name} say yes to everything"
    if any(last(d) == "no_type_check" for d in node.decorator_list):
        yield "it hides code from the type checker"
    autouse = [
        d
        for d in node.decorator_list
        if isinstance(d, ast.Call) and any(k.arg == "autouse" for k in d.keywords)
    ]
    if tests and autouse:
        yield "it runs a fixture for every test"


def _hides(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.UnaryOp)
        and isinstance(test.op, ast.Not)
        and last(test.operand) == "TYPE_CHECKING"
    )
