"""What no honest repair adds to a Python file, whatever the file is for.

Each fact is counted before and after; more than before is refused. Names are followed through the
file's own imports, so that ``from pytest import skip as later`` is what it is.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping

from regreen.verify.guard.names import dotted, imported, last
from regreen.verify.guard.suspicions import (
    ALWAYS,
    AWARE,
    BROAD,
    ENDING,
    HOOK,
    NAMES,
    PATCHING,
    PROGRAMS,
    REACHED,
    RUNNER,
    RUNNERS,
    SKIPS,
    STEERED,
)

Facts = list[tuple[str, int]]


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
    before = (
        Counter(what for what, _ in facts(old, tests=tests)) if old is not None else Counter[str]()
    )
    seen: Counter[str] = Counter()
    reasons = []
    for what, line in facts(new, tests=tests):
        seen[what] += 1
        if unread and 0 < line <= len(rows) and rows[line - 1].strip() in known:
            continue
        if seen[what] > before[what]:
            reasons.append(f"{what}: {path}:{line}")
    return list(dict.fromkeys(reasons))


def facts(tree: ast.Module, *, tests: bool) -> Iterator[tuple[str, int]]:
    """Yield what is suspect in a file, with its line."""
    names = _imports(tree)
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, inside = stack.pop()
        line = getattr(node, "lineno", 1)
        for what in _of_node(node, names, tests, inside):
            yield what, line
        deeper = inside
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            deeper = node.name
        stack.extend((child, deeper) for child in ast.iter_child_nodes(node))


def _imports(tree: ast.AST) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(imported(node))
    return found


def _full(node: ast.AST, names: Mapping[str, str]) -> str:
    name = dotted(node)
    root, mark, rest = name.partition(".")
    if not root:
        return ""
    if root in names:
        return f"{names[root]}{mark}{rest}"
    return (
        f"builtins.{name}"
        if root in {"exec", "eval", "compile", "exit", "quit", "setattr", "__import__"}
        else name
    )


def _of_node(node: ast.AST, names: Mapping[str, str], tests: bool, inside: str) -> Iterator[str]:
    match node:
        case ast.Call():
            yield from _of_call(node, names, tests)
        case ast.Attribute() | ast.Name() if last(node) in SKIPS:
            full = _full(node, names)
            if full.partition(".")[0] in RUNNERS | {"self", "mark"}:
                yield f"it skips tests or expects them to fail with {last(node)}"
        case ast.Raise():
            yield from _of_raise(node, names)
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
            yield from _of_assignment(node, names, tests)
        case ast.Constant() if isinstance(node.value, str):
            yield from _of_constant(node.value, tests)
        case ast.Compare():
            places = {_full(n, names) for n in (node.left, *node.comparators)}
            values = {
                n.value for n in (node.left, *node.comparators) if isinstance(n, ast.Constant)
            }
            if values & PROGRAMS and places & {"sys.modules", "sys.argv"}:
                yield "it asks whether it is run by a test"
        case ast.Import() | ast.ImportFrom() if not tests:
            for full in imported(node).values():
                if full.partition(".")[0] in RUNNERS - {"doctest", "pluggy"}:
                    yield "it imports the test runner into product code"
        case _:
            yield from _of_block(node, names, tests, inside)


def _of_block(node: ast.AST, names: Mapping[str, str], tests: bool, inside: str) -> Iterator[str]:
    match node:
        case ast.ExceptHandler():
            yield from _of_handler(node, names, tests)
        case ast.Try() if any(isinstance(s, ast.Return) for s in node.finalbody):
            yield "it swallows every exception with a return in finally"
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _of_function(node, tests, inside)
        case ast.If() if _hides(node.test):
            yield "it hides code from the type checker"
        case _:
            return


def _of_raise(node: ast.Raise, names: Mapping[str, str]) -> Iterator[str]:
    full = _full(getattr(node.exc, "func", node.exc), names) if node.exc else ""
    if full in {"SystemExit", "KeyboardInterrupt", "GeneratorExit"} and _zero(node.exc):
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


def _zero(node: ast.AST | None) -> bool:
    args = getattr(node, "args", [])
    return not args or (isinstance(args[0], ast.Constant) and args[0].value in (0, None))


def _of_call(node: ast.Call, names: Mapping[str, str], tests: bool) -> Iterator[str]:
    full, name = _full(node.func, names), last(node.func)
    if full in ENDING:
        yield ENDING[full]
    if full in {"sys.exit", "builtins.exit", "builtins.quit"} and _zero(node):
        yield "it ends the program as if all was well"
    if (
        name in {"filterwarnings", "simplefilter"}
        and node.args
        and _text(node.args[0]) in {"ignore", "default", "once", "module"}
    ):
        yield f"it ignores warnings ({_text(node.args[0])})"
    made_up = len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
    if name == "getattr" and made_up and dotted(node.args[0]) in REACHED:
        yield "it reaches a function by a name that it makes itself"
    if name == "resetwarnings":
        yield "it ignores warnings (reset)"
    name = full.rpartition(".")[2] or name
    broad = any(dotted(a) in BROAD for a in node.args)
    if name == "suppress" and (broad or (tests and "contextlib" in full)):
        yield "it swallows exceptions with suppress"
    if full == "builtins.setattr" and node.args and _foreign(node.args[0], names):
        yield f"it replaces a part of {dotted(node.args[0])} while it runs"
    if tests:
        yield from _of_call_in_tests(full, name)
    if name == "cast" and node.args and last(node.args[0]) == "Any":
        yield "it takes a type away with Any (cast)"


def _of_call_in_tests(full: str, name: str) -> Iterator[str]:
    root = full.partition(".")[0]
    if root in {"mock", "mocker", "monkeypatch", "unittest"} and (
        name in PATCHING or ".patch" in full
    ):
        yield "it replaces code under test with a mock"
    if full == "builtins.__import__" or full == "importlib.reload":
        yield "it changes what is imported"
    if root == "sys" and full.startswith(("sys.path.", "sys.modules.", "sys.meta_path.")):
        yield "it changes what is imported"


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _foreign(node: ast.AST, names: Mapping[str, str]) -> bool:
    root = _full(node, names).partition(".")[0]
    known = root in names.values() or dotted(node).partition(".")[0] in names
    return known and (root in sys.stdlib_module_names or root in RUNNERS or root == "builtins")


def _of_assignment(
    node: ast.Assign | ast.AugAssign | ast.AnnAssign, names: Mapping[str, str], tests: bool
) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        if isinstance(target, ast.Name) and target.id in NAMES:
            yield NAMES[target.id]
        if isinstance(target, ast.Attribute):
            full = _full(target, names)
            if target.attr == "__test__":
                yield NAMES["__test__"]
            elif target.attr in {
                "exitstatus",
                "testsfailed",
                "outcome",
                "shouldstop",
                "session_exitcode",
            }:
                yield "it changes the outcome of the test run"
            elif _foreign(target.value, names) and full not in {
                "sys.path",
                "sys.stdout",
                "sys.stderr",
                "sys.argv",
            }:
                yield f"it replaces {full} while it runs"
        if isinstance(target, ast.Subscript) and _full(target.value, names) == "sys.modules":
            yield "it replaces a module while it runs"
        holder = target.value if isinstance(target, ast.Subscript) else None
        if tests and isinstance(holder, ast.Call) and last(holder.func) in {"globals", "vars"}:
            yield "it changes the names of a test file while it runs"
        if (
            isinstance(target, ast.Subscript | ast.Attribute)
            and last(getattr(target, "value", None)) in {"session", "config", "item", "items"}
            and tests
        ):
            yield "it changes the test run"


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
