"""Take the change between two trees apart, and make trees with some of its parts only.

A part is one hunk of a text file; a file that was added, removed, is no text or has another mode is
one part as a whole.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from regreen.git import Scratch, Tree

_LINES = 20_000
"""A longer file is one part: to compare it line by line would take too long."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a change: the ``number``-th hunk of ``path``, or all of it (``None``)."""

    path: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The change from ``before`` to ``after``, in parts, in the order of paths and lines."""

    scratch: Scratch
    before: Tree
    after: Tree
    parts: tuple[Part, ...]

    def with_only(self, chosen: Collection[Part]) -> Tree:
        """Return ``before`` with these parts of the change made, and no others."""
        chosen = set(chosen)
        whole = {part.path for part in chosen if part.number is None}
        tree = self.scratch.restored(self.before, self.after, sorted(whole))
        texts: dict[str, str] = {}
        for path in sorted({part.path for part in self.parts} - whole):
            numbers = {p.number for p in chosen if p.path == path}
            if numbers:
                texts[path] = _merged(_text(self.before, path), _text(self.after, path), numbers)
        return self.scratch.replace(tree, texts) if texts else tree

    def of_files(self) -> tuple[tuple[Part, ...], ...]:
        """Return the parts, those of one file together."""
        files: dict[str, list[Part]] = {}
        for part in self.parts:
            files.setdefault(part.path, []).append(part)
        return tuple(tuple(parts) for parts in files.values())


def split(scratch: Scratch, before: Tree, after: Tree, *, whole: Collection[str] = ()) -> Change:
    """Return the change between two trees in parts; the files ``whole`` are one part each."""
    parts: list[Part] = []
    for path in after.changed(before):
        count = 0 if path in whole else _hunks(before, after, path)
        parts += [Part(path, n) for n in range(count)] if count > 1 else [Part(path)]
    return Change(scratch, before, after, tuple(parts))


def _hunks(before: Tree, after: Tree, path: str) -> int:
    old, new = before.entries.get(path), after.entries.get(path)
    if old is None or new is None or old.mode != new.mode:
        return 0
    texts = before.text(path), after.text(path)
    if texts[0] is None or texts[1] is None:
        return 0
    if max(text.count("\n") for text in texts if text is not None) > _LINES:
        return 0
    return len(_changes(texts[0], texts[1]))


def _changes(old: str, new: str) -> Sequence[tuple[int, int, list[str]]]:
    """Return what differs: from and to which line of ``old``, and the lines that are there."""
    lines, others = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, lines, others, autojunk=False)
    return [
        (first, last, others[low:high])
        for kind, first, last, low, high in matcher.get_opcodes()
        if kind != "equal"
    ]


def _merged(old: str, new: str, numbers: Collection[int | None]) -> str:
    lines = old.splitlines(keepends=True)
    for number, (first, last, there) in reversed(list(enumerate(_changes(old, new)))):
        if number in numbers:
            lines[first:last] = there
    return "".join(lines)


def _text(tree: Tree, path: str) -> str:
    return tree.text(path) or ""
