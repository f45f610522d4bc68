"""Two versions of test code, statement by statement: what is gone, what is new, what says less."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from regreen.verify.guard.names import dotted, last
from regreen.verify.guard.normal import STRICT
from regreen.verify.guard.reference import Reference
from regreen.verify.guard.sameness import same
from regreen.verify.guard.statements import (
    FIXTURES,
    HARMLESS_MARKS,
    REPLACING,
    Function,
    bound,
    effective,
    is_dead,
    is_patch,
    kinds_of,
    mark,
    names_of,
    names_used,
    what_was_lost,
    within,
)

_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)


@dataclass(slots=True)
class Judge:
    """The comparison of one test file; ``reasons`` grows."""

    path: str
    reference: Reference
    known: frozenset[str]
    is_test: Callable[[str], bool]
    loaded: frozenset[str] = frozenset()
    reasons: list[str] = field(default_factory=list)

    def say(self, what: str, node: ast.AST) -> None:
        """Note a reason, with the line that it is about."""
        self.reasons.append(f"{what}: {self.path}:{getattr(node, 'lineno', 1)}")

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
            dumps = {ast.dump(s): s for s in more}
            moved = [s for s in gone if ast.dump(s) in dumps]
            for statement in moved:
                more = [m for m in more if ast.dump(m) != ast.dump(statement)]
            self._block([g for g in gone if g not in moved], more, inside)

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
                self._differs(statement, rest, inside)
            else:
                self._lost(statement, new, inside)
        for statement in left:
            self._added(statement, inside)

    def _partner(self, old: ast.stmt, new: Sequence[ast.stmt]) -> ast.stmt | None:
        for other in new:
            if isinstance(old, Function | ast.ClassDef):
                if isinstance(other, Function | ast.ClassDef) and old.name == other.name:
                    return other
            elif isinstance(old, _COMPOUND):
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
        return bodies[0] == bodies[1] and (self.is_test(new.name) or not self.is_test(old.name))

    def _same_head(self, old: ast.stmt, new: ast.stmt) -> bool:
        parts = ("test", "target", "iter")
        if not all(
            same(getattr(old, p, None), getattr(new, p, None), self.reference) for p in parts
        ):
            return False
        first, second = (getattr(s, "items", []) for s in (old, new))
        return len(first) == len(second) and all(
            same(a, b, self.reference) for a, b in zip(first, second, strict=True)
        )

    def _same_simple(self, old: ast.stmt, new: ast.stmt) -> bool:
        if isinstance(old, ast.Assign) and isinstance(new, ast.Expr):
            return same(old.value, new.value, self.reference)
        if (
            isinstance(old, ast.Expr)
            and isinstance(new, ast.Assign)
            and not bound(new) & self.known
        ):
            return same(old.value, new.value, self.reference)
        return type(old) is type(new) and same(old, new, self.reference)

    def _pair(self, old: ast.stmt, new: ast.stmt, inside: str) -> None:
        if isinstance(old, Function) and isinstance(new, Function):
            self._functions(old, new)
        elif isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef):
            self._classes(old, new)
        elif isinstance(old, _COMPOUND) and isinstance(new, _COMPOUND):
            for part in ("body", "orelse", "finalbody"):
                self.bodies(getattr(old, part, []), getattr(new, part, []), inside)
            self._handlers(getattr(old, "handlers", []), getattr(new, "handlers", []), new, inside)

    def _handlers(
        self,
        old: Sequence[ast.ExceptHandler],
        new: Sequence[ast.ExceptHandler],
        at: ast.AST,
        inside: str,
    ) -> None:
        if len(old) != len(new):
            self.say("it catches other exceptions in a test", at)
            return
        for first, second in zip(old, new, strict=True):
            bare = first.type is None and dotted(second.type) in {"BaseException", "Exception"}
            if not bare and not same(first.type, second.type, self.reference):
                self.say("it catches other exceptions in a test", second)
            self.bodies(first.body, second.body, inside)

    def _functions(self, old: Function, new: Function) -> None:
        if (
            isinstance(old, ast.FunctionDef)
            and isinstance(new, ast.AsyncFunctionDef)
            and self.is_test(old.name)
        ):
            marks = {last(d) for d in new.decorator_list}
            if not marks & {"asyncio", "anyio", "trio"}:
                self.say(f"it makes {old.name} a coroutine, which may never be awaited", new)
        if old.body and not new.body:
            self.say(f"it leaves nothing of {new.name}", new)
            return
        self._decorators(old.decorator_list, new.decorator_list, new)
        self._parameters(old, new)
        known = frozenset(names_of(old)) | self.known
        inner = Judge(self.path, self.reference, known, self.is_test)
        inner.bodies(old.body, new.body, new.name)
        self.reasons += inner.reasons

    def _parameters(self, old: Function, new: Function) -> None:
        defaults = [
            [ast.dump(d) for d in (*n.args.defaults, *filter(None, n.args.kw_defaults))]
            for n in (old, new)
        ]
        names = [
            [a.arg for a in (*n.args.posonlyargs, *n.args.args, *n.args.kwonlyargs)]
            for n in (old, new)
        ]
        grown = len(defaults[1]) > len(defaults[0]) and self.is_test(new.name)
        if defaults[0] != defaults[1][: len(defaults[0])] or grown:
            self.say(f"it changes the defaults of {new.name}", new)
        hidden = (
            (set(names[1]) - set(names[0])) & names_used(old) & self.reference.old_imports.keys()
        )
        if hidden and self.is_test(new.name):
            self.say(f"it replaces {sorted(hidden)[0]!r} by a parameter in {new.name}", new)
        lost = [n for n in names[0] if n not in names[1] and n in names_used(old)]
        kept = [
            n
            for n in lost
            if not any(self.reference.may_rename(n, m) for m in names[1] if m not in names[0])
        ]
        if kept and self.is_test(new.name):
            self.say(f"it takes {kept[0]!r} from the parameters of {new.name}", new)

    def _decorators(self, old: Sequence[ast.expr], new: Sequence[ast.expr], at: ast.AST) -> None:
        left = list(new)
        for decorator in old:
            match = next(
                (
                    d
                    for d in left
                    if same(decorator, d, self.reference) or self._same_cases(decorator, d)
                ),
                None,
            )
            if match is not None:
                left.remove(match)
            elif mark(decorator) == "parametrize":
                self.say("it removes or changes cases of a parametrized test", at)
            elif mark(decorator) not in {
                "skip",
                "skipif",
                "xfail",
                "expectedFailure",
                "skipIf",
                "skipUnless",
            }:
                self.say(f"it removes or changes the decorator {ast.unparse(decorator)[:50]!r}", at)
        for decorator in left:
            if mark(decorator) not in HARMLESS_MARKS:
                self.say(f"it adds the decorator {ast.unparse(decorator)[:50]!r} to a test", at)
            elif any(k.arg == "autouse" for k in getattr(decorator, "keywords", [])):
                self.say("it makes a fixture run for every test", at)

    def _same_cases(self, old: ast.expr, new: ast.expr) -> bool:
        """The same names with the same cases in order, or with further cases."""
        if not (isinstance(old, ast.Call) and isinstance(new, ast.Call)) or mark(
            old
        ) != "parametrize" != mark(new):
            return False
        if (
            mark(new) != "parametrize"
            or len(old.args) < 2
            or len(new.args) < 2
            or not same(old.args[0], new.args[0], self.reference)
        ):
            return False
        rows = [a.args[1].elts if isinstance(a.args[1], ast.List) else [] for a in (old, new)]
        left = list(rows[1])
        for row in rows[0]:
            match = next((r for r in left if same(row, r, self.reference)), None)
            if match is None:
                return False
            left.remove(match)
        keywords = [{k.arg: ast.dump(k.value) for k in a.keywords} for a in (old, new)]
        return bool(rows[0]) and keywords[0].get("indirect") == keywords[1].get("indirect")

    def _classes(self, old: ast.ClassDef, new: ast.ClassDef) -> None:
        bases = zip(old.bases, new.bases, strict=False)
        if len(old.bases) > len(new.bases) or not all(same(a, b, self.reference) for a, b in bases):
            self.say(f"it changes what {new.name} is derived from", new)
        elif [ast.dump(k) for k in old.keywords] != [ast.dump(k) for k in new.keywords]:
            self.say(f"it changes how {new.name} is made", new)
        elif len(new.bases) > len(old.bases):
            self.say(f"it derives {new.name} from more", new)
        self._decorators(old.decorator_list, new.decorator_list, new)
        used = {n.attr for n in ast.walk(old) if isinstance(n, ast.Attribute)}
        defined = {n.name for n in old.body if isinstance(n, Function)}
        for node in new.body:
            if isinstance(node, Function) and node.name not in defined:
                if node.name in REPLACING or (node.name in used and not self.is_test(node.name)):
                    self.say(f"it replaces what {new.name} inherits, {node.name}", node)
                elif node.name.startswith(("assert", "fail")):
                    self.say(f"it replaces an assertion of the test runner, {node.name}", node)
        self.bodies(old.body, new.body, "")

    def _differs(self, old: ast.stmt, new: ast.stmt, inside: str) -> None:
        if isinstance(old, ast.Assert) and isinstance(new, ast.Assert):
            self.say(f"{what_was_lost(old.test, new.test)}{within(inside)}", new)
        elif isinstance(old, ast.With) and (kinds := kinds_of(old)) & {
            "raises",
            "warns",
            "assertRaises",
            "assertRaisesRegex",
            "assertWarns",
            "assertLogs",
        }:
            self.say(
                f"it expects another or a wider failure, {sorted(kinds)[0]}{within(inside)}", new
            )
        elif isinstance(old, _COMPOUND) and isinstance(new, _COMPOUND):
            self.say(f"it changes when or how a test runs its statements{within(inside)}", new)
        else:
            self.say(f"it changes what a test does or is fed with{within(inside)}", new)

    def _lost(self, old: ast.stmt, new: Sequence[ast.stmt], inside: str) -> None:
        if isinstance(old, Function | ast.ClassDef):
            self._lost_definition(old)
        elif isinstance(old, ast.Assert):
            self.say(f"it drops an assertion{within(inside)}", new[0] if new else old)
        elif (
            isinstance(old, ast.Expr)
            and isinstance(old.value, ast.Constant)
            and old.value.value == STRICT
        ):
            self.say(f"it no longer says that warnings must not be raised{within(inside)}", old)
        elif not is_dead(old, new):
            what = (
                "an expected failure"
                if kinds_of(old) & {"raises", "warns", "assertRaises"}
                else "a statement"
            )
            self.say(f"it drops {what} of a test{within(inside)}", new[0] if new else old)

    def _lost_definition(self, old: Function | ast.ClassDef) -> None:
        if any(mark(d) in {"session", "task"} for d in old.decorator_list):
            self.say(f"it removes the session {old.name}", old)
            return
        tests = [n.name for n in ast.walk(old) if isinstance(n, Function) and self.is_test(n.name)]
        if tests:
            self.say(f"it removes the test {tests[0]}", old)
        elif any(p for p in self.reference.patched.using(old.name)):
            self.say(f"it removes {old.name}, which is still used", old)

    def _added(self, new: ast.stmt, inside: str) -> None:
        if isinstance(new, ast.Return | ast.Raise | ast.Continue | ast.Break):
            self.say(f"it leaves a test early{within(inside)}", new)
            return
        if isinstance(new, ast.AugAssign | ast.Delete) or (
            isinstance(new, ast.Assign) and is_patch(new)
        ):
            self.say(f"it changes a value that a test looks at{within(inside)}", new)
            return
        replaced = bound(new) & (self.known if inside else self.known - {""})
        replaced = {
            n
            for n in replaced
            if not (isinstance(new, Function | ast.ClassDef) and self.is_test(n))
        }
        if not inside and isinstance(new, Function) and self._fills_gap(new):
            replaced -= {new.name}
        if replaced:
            self.say(f"it replaces {sorted(replaced)[0]!r} in the tests{within(inside)}", new)
        if not inside and isinstance(new, Function) and self._overrides(new):
            self.say(f"it replaces the fixture {new.name}", new)
        if (
            isinstance(new, ast.Expr)
            and isinstance(new.value, ast.Call)
            and last(new.value.func) in {"assume", "reject", "note"}
        ):
            self.say(f"it leaves out cases of a test{within(inside)}", new)
        if (
            isinstance(new, ast.Expr)
            and isinstance(new.value, ast.Call)
            and isinstance(new.value.func, ast.Attribute)
        ):
            root = dotted(new.value.func).partition(".")[0]
            installs = last(new.value.func) in {"install", "conda_install"}
            if (
                inside
                and not installs
                and root in self.known - self.reference.new_imports.keys() - {"self"}
            ):
                self.say(f"it changes {root!r} before a test looks at it{within(inside)}", new)
        if (isinstance(new, ast.Try) and new.handlers) or (
            isinstance(new, ast.If | ast.While | ast.For) and inside
        ):
            self.say(f"it runs statements of a test only at times{within(inside)}", new)
        if isinstance(new, ast.With | ast.AsyncWith) and inside:
            self._wrapped(new, inside)

    def _overrides(self, new: Function) -> bool:
        """Whether a new fixture takes the place of one from elsewhere."""
        fixture = any(mark(d) == "fixture" for d in new.decorator_list)
        others = [p for p in self.reference.patched.using(f"def {new.name}") if p != self.path]
        return fixture and (bool(others) or new.name in FIXTURES)

    def _fills_gap(self, new: Function) -> bool:
        """Whether a new fixture has a name that no other had: tests asked for it in vain."""
        fixture = any(mark(d) == "fixture" for d in new.decorator_list)
        others = [p for p in self.reference.patched.using(f"def {new.name}") if p != self.path]
        called = new.name in self.loaded
        return fixture and not others and not called and new.name not in FIXTURES

    def _wrapped(self, new: ast.With | ast.AsyncWith, inside: str) -> None:
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
            self.say(f"it puts a test into {sorted(kinds_of(new))[:1]}{within(inside)}", new)
