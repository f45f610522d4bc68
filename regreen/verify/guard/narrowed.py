"""Two versions of a Python file without the statements of its top level that say the same.

Most of a large change is layout and the order of imports: what is the same on both sides is not
looked at any further. A statement stays in where a name that it uses is imported from elsewhere
than before, or where its name is defined twice, so that the order decides which one counts.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from regreen.verify.guard.names import Sources, bound, imported

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What differs: statements of the top level by their place in each version's body.

    ``sources`` are what each version binds by imports, wherever they stand in it.
    """

    old: tuple[int, ...]
    new: tuple[int, ...]
    sources: tuple[Sources, Sources]


def equal(old: object, new: object) -> bool:
    """Whether two trees are the same but for where they stand."""
    if old is new:
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, ast.AST):
        return all(
            equal(getattr(old, name, None), getattr(new, name, None)) for name in old._fields
        )
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(equal, old, new))
    return old == new and repr(old) == repr(new)


@lru_cache(maxsize=4)
def narrowed(before: ast.Module, after: ast.Module) -> Narrowed:
    """Return what differs between two versions of a file."""
    sources = sources_of(before), sources_of(after)
    kept = _uneven(before.body) | _uneven(after.body)
    lost, more = _differing(before.body, after.body)
    moved = {n for side in sources for n in side if sources[0].get(n) != sources[1].get(n)}
    if "*" in moved:
        lost, more = set(range(len(before.body))), set(range(len(after.body)))
    sides = []
    for body, places in ((before.body, lost), (after.body, more)):
        again = {
            at
            for at, node in enumerate(body)
            if at not in places and (_name(node) in kept or (moved and _mentions(node, moved)))
        }
        sides.append(tuple(sorted(places | again)))
    return Narrowed(sides[0], sides[1], sources)


def part(tree: ast.Module, places: Sequence[int]) -> ast.Module:
    """Return a module of only these statements; the statements are shared."""
    return ast.Module([tree.body[at] for at in places], [])


def imports_of(tree: ast.Module) -> dict[str, str]:
    """Return what a module's imports bind, in whatever block they stand."""
    return bound(sources_of(tree))


def sources_of(tree: ast.Module) -> Sources:
    """Return everything that a name may be bound to by a module's imports, each once."""
    found: dict[str, tuple[str, ...]] = {}
    for node in statements(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name, source in imported(node).items():
                known = tuple(s for s in found.get(name, ()) if s != source)
                found[name] = (*known, source)
    return found


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement in a tree, in the order of the text; expressions are left alone."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            yield node
        for name in ("finalbody", "orelse", "handlers", "cases", "body"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                stack += reversed(inner)


def _name(node: ast.stmt) -> str:
    return node.name if isinstance(node, _DEFINITIONS) else ""


def _uneven(body: Sequence[ast.stmt]) -> set[str]:
    """The names that are defined more than once."""
    return {n for n, count in Counter(map(_name, body)).items() if n and count > 1}


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(node))


def _differing(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> tuple[set[int], set[int]]:
    """Leave out what both sides begin with and end with, then what stands elsewhere the same."""
    first, most = 0, min(len(old), len(new))
    while first < most and equal(old[first], new[first]):
        first += 1
    tail = 0
    while tail < most - first and equal(old[-1 - tail], new[-1 - tail]):
        tail += 1
    spans = range(first, len(old) - tail), range(first, len(new) - tail)
    keys = [
        {at: ast.dump(body[at]) for at in span}
        for body, span in zip((old, new), spans, strict=True)
    ]
    shared = Counter(keys[0].values()) & Counter(keys[1].values())
    sides = []
    for side in keys:
        left, differing = Counter(shared), set()
        for at, key in side.items():
            if left[key] > 0:
                left[key] -= 1
            else:
                differing.add(at)
        sides.append(differing)
    return sides[0], sides[1]
