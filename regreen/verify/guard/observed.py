"""What only the sandbox can see, compared: the tests that ran, and what the tests must reach.

The guard reads sources; a plug-in, a generated test or a dynamic skip shows only when the job
runs. The judge collects the facts with and without the patch and asks here; all functions are pure.
"""

from __future__ import annotations

import ast
import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

_NAMED = 5
_INSIDE = ("body", "orelse", "finalbody", "handlers", "cases")
"""The fields of a node that hold statements."""
_Node = ast.stmt | ast.ExceptHandler | ast.match_case


@dataclass(frozen=True, slots=True, order=True)
class Statement:
    """One statement of a file: the ``line`` that it is known by, and the lines that it stands on.

    Those are ``first`` (a decorator's, where it has one) to ``last``, without the statements in it.
    """

    line: int
    first: int
    last: int


def fewer_tests(
    before: Collection[str], after: Collection[str], renamed: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return why the tests of ``after`` are fewer than those of ``before``, else nothing.

    Both hold test ids as the runner names them (``tests/test_a.py::TestX::test_y[1-2]``,
    ``tests.test_a.TestX.test_y``), an id as often as it ran. Cases of one parametrized test are
    counted, since the text of their ids may change; the test itself must be there under its name,
    or under the name that ``renamed`` gives it.
    """
    names = renamed or {}
    old = Counter(_test(name) for name in before)
    new = Counter(_test(name) for name in after)
    found: list[str] = []
    for test, count in sorted(old.items()):
        there = new[test] or new[names.get(test, test)]
        if there == 0:
            found.append(f"the test {test} is no longer run")
        elif there < count:
            found.append(f"the test {test} runs with {there} cases instead of {count}")
    if len(found) > _NAMED:
        found[_NAMED:] = [f"{len(found) - _NAMED} more tests run less often"]
    return tuple(found)


def _test(name: str) -> str:
    """Return a test's id without its case: what stands in the first bracket behind its name."""
    head, bracket, _ = name.partition("[")
    return head if bracket else name


def changed_statements(before: str, after: str) -> tuple[Statement, ...] | None:
    """Return the statements of ``after`` that ``before`` does not have, and that can be reached.

    Layout, comments and docstrings do not count, nor do declarations that nothing executes, what
    only type checkers read, and imports of what ``before`` imports elsewhere. ``None`` where
    ``after`` cannot be parsed; where only ``before`` cannot be parsed, the lines of text that
    differ are taken.
    """
    new = _statements(after)
    if new is None:
        return None
    old = _statements(before)
    if old is None:
        differ = {at + 1 for at in _differing(before.splitlines(), after.splitlines())}
        found = [one for one, *_ in new if differ & set(range(one.first, one.last + 1))]
    else:
        known = frozenset[str]().union(*(brought for *_, brought in old))
        places = _differing([dump for _, dump, _ in old], [dump for _, dump, _ in new])
        found = [new[at][0] for at in places if not new[at][2] or new[at][2] - known]
    return tuple(dict.fromkeys(found))


def _differing(old: list[str], new: list[str]) -> Iterator[int]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag != "equal":
            yield from range(first, last)


def _statements(text: str) -> list[tuple[Statement, str, frozenset[str]]] | None:
    """Return each statement with its own part in words, and what it imports.

    Its own part is what is not in the statements inside it.
    """
    try:
        nodes = list(_reachable(ast.parse(text)))
        found = [(_placed(node), _dumped(node), _brought(node)) for node in nodes]
        return sorted(found, key=lambda one: one[:2])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _reachable(tree: ast.Module) -> Iterator[_Node]:
    """Yield what Python executes by itself: statements, handlers and cases."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        typing_only = isinstance(node, ast.If) and _is_type_checking(node.test)
        for name in _INSIDE:
            if not (typing_only and name == "body"):
                stack += getattr(node, name, None) or ()
        if isinstance(node, _Node) and not _is_idle(node):
            yield node


def _brought(node: _Node) -> frozenset[str]:
    """Return what an import statement brings, a text for each name; empty for any other."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return frozenset()
    place = (
        "." * (node.level or 0) + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    )
    return frozenset(f"{type(node).__name__} {place} {one.name} {one.asname}" for one in node.names)


def _is_idle(node: _Node) -> bool:
    """Whether nothing is executed where ``node`` stands."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    return isinstance(node, ast.Global | ast.Nonlocal)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _own(node: _Node) -> Iterator[tuple[str, object]]:
    """Yield the fields of ``node`` that hold no statement."""
    return ((name, value) for name, value in ast.iter_fields(node) if name not in _INSIDE)


def _placed(node: _Node) -> Statement:
    line = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    parts = [part for _, value in _own(node) for part in _nodes(value)]
    lines = [(one.lineno, one.end_lineno or one.lineno) for one in parts]
    first = min([line, *(low for low, _ in lines)])
    return Statement(line, first, max([line, *(high for _, high in lines)]))


def _nodes(value: object) -> Iterator[ast.expr]:
    """Yield the expressions in a field, at any depth."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, ast.AST):
            yield from (one for one in ast.walk(item) if isinstance(one, ast.expr))


def _dumped(node: _Node) -> str:
    parts = [type(node).__name__]
    for _, value in _own(node):
        values = value if isinstance(value, list) else [value]
        parts += [ast.dump(v) if isinstance(v, ast.AST) else repr(v) for v in values]
    return " ".join(parts)
