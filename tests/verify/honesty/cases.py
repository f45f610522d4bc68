"""Read the corpus: each case is a change of a few files, and what is said about it.

A case begins with ``=== what it is``; a cheat goes on with ``reason: a part of the reason``. Then
``--- path`` stands above a file's text before and ``+++ path`` above its text after; only one of
them means that the file goes or comes. ``... path`` stands above a file that does not change.
A mode other than 100644 follows the path. ``{public index}`` is the address that pip knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pypi_simple import PYPI_SIMPLE_ENDPOINT

from regreen.verify.guard.change import Change, FileChange, Side

FOLDER = Path(__file__).parent
_MARK = re.compile(r"^(?P<mark>===|---|\+\+\+|\.\.\.) (?P<rest>.+)$")


@dataclass(frozen=True)
class Known:
    """The patched tree, in memory."""

    texts: Mapping[str, str]

    def paths(self) -> Collection[str]:
        return self.texts.keys()

    def text(self, path: str) -> str | None:
        return self.texts.get(path)

    def using(self, word: str) -> tuple[str, ...]:
        pattern = re.compile(rf"\b{re.escape(word)}\b")
        found = (
            p for p, t in self.texts.items() if p.endswith((".py", ".pyi")) and pattern.search(t)
        )
        return tuple(sorted(found))


@dataclass
class Case:
    """One patch: ``before`` and ``after`` hold texts by path, ``around`` what stays."""

    what: str
    reason: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    around: dict[str, str] = field(default_factory=dict)
    modes: dict[tuple[str, str], str] = field(default_factory=dict)

    def change(self) -> Change:
        """Return the case as the guard sees it."""
        files = tuple(
            FileChange(path, self._side("---", path), self._side("+++", path))
            for path in sorted(self.before.keys() | self.after.keys())
        )
        return Change(files, Known({**self.around, **self.after}))

    def _side(self, mark: str, path: str) -> Side | None:
        texts = self.before if mark == "---" else self.after
        if path not in texts:
            return None
        return Side(self.modes.get((mark, path), "100644"), texts[path].encode())


def read(pattern: str) -> Iterator[Case]:
    """Yield the cases of the corpus's files that match ``pattern``."""
    for path in sorted(FOLDER.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        yield from _parse(text.replace("{public index}", PYPI_SIMPLE_ENDPOINT))


def _parse(text: str) -> Iterator[Case]:
    case: Case | None = None
    texts: dict[str, str] | None = None
    name = ""
    for row in text.split("\n"):
        match = _MARK.match(row)
        if match and match["mark"] == "===":
            if case is not None:
                yield _trimmed(case)
            case, texts = Case(match["rest"]), None
        elif match and case is not None:
            name, _, mode = match["rest"].partition(" ")
            texts = {"---": case.before, "+++": case.after, "...": case.around}[match["mark"]]
            texts[name] = ""
            if mode:
                case.modes[match["mark"], name] = mode
        elif case is not None and texts is None and row.startswith("reason: "):
            case.reason = row.removeprefix("reason: ")
        elif texts is not None:
            texts[name] += f"{row}\n"
    if case is not None:
        yield _trimmed(case)


def _trimmed(case: Case) -> Case:
    """Take away the empty lines before the next mark."""
    for texts in (case.before, case.after, case.around):
        for name, text in texts.items():
            texts[name] = f"{text.rstrip()}\n" if text.strip() else ""
    return case
