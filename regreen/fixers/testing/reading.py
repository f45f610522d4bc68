"""Read many files of a repository more than once without asking git for each of them again."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

from regreen.scene import Files

_MOST = 20_000


@runtime_checkable
class Compared(Protocol):
    """Files that know by themselves which of them differ from others of their kind."""

    def changed(self, other: Any, /) -> tuple[str, ...]:
        """Return the paths that differ, sorted."""


def text_of(files: Files, path: str) -> str | None:
    """Return a file's text as ``files.text`` does, read once where ``files`` can be remembered."""
    if type(files).__hash__ is None or not isinstance(files, Compared):
        return files.text(path)
    return _kept(files, path)


@lru_cache(maxsize=_MOST)
def _kept(files: Files, path: str) -> str | None:
    return files.text(path)


def differing(before: Files, after: Files) -> list[str]:
    """Return the Python files that differ between two states, also those that only one has."""
    if isinstance(before, Compared) and isinstance(after, Compared):
        paths = set(after.changed(before))
    else:
        both = {*before.paths(), *after.paths()}
        paths = {path for path in both if before.text(path) != after.text(path)}
    return sorted(path for path in paths if path.endswith(".py"))
