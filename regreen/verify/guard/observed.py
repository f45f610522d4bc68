"""What only the sandbox can see, compared: the tests that ran, and the lines that they reached.

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


@dataclass(frozen=True, slots=True)
class Covered:
    """One file's lines, as coverage.py's JSON report tells them.

    ``executed`` were reached by the tests, ``missing`` could have been and were not. Source:
    https://coverage.readthedocs.io/en/latest/commands/cmd_json.html (``executed_lines``,
    ``missing_lines``).
    """

    executed: frozenset[int]
    missing: frozenset[int]


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


def uncovered(
    changed: Mapping[str, Collection[int]], coverage: Mapping[str, Covered]
) -> Mapping[str, tuple[int, ...]]:
    """Return the changed lines that no test reached, by file; a file without any is left out.

    ``changed`` is what `changed_lines` found, ``coverage`` what the tests reached with the patch. A
    line that coverage knows neither as executed nor as missing holds no statement and does not
    count; a file that coverage does not know was not reached at all.
    """
    found: dict[str, tuple[int, ...]] = {}
    for path, lines in sorted(changed.items()):
        facts = coverage.get(path)
        missed = sorted(lines) if facts is None else sorted(set(lines) & facts.missing)
        if missed:
            found[path] = tuple(missed)
    return found


def changed_lines(before: str, after: str) -> tuple[int, ...]:
    """Return the lines of ``after`` on which a statement starts that ``before`` does not have.

    Layout, comments and docstrings do not count. Where ``after`` cannot be parsed there is nothing
    to run, so there are no such lines; where only ``before`` cannot be parsed, the lines of text
    that differ are taken.
    """
    new = _statements(after)
    if new is None:
        return ()
    old = _statements(before)
    if old is None:
        differ = _differing(before.splitlines(), after.splitlines())
        return tuple(sorted({line for line, _ in new} & {at + 1 for at in differ}))
    places = _differing([dump for _, dump in old], [dump for _, dump in new])
    return tuple(sorted({new[at][0] for at in places}))


def _differing(old: list[str], new: list[str]) -> Iterator[int]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag != "equal":
            yield from range(first, last)


def _statements(text: str) -> list[tuple[int, str]] | None:
    """Return each statement's line and its own part (without the statements inside it)."""
    try:
        tree = ast.parse(text)
        found = [
            (node.lineno, _own(node))
            for node in ast.walk(tree)
            if isinstance(node, ast.stmt) and not _is_docstring(node)
        ]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return sorted(found)


def _own(node: ast.stmt) -> str:
    parts = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        if name in {"body", "orelse", "finalbody", "handlers", "cases"}:
            continue
        values = value if isinstance(value, list) else [value]
        parts += [ast.dump(v) if isinstance(v, ast.AST) else repr(v) for v in values]
    return " ".join(parts)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
