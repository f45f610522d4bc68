"""Two versions of test code, statement by statement: what is gone, what is new, what says less."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from regreen.verify.guard import heads
from regreen.verify.guard.additions import added
from regreen.verify.guard.findings import Findings
from regreen.verify.guard.losses import differs, lost
from regreen.verify.guard.names import dotted, last
from regreen.verify.guard.sameness import same
from regreen.verify.guard.statements import (
    COMPOUND,
    FAILING,
    Function,
    bound,
    effective,
    is_dead,
    kinds_of,
    names_of,
)


@dataclass(slots=True)
class Judge:
    """The comparison of one test file."""

    found: Findings

    def bodies(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt], inside: str) -> None:
        """Compare two lists of statements. ``inside``: the test or helper around, or nothing."""
        before, after = effective(old), effective(new)
        keys = [[ast.dump(s) for s in side] for side in (before, after)]
        gone: list[ast.stmt] = []
        more: list[ast.stmt] = []
        for tag, a, b, c, d in difflib.SequenceMatcher(None, keys[0], keys[1], False).get_opcodes():
            if tag == "equal":
                continue
            if inside:
                self._block(before[a:b], after[c:d], inside)
            else:
                gone += before[a:b]
                more += after[c:d]
        if not inside:
            kept = {ast.dump(s) for s in gone} & {ast.dump(s) for s in more}
            gone, more = ([s for s in side if ast.dump(s) not in kept] for side in (gone, more))
            self._block(gone, more, inside)

    def _block(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt], inside: str) -> None:
        left = list(new)
        unpaired: list[ast.stmt] = []
        for statement in old:
            partner = self._partner(statement, left)
            if partner is None:
                unpaired.append(statement)
            else:
                left.remove(partner)
                self._pair(statement, partner, inside)
        for statement in unpaired:
            rest = next(
                (
                    s
                    for s in left
                    if type(s) is type(statement) and not isinstance(s, ast.ClassDef | Function)
                ),
                None,
            )
            if rest is not None and not is_dead(statement, new):
                left.remove(rest)
                differs(self.found, statement, rest, inside)
            else:
                lost(self.found, statement, new, inside)
        for statement in left:
            added(self.found, statement, inside)

    def _partner(self, old: ast.stmt, new: Sequence[ast.stmt]) -> ast.stmt | None:
        for other in new:
            if isinstance(old, Function | ast.ClassDef):
                if isinstance(other, Function | ast.ClassDef) and old.name == other.name:
                    return other
            elif isinstance(old, COMPOUND):
                if type(other) is type(old) and self._same_head(old, other):
                    return other
            elif self._same_simple(old, other):
                return other
        if isinstance(old, Function):
            return next((s for s in new if isinstance(s, Function) and self._renamed(old, s)), None)
        return None

    def _renamed(self, old: Function, new: Function) -> bool:
        """Whether a function has another name and the same body, and is still found."""
        bodies = [[ast.dump(s) for s in node.body] for node in (old, new)]
        return bodies[0] == bodies[1] and (
            self.found.is_test(new.name) or not self.found.is_test(old.name)
        )

    def _same_head(self, old: ast.stmt, new: ast.stmt) -> bool:
        parts = ("test", "target", "iter")
        if not all(
            same(getattr(old, p, None), getattr(new, p, None), self.found.reference) for p in parts
        ):
            return False
        first, second = (getattr(s, "items", []) for s in (old, new))
        return len(first) == len(second) and all(
            same(a, b, self.found.reference) for a, b in zip(first, second, strict=True)
        )

    def _same_simple(self, old: ast.stmt, new: ast.stmt) -> bool:
        if isinstance(old, ast.Assign) and isinstance(new, ast.Expr):
            return same(old.value, new.value, self.found.reference)
        if (
            isinstance(old, ast.Expr)
            and isinstance(new, ast.Assign)
            and not bound(new) & self.found.known
        ):
            return same(old.value, new.value, self.found.reference)
        return type(old) is type(new) and same(old, new, self.found.reference)

    def _pair(self, old: ast.stmt, new: ast.stmt, inside: str) -> None:
        if isinstance(old, Function) and isinstance(new, Function):
            self._functions(old, new)
        elif isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
            heads.rename_fixtures(old, new)
            heads.class_head(self.found, old, new)
            self.bodies(old.body, new.body, "")
        elif isinstance(old, COMPOUND) and isinstance(new, COMPOUND):
            for part in ("body", "orelse", "finalbody"):
                self.bodies(getattr(old, part, []), getattr(new, part, []), inside)
            if kinds_of(new) & FAILING and len(new.body) > len(old.body):
                self.found.say("it lets another statement fail as expected", new)
            self._handlers(getattr(old, "handlers", []), getattr(new, "handlers", []), new, inside)

    def _handlers(
        self,
        old: Sequence[ast.ExceptHandler],
        new: Sequence[ast.ExceptHandler],
        at: ast.AST,
        inside: str,
    ) -> None:
        if len(old) != len(new):
            self.found.say("it catches other exceptions in a test", at)
            return
        for first, second in zip(old, new, strict=True):
            bare = first.type is None and dotted(second.type) in {"BaseException", "Exception"}
            if not bare and not same(first.type, second.type, self.found.reference):
                self.found.say("it catches other exceptions in a test", second)
            self.bodies(first.body, second.body, inside)

    def _functions(self, old: Function, new: Function) -> None:
        if (
            isinstance(old, ast.FunctionDef)
            and isinstance(new, ast.AsyncFunctionDef)
            and self.found.is_test(old.name)
        ):
            marks = {last(d) for d in new.decorator_list}
            if not marks & {"asyncio", "anyio", "trio"}:
                self.found.say(f"it makes {old.name} a coroutine, which may never be awaited", new)
        if old.body and not new.body:
            self.found.say(f"it leaves nothing of {new.name}", new)
            return
        lost = frozenset(a.arg for a in ast.walk(old.args) if isinstance(a, ast.arg))
        heads.decorators(self.found, old.decorator_list, new.decorator_list, new, lost)
        heads.parameters(self.found, old, new)
        known = frozenset(names_of(old)) | self.found.known
        if _yields(new) and not _yields(old) and self.found.is_test(new.name):
            self.found.say(f"it makes {new.name} a generator, which is not run", new)
        stored = frozenset().union(*map(bound, old.body))
        inner = Judge(
            replace(self.found, known=known, loaded=frozenset(), stored=stored, taken=lost)
        )
        inner.bodies(old.body, new.body, new.name)


def _yields(node: Function) -> bool:
    """Whether a function is a generator, functions inside it apart."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        inner = stack.pop()
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(inner, Function | ast.Lambda | ast.ClassDef):
            stack += ast.iter_child_nodes(inner)
    return False
