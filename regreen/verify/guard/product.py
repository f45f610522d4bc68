"""Product code: it may change, but not so that it only looks right to a checker or a test."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from regreen.verify.guard import heeding, parsing
from regreen.verify.guard.names import dotted, last
from regreen.verify.guard.narrowed import equal, narrowed, part

Function = ast.FunctionDef | ast.AsyncFunctionDef
_PROOFS = {
    "an assertion": re.compile(r"\bassert\w*"),
    "a definition": re.compile(r"\b(?:def|class)\s+\w+"),
}


def objections(path: str, old: str, new: str) -> list[str]:
    """Return what a change to product code hides."""
    before, after = parsing.python(old), parsing.python(new)
    if after is None:
        return _unread(path, old, new, broken=before is not None)
    if before is None:
        return _lost_words(path, old, new)
    differing = narrowed(before, after)
    whole = before, after
    before, after = part(before, differing.old), part(after, differing.new)
    first, second = _functions(before), _functions(after)
    reasons: list[str] = []
    for name, function in second.items():
        if name in first and not equal(first[name], function):
            reasons += _function(path, name, first[name], function)
    reasons += _untyped_variables(path, before, after)
    reasons += _tables(path, before, after)
    claims = [Counter(_assertions(tree)) for tree in (before, after)]
    lost = Counter({k: n for k, n in (claims[0] - claims[1]).items() if k[1]})
    gained = claims[1] - claims[0]
    if lost.total() > gained.total():
        name = next(iter(lost))[0].lstrip(".")
        reasons.append(f"it drops an assertion{f' in {name}' if name else ''}: {path}")
    reasons += heeding.objections(path, before, after)
    return reasons + (heeding.exits(path, *whole) if any(map(_runs, before.body)) else [])


def _unread(path: str, old: str, new: str, *, broken: bool) -> list[str]:
    if broken:
        return [f"it leaves a syntax error: {path}"]
    return _lost_words(path, old, new)


def _lost_words(path: str, old: str, new: str) -> list[str]:
    """Of a file that cannot be parsed the words that prove something are counted."""
    if "<<<<<<<" in old:
        return []
    plain = [re.sub(r"(?m)(?:^|\s)#.*$", "", text) for text in (old, new)]
    return [
        f"it drops {what} from a file that could not be parsed: {path}"
        for what, pattern in _PROOFS.items()
        if len(pattern.findall(plain[1])) < len(pattern.findall(plain[0]))
    ]


def _functions(tree: ast.Module) -> dict[str, Function]:
    """Return every function by its name with those around it; of several the last one counts."""
    found: dict[str, Function] = {}
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, name = stack.pop()
        for child in ast.iter_child_nodes(node):
            inside = f"{name}.{child.name}" if isinstance(child, Function | ast.ClassDef) else name
            if isinstance(child, Function):
                found[inside] = child
            if isinstance(child, ast.stmt | ast.ExceptHandler):
                stack.append((child, inside))
    return found


def _function(path: str, name: str, old: Function, new: Function) -> list[str]:
    where = f"{path}:{new.lineno}"
    shown = name.lstrip(".")
    reasons = []
    if _weight(old) > 1 and _is_hollow(new) and not _is_hollow(old):
        reasons.append(f"it empties {shown}: {where}")
    if new.args.args and not _is_constant(old) and _is_constant(new):
        reasons.append(f"it returns a constant from {shown}: {where}")
    if more := _special(new) - _special(old):
        reasons.append(
            f"it answers one special value, {next(iter(more))[:60]}, in {shown}: {where}"
        )
    return reasons + _untyped(old, new, shown, where)


def _body(node: Function) -> list[ast.stmt]:
    return [
        s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
    ]


def _weight(node: Function) -> int:
    return sum(isinstance(n, ast.stmt | ast.Call) for s in _body(node) for n in ast.walk(s))


def _is_hollow(node: Function) -> bool:
    """Whether a function does nothing but give a constant, or refuse."""
    body = _body(node)
    if len(body) == 1 and isinstance(body[0], ast.Raise):
        return "NotImplemented" in ast.dump(body[0])
    if body and isinstance(body[0], ast.Return) and len(body) > 1:
        return True
    return all(
        isinstance(s, ast.Pass) or (isinstance(s, ast.Return) and _is_literal(s.value))
        for s in body
    )


def _is_constant(node: Function) -> bool:
    """Whether everything that a function returns is a constant that says something."""
    values = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value]
    return bool(values) and all(map(_is_literal, values)) and any(map(_is_telling, values))


def _is_literal(node: ast.expr | None) -> bool:
    return node is None or not any(
        isinstance(n, ast.Name | ast.Call | ast.Attribute | ast.Yield | ast.Await)
        for n in ast.walk(node)
    )


def _special(node: Function) -> Counter[str]:
    """Count ``if x == constant: return constant`` and tables of one entry."""
    found: Counter[str] = Counter()
    for child in ast.walk(node):
        if isinstance(child, ast.If) and _telling(child.test) and child.body:
            last_one = child.body[-1]
            if (
                isinstance(last_one, ast.Return)
                and last_one.value is not None
                and _is_telling(last_one.value)
            ):
                found[f"if {ast.unparse(child.test)}"] += 1
        elif isinstance(child, ast.match_case) and any(
            isinstance(n, ast.MatchValue) for n in ast.walk(child.pattern)
        ):
            end = child.body[-1]
            if isinstance(end, ast.Return) and end.value is not None and _is_telling(end.value):
                found[f"case {ast.unparse(child.pattern)}"] += 1
        elif isinstance(child, ast.IfExp) and _telling(child.test) and _is_telling(child.body):
            found[f"if {ast.unparse(child.test)}"] += 1
        elif isinstance(child, ast.Return) and isinstance(child.value, ast.Call):
            table = getattr(child.value.func, "value", None)
            if (
                last(child.value.func) == "get"
                and isinstance(table, ast.Dict)
                and len(table.keys) == 1
            ):
                found["a table of one entry"] += 1
    return found


def _telling(test: ast.expr) -> bool:
    """Whether a condition compares with a value that is not just empty, none or a flag."""
    if isinstance(test, ast.BoolOp):
        return any(_telling(value) for value in test.values)
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq | ast.In | ast.Is):
        return False
    if dotted(test.left) in {"__name__", "sys.platform", "os.name"} or "version" in ast.unparse(
        test.left
    ):
        return False
    return any(_is_telling(side) for side in (test.left, *test.comparators))


def _is_telling(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value not in (None, True, False, 0, 1, -1, "", b"")
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return bool(node.elts) and all(isinstance(e, ast.Constant) for e in node.elts)
    return isinstance(node, ast.Dict) and bool(node.keys) and _is_literal(node)


def _untyped(old: Function, new: Function, shown: str, where: str) -> list[str]:
    """Say where a type was replaced by Any, or taken away."""
    before, after = _types(old), _types(new)
    reasons = []
    for name, annotation in before.items():
        if name not in after or annotation is None:
            continue
        now = after[name]
        if now is None:
            reasons.append(f"it takes the type of {name} away in {shown}: {where}")
        elif _anys(now) > _anys(annotation):
            reasons.append(f"it replaces the type of {name} by Any in {shown}: {where}")
    return reasons


def _types(node: Function) -> dict[str, ast.expr | None]:
    found = {a.arg: a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    return {**found, "what it returns": node.returns}


def _anys(node: ast.expr) -> int:
    text = sum(
        re.findall(r"\bAny\b", n.value).__len__()
        for n in ast.walk(node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    )
    return text + sum(
        isinstance(n, ast.Name | ast.Attribute) and last(n) in {"Any", "object"}
        for n in ast.walk(node)
    )


def _untyped_variables(path: str, old: ast.Module, new: ast.Module) -> list[str]:
    before, after = (
        {ast.unparse(n.target): n for n in ast.walk(tree) if isinstance(n, ast.AnnAssign)}
        for tree in (old, new)
    )
    reasons = [
        f"it replaces the type of {name} by Any: {path}:{node.lineno}"
        for name, node in after.items()
        if name in before and _anys(node.annotation) > _anys(before[name].annotation)
    ]
    aliases = [
        {last(t): n.value for n in tree.body if isinstance(n, ast.Assign) for t in n.targets}
        for tree in (old, new)
    ]
    for name, value in aliases[1].items():
        if last(value) == "Any" and last(aliases[0].get(name)) != "Any":
            reasons.append(f"it makes {name} mean Any: {path}:{value.lineno}")
    return reasons


def _assertions(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield the function of each ``assert`` (true), and of each ``if …: raise`` in its place."""
    for name, function in {"": tree, **_functions(tree)}.items():
        nodes = function.body if isinstance(function, ast.Module) else [function]
        for top in nodes:
            if isinstance(function, ast.Module) and isinstance(top, Function | ast.ClassDef):
                continue
            for node in ast.walk(top):
                raised = (
                    isinstance(node, ast.If) and node.body and isinstance(node.body[-1], ast.Raise)
                )
                if isinstance(node, ast.Assert) or raised:
                    yield name, isinstance(node, ast.Assert)


def _tables(path: str, old: ast.Module, new: ast.Module) -> list[str]:
    """Say where a function now takes its answers from a new table of constants."""
    before, after = (
        {
            last(t)
            for n in tree.body
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Dict)
            for t in n.targets
        }
        for tree in (old, new)
    )
    return [
        f"it answers special values from the table {last(call.func.value)}: {path}:{node.lineno}"
        for node in ast.walk(new)
        if isinstance(node, ast.Return)
        for call in [node.value]
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "get"
        and last(call.func.value) in after - before
        and last(call.func.value)
    ]


def _runs(node: ast.stmt) -> bool:
    return not isinstance(node, ast.Import | ast.ImportFrom)
