"""Where the names of a test come from: a patch may not put other code behind them.

A name may come from elsewhere than before only where its old place is gone from the project, or
where a catalogue knows that somebody else's module moved it. What a patch adds is never a source:
a stand-in for what is tested could be anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from regreen.verify.guard.backports import is_standard, related
from regreen.verify.guard.change import Change
from regreen.verify.guard.kinds import is_tested_with

_SUFFIXES = (".py", ".pyi", ".pyx", ".so", ".pyd")
_ROOTS = ("", "src/", "lib/", "python/")
_MANIFESTS = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements?[\w.-]*\.(?:txt|in)|requirements/[\w.-]+\.(?:txt|in)"
    r"|pyproject\.toml|setup\.(?:py|cfg)|tox\.ini|noxfile\.py|Pipfile|environment\.ya?ml)$"
)
_OPEN = re.compile(r"^\s*from\s+\S+\s+import\s+\*|^def __getattr__", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """A file of the project, and what is taken out of it; ``path`` is empty for one not there.

    ``looked`` is where the file would be, for what is not there.
    """

    path: str
    rest: tuple[str, ...]
    looked: str = ""

    @property
    def of_tests(self) -> bool:
        """Whether the file takes part in testing."""
        return is_tested_with(self.path or self.looked)


class Origins:
    """Answers for the names that one file of the tests takes from elsewhere."""

    def __init__(self, path: str, change: Change) -> None:
        """Answer for the file at ``path``."""
        self._folder = tuple(path.split("/")[:-1])
        self._files = change.patched
        self._added = _added(change)

    def follows(self, old: str, new: str, renamed: bool) -> bool:
        """Whether ``new`` is where the thing called ``old`` now is.

        Both are full names, relative ones with their dots; ``renamed`` says whether the name itself
        may have become another, which the caller knows from the product.
        """
        if old == new:
            return True
        before, after = self.place(old), self.place(new)
        alike = renamed or _last(old) == _last(new)
        if after is None:
            return related(old, new) if before is None else alike and self._left(before, new)
        if before is None:
            return self._was_own(old, new, after)
        if before.path and before == after:
            return True
        return (
            (alike or not after.rest)
            and self._is_gone(before)
            and self._may_be_taken(after)
            and (before.of_tests or not after.of_tests)
        )

    def is_added(self, name: str) -> bool:
        """Whether a full name is one of a file that the patch adds."""
        found = self.place(name)
        return found is not None and found.path in self._added

    def is_of_tests(self, name: str) -> bool:
        """Whether a full name is one of a file of the tests."""
        found = self.place(name)
        return found is not None and found.of_tests

    def place(self, name: str) -> Place | None:
        """Return the project's file behind a full name; ``None`` for other people's modules."""
        parts = tuple(part for part in name.split(".") if part)
        if name.startswith("."):
            up = len(name) - len(name.lstrip(".")) - 1
            if up > len(self._folder):
                return Place("", parts)
            return self._under(self._folder[: len(self._folder) - up], parts, least=0)
        for size in range(len(parts), 0, -1):
            if paths := self._modules.get(".".join(parts[:size])):
                return Place(self._nearest(paths), parts[size:])
        for size in range(len(self._folder), 0, -1):
            found = self._under(self._folder[:size], parts, least=1)
            if found.path:
                return found
        return self._nowhere(parts)

    @cached_property
    def _modules(self) -> dict[str, list[str]]:
        return _modules(frozenset(self._files.paths()))

    def _was_own(self, old: str, new: str, after: Place) -> bool:
        """Whether a package that nothing speaks of any more was the project's, now renamed."""
        return (
            old.partition(".")[2] == new.partition(".")[2]
            and not after.of_tests
            and self._may_be_taken(after)
            and not self._is_foreign(old)
        )

    def _left(self, before: Place, new: str) -> bool:
        """Whether the project gave up what it had of its own for a module that it relies on."""
        return self._is_gone(before) and self._is_relied_on(new)

    def _may_be_taken(self, after: Place) -> bool:
        return after.path not in self._added and self._is_there(after)

    def _is_gone(self, place: Place) -> bool:
        """Whether a file no longer holds what was taken from it."""
        if not place.path:
            return True
        if not place.rest or not place.path.endswith((".py", ".pyi")):
            return False
        users = self._files.using(place.rest[0])
        if place.path in users:
            return False
        return not self._is_open(place.path) or all(is_tested_with(user) for user in users)

    def _is_there(self, place: Place) -> bool:
        if not place.path:
            return False
        if not place.rest or not place.path.endswith((".py", ".pyi")):
            return True
        users = self._files.using(place.rest[0])
        return place.path in users or (self._is_open(place.path) and bool(users))

    def _is_open(self, path: str) -> bool:
        """Whether a module may hold more than the names that stand in it."""
        return bool(_OPEN.search(self._files.text(path) or ""))

    def _is_relied_on(self, name: str) -> bool:
        """Whether a module that is not the project's is the standard library's, or in use."""
        root = name.partition(".")[0]
        if name.startswith(("mock.", "unittest.mock")):
            return False
        return is_standard(name) or any(
            not is_tested_with(path) and path not in self._added for path in self._importing(root)
        )

    def _is_foreign(self, name: str) -> bool:
        """Whether somebody else's module of this name is known: installed, or in use."""
        root = name.partition(".")[0]
        if is_standard(name) or any(self._importing(root)):
            return True
        word = re.compile(rf"(?<![\w-]){re.escape(root).replace('_', '[-_]')}(?![\w-])")
        return any(
            _MANIFESTS.search(path) and word.search(self._files.text(path) or "")
            for path in self._files.paths()
        )

    def _importing(self, root: str) -> Iterator[str]:
        pattern = re.compile(rf"^\s*(?:import|from)\s+{re.escape(root)}\b", re.MULTILINE)
        for path in self._files.using(root):
            if pattern.search(self._files.text(path) or ""):
                yield path

    def _under(self, folder: tuple[str, ...], parts: tuple[str, ...], *, least: int) -> Place:
        paths = self._files.paths()
        for size in range(len(parts), least - 1, -1):
            stem = "/".join([*folder, *parts[:size]])
            for path in _spellings(stem):
                if path in paths:
                    return Place(path, parts[size:])
        return Place("", parts, "/".join([*folder, *parts]) + ".py")

    def _nowhere(self, parts: tuple[str, ...]) -> Place | None:
        """A module that is not there, in a folder that has others of the project's."""
        root = f"{parts[0]}."
        if is_standard(parts[0]) or not any(name.startswith(root) for name in self._modules):
            return None
        return Place("", parts, "/".join(parts) + ".py")

    def _nearest(self, paths: Collection[str]) -> str:
        def shared(path: str) -> int:
            folder = path.split("/")[:-1]
            return sum(1 for a, b in zip(folder, self._folder, strict=False) if a == b)

        return max(sorted(paths), key=shared)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _spellings(stem: str) -> Iterator[str]:
    for suffix in _SUFFIXES:
        yield f"{stem}{suffix}"
        yield f"{stem}/__init__{suffix}".lstrip("/")


