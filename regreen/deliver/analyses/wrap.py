"""Lines for a terminal: every one harmless, and none wider than the terminal but what is to copy.

A long text is broken here and not by the terminal, so that a continued line is made harmless too: a
break could otherwise put ``::error::`` at a line's beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

from regreen.plain import visible, visible_lines

LABEL = 14
_NARROW = 44
"""Below this many columns a label gets a line of its own."""
_NARROWEST = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is printed, and the style of its label and its text (names of rich's)."""

    label: str
    text: str
    style: str = ""

    @property
    def plain(self) -> str:
        """Label and text."""
        return self.label + self.text


def row(label: str, text: str, width: int, style: str = "") -> list[Line]:
    """Return ``label: text`` as lines, the text below itself where it needs several."""
    width = max(width, _NARROWEST)
    if width < _NARROW:
        indent = 4
        lines = [Line(f"  {label}:", "", style)] if label else []
    else:
        indent = LABEL
        lines = []
    for part in _broken(visible(text), width - indent):
        shown = f"  {label + ':':<{LABEL - 2}}" if label and not lines else " " * indent
        lines.append(_harmless(shown, part, style))
    return lines


def unbroken(label: str, text: str, width: int) -> list[Line]:
    """Return ``label: text`` with ``text`` on one line, however long: it is there to be copied."""
    if max(width, _NARROWEST) < _NARROW:
        return [Line(f"  {label}:", ""), _harmless("    ", visible(text), "")]
    return [_harmless(f"  {label + ':':<{LABEL - 2}}", visible(text), "")]


def paragraph(text: str, width: int, style: str = "") -> list[Line]:
    """Return ``text`` as lines from the left edge."""
    return [_harmless("", part, style) for part in _broken(visible(text), max(width, _NARROWEST))]


def _harmless(label: str, text: str, style: str) -> Line:
    return Line(label, visible_lines(label + text)[len(label) :], style)


def _broken(text: str, width: int) -> Iterator[str]:
    """Break ``text`` at spaces, words that are wider than ``width`` anywhere."""
    line, used = "", 0
    for word in text.split(" "):
        size = cells(word)
        if line and used + 1 + size > width:
            yield line
            line, used = "", 0
        elif line:
            line, used = line + " ", used + 1
        while size > width - used:
            head = _fitting(word, width - used)
            yield line + head
            line, used, word = "", 0, word[len(head) :]
            size = cells(word)
        line, used = line + word, used + size
    yield line


def _fitting(word: str, width: int) -> str:
    used = 0
    for index, character in enumerate(word):
        used += cells(character)
        if used > width:
            return word[: max(index, 1)]
    return word


def cells(text: str) -> int:
    """Return how many columns ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
