"""A step's output, made harmless for a terminal: colours stay, everything else it could do goes.

Output comes from a stranger's program. It must not move the cursor, clear the screen, set the
window's title, ring the bell, blink or hide, nor look like a line of regreen's own: every line of
it stands behind a bar. The sequences are those of ECMA-48 and of xterm's "Control Sequences".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from regreen.plain import visible

BAR = "  | "
LONGEST = 8000
"""Characters of a line that are shown; the log file has all of it."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_COLOUR = re.compile(r"(\x1b\[[0-9;:]*m)")
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]|[\x00\x07\x08\x7f]"
)
_UNWANTED = frozenset({"5", "05", "6", "06", "8", "08"})
"""Blinking, and text that cannot be seen."""
_WITH_ARGUMENTS = {"38", "48", "58"}
_COMMAND = re.compile(r"##[A-Za-z]*\[")
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def tame(line: str, *, colours: bool) -> str:
    """Return one line of output as it may be shown; ``colours`` keeps those."""
    more = len(line) - LONGEST
    parts = _COLOUR.split(line[:LONGEST])
    shown = [_plain(part) if number % 2 == 0 else "" for number, part in enumerate(parts)]
    if colours and len(parts) > 1:
        shown[1::2] = [_colour(code) for code in parts[1::2]]
        shown.append("\x1b[0m")
    if more > 0:
        shown.append(f" [{more} characters more]")
    return "".join(shown)


def barred(text: str, *, colours: bool) -> str:
    """Return whole lines as they may be shown, each behind a bar."""
    plain = text.isascii() and text.replace("\n", "").isprintable()
    if plain and not _COMMAND.search(text) and text.endswith("\n"):
        return BAR + text[:-1].replace("\n", "\n" + BAR) + "\n"
    return "".join(f"{BAR}{tame(line, colours=colours)}\n" for line in lines(text))


def lines(text: str) -> Iterator[str]:
    """Yield the lines of ``text``; as for the hosted runner, a carriage return ends one too."""
    found = _LINE_END.split(text)
    yield from found if found[-1] else found[:-1]


def kept(text: str) -> str:
    """Return output as a file may keep it: colours stay, other sequences and controls go."""
    if _ODD.search(text) is None:
        return text
    parts = _COLOUR.split(text)
    parts[::2] = (_ODD.sub(_named, _ESCAPE.sub("", part)) for part in parts[::2])
    return "".join(parts)


def _named(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _plain(text: str) -> str:
    """One line without controls. What is a command at the beginning of a line is none here."""
    if not text.isprintable():
        text = _ESCAPE.sub("", text).expandtabs()
    return visible(f"|{text}")[1:]


def _colour(code: str) -> str:
    wanted = code[2:-1].split(";")
    number = 0
    while number < len(wanted):
        kind = wanted[number].partition(":")[0]
        if kind in _UNWANTED:
            return ""
        if kind in _WITH_ARGUMENTS and ":" not in wanted[number]:
            number += 4 if wanted[number + 1 : number + 2] == ["2"] else 2
        number += 1
    return code


class Tail:
    """The last lines of a step's output."""

    def __init__(self, most: int) -> None:
        """Keep ``most`` lines."""
        self._lines: deque[str] = deque(maxlen=most)
        self._rest = ""
        self._most = most

    def add(self, piece: str) -> None:
        """Take the next piece."""
        text = (self._rest + piece)[-self._most * LONGEST :]
        at = max(text.rfind("\n"), text.rfind("\r")) + 1
        whole, self._rest = text[:at], text[at:]
        self._lines.extend(line for line in lines(whole) if line.strip())

    @property
    def last(self) -> str:
        """The last line that is not blank, finished or not."""
        return self._rest if self._rest.strip() else (self._lines[-1] if self._lines else "")

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines that are not blank."""
        rest = (self._rest,) if self._rest.strip() else ()
        return (*self._lines, *rest)[-self._most :]
