"""What the patched repository says of names: which are gone, moved or renamed, what they take."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property

from regreen.verify.guard.backports import KNOWN
from regreen.verify.guard.change import Files
from regreen.verify.guard.kinds import is_tested_with
from regreen.verify.guard.names import Sources, bound
from regreen.verify.guard.origins import Origins

_FORGIVING = frozenset(
    ["success_codes", "warn", "ignore_errors", "raise_server_exceptions", "raise_app_exceptions"]
)
"""Arguments with which a failure is none: nox, invoke, shutil, Starlette's test client."""


@dataclass
class Reference:
    """What is known while one test file is compared."""

    patched: Files
    own: frozenset[str]
    sources: tuple[Sources, Sources]
    origins: Origins
    renamed: dict[str, str] = field(default_factory=dict)
    _definitions: dict[str, list[ast.arguments]] = field(default_factory=dict)

    @cached_property
    def old_imports(self) -> dict[str, str]:
        """What each imported name stood for."""
        return bound(self.sources[0])

    @cached_property
    def new_imports(self) -> dict[str, str]:
        """What each imported name stands for."""
        return bound(self.sources[1])

    def may_rename(self, old: str, new: str) -> bool:
        """Whether the product no longer knows ``old``, and ``new`` is no invention of the tests."""
        if old == new or self.renamed.get(old) == new:
            return True
        before, after = self.sources[0].get(old), self.sources[1].get(new)
        if before and after:
            return all(any(self.follows(o, n) for o in before) for n in after)
        if (old, new) in KNOWN and new not in self.own and not after:
            return True
        if old in self.renamed or new in self.own or not self._is_known(old, new):
            return False
        self.renamed[old] = new
        return True

    def follows(self, old: str, new: str) -> bool:
        """Whether the full name ``new`` is where the thing with the full name ``old`` now is."""
        names = old.rpartition(".")[2], new.rpartition(".")[2]
        renamed = names[0] != names[1] and self._is_known(*names)
        return self.origins.follows(old, new, renamed)

    def _is_known(self, old: str, new: str) -> bool:
        """Whether the product knows only the new one of two names, or the tests import it."""
        if any(not is_tested_with(path) for path in self.patched.using(old)):
            return False
        sources = self.sources[1].get(new)
        if sources is None:
            return any(not is_tested_with(path) for path in self.patched.using(new))
        return not any(self.origins.is_of_tests(s) or self.origins.is_added(s) for s in sources)

    def definitions(self, name: str) -> list[ast.arguments]:
        """Return the parameters of the product's functions and classes of this name."""
        if name not in self._definitions:
            found: list[ast.arguments] = []
            for path in [p for p in self.patched.using(name) if not is_tested_with(p)][:8]:
                try:
                    tree = ast.parse(self.patched.text(path) or "")
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue
                found += _definitions(tree, name)
            self._definitions[name] = found
        return self._definitions[name]


def _definitions(tree: ast.AST, name: str) -> list[ast.arguments]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            found.append(node.args)
        elif isinstance(node, ast.ClassDef) and node.name == name:
            found += [
                n.args for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"
            ]
    return found


def same_import(name: str, reference: Reference) -> bool:
    """Whether a name is still imported from where it was, or from where that has moved."""
    old, new = (side.get(name) for side in reference.sources)
    if old == new or old is None:
        return True
    if new is None:
        return name not in reference.own
    return all(any(reference.follows(o, n) for o in old) for n in new)


def asked_for(
    name: str, old: ast.Call, new: ast.Call, rest: tuple[int, int], reference: Reference
) -> bool:
    """Whether the product's definition takes the new arguments, and would not take the old ones."""
    if any(k.arg in _FORGIVING for k in new.keywords):
        return False
    definitions = reference.definitions(name)
    if not definitions:
        return (not reference.patched.using(f"def {name}") and rest[0] == 0) or (
            bool(old.keywords) and rest[1] == 0
        )
    return any(_fits(new, d) and not _fits(old, d) for d in definitions)


def _fits(call: ast.Call, definition: ast.arguments) -> bool:
    if any(k.arg is None for k in call.keywords) or any(
        isinstance(a, ast.Starred) for a in call.args
    ):
        return True
    names = [a.arg for a in (*definition.posonlyargs, *definition.args)]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    required = names[: len(names) - len(definition.defaults)] if definition.defaults else names
    needed = {
        a.arg
        for a, d in zip(definition.kwonlyargs, definition.kw_defaults, strict=True)
        if d is None
    }
    known = {*names, *(a.arg for a in definition.kwonlyargs)}
    given = {k.arg for k in call.keywords if k.arg}
    if len(call.args) > len(names) and definition.vararg is None:
        return False
    if not given <= known and definition.kwarg is None:
        return False
    filled = {*names[: len(call.args)], *given}
    return set(required) <= filled and needed <= filled