@lru_cache(maxsize=2)
def _modules(paths: frozenset[str]) -> dict[str, list[str]]:
    """Return the project's modules by their dotted names, as the usual places are imported."""
    found: dict[str, list[str]] = {}
    for path in paths:
        if not path.endswith(_SUFFIXES):
            continue
        *folders, name = path.split("/")
        stem = name.partition(".")[0]
        parts = folders if stem == "__init__" else [*folders, stem]
        for at in _tops(folders, paths):
            dotted = parts[at:]
            if dotted and all(part.isidentifier() for part in dotted):
                found.setdefault(".".join(dotted), []).append(path)
    return found


def _tops(folders: list[str], paths: Collection[str]) -> set[int]:
    """How many folders stand before what is imported: of the package, and of the usual roots."""
    tops = {root.count("/") for root in _ROOTS if "/".join([*folders, ""]).startswith(root)}
    at = len(folders)
    while at and "/".join([*folders[:at], "__init__.py"]) in paths:
        at -= 1
    return tops | {at} if at < len(folders) else tops


def _added(change: Change) -> frozenset[str]:
    """The files that a patch adds, but for those that it only moves."""
    gone = {f.before.data for f in change.files if f.after is None and f.before is not None}
    return frozenset(
        f.path
        for f in change.files
        if f.before is None and f.after is not None and f.after.data not in gone
    )
