"""Requirements that an install command names itself: ``pip install black``, in any text file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regreen.fixers.dependencies.forms.slot import Slot, name_of, read

_INSTALL = re.compile(
    r"\b(?:(?P<pip>pip[\d.]*\s+install|uv\s+add)|uv\s+tool\s+(?:install|run)|uvx"
    r"|pipx\s+(?:install|run))\b"
)
_WORD = re.compile(r"""'[^'\n]*'|"[^"\n]*"|[^\s;|&'"]+""")
_END = re.compile(r"\s(?:&&|\|\||[;|#])|[;|]|&&")
_VALUED = frozenset(
    {
        *("-r", "-c", "-i", "-f", "-t", "-e", "-p", "--requirement", "--constraint"),
        *("--index-url", "--extra-index-url", "--find-links", "--target", "--editable"),
        *("--python", "--with", "--from", "--override", "--prefix", "--root", "--platform"),
    }
)
"""Options of pip, uv and pipx that take a value."""


@dataclass(frozen=True, slots=True)
class Word:
    """One requirement on a command's line: where it stands in the text, and what it says."""

    start: int
    end: int
    text: str


def slots(text: str, only: Sequence[str] = (), line: int = 0) -> Iterator[Slot]:
    """Yield the requirements that the install commands of ``text`` name.

    ``only`` are the lines that count (none: all); those nearest before ``line`` (from 1) come
    first.
    """
    for word in words(text, only, line):
        written = read(word.text)
        if written is None:
            continue

        def write(specifier: str, comment: str, word: Word = word) -> str | None:
            made = read(word.text)
            return _replaced(text, word, made.having(specifier), comment) if made else None

        yield Slot(written.name, written.specifier, write, written.marker)


def append(
    text: str, requirement: str, comment: str, only: Sequence[str] = (), line: int = 0
) -> str | None:
    """Return ``text`` whose nearest command that names requirements names one more."""
    if any(slot.key == name_of(requirement) for slot in slots(text, only, line)):
        return None
    found = words(text, only, line, listed=True)
    if not found:
        return None
    line_end = _line_end(text, found[0].start)
    last = max(w.end for w in found if found[0].start <= w.start < line_end)
    return _replaced(text, Word(last, last, ""), f" {_quoted(requirement)}", comment)


def words(
    text: str, only: Sequence[str] = (), line: int = 0, *, listed: bool = False
) -> list[Word]:
    """Return the words of install commands that are requirements, as `slots` orders them.

    With ``listed`` only those of commands that take several.
    """
    found: list[tuple[tuple[int, int], Word]] = []
    for number, command in enumerate(_INSTALL.finditer(text)):
        if listed and command["pip"] is None:
            continue
        end = _line_end(text, command.end())
        begin = text.rfind("\n", 0, command.start()) + 1
        whole = text[begin : text.find("\n", begin) if "\n" in text[begin:] else len(text)]
        if only and not any(one in whole for one in only):
            continue
        row = text.count("\n", 0, begin) + 1
        rank = (0, -row) if line and row <= line else (1, number)
        found += [(rank, word) for word in _of_command(text, command, end)]
    return [word for _, word in sorted(found, key=lambda pair: (pair[0], pair[1].start))]


def _of_command(text: str, command: re.Match[str], end: int) -> Iterator[Word]:
    stop = _END.search(text, command.end(), end)
    previous = ""
    for match in _WORD.finditer(text, command.end(), stop.start() if stop else end):
        word = match[0].strip("'\"")
        if not word.startswith("-") and previous not in _VALUED and _is_name(word):
            yield Word(match.start(), match.end(), word)
        previous = word
        if command["pip"] is None and not word.startswith("-"):
            break


def _is_name(word: str) -> bool:
    return "/" not in word and "$" not in word and word not in {".", "\\"} and bool(read(word))


def _line_end(text: str, at: int) -> int:
    """Return where the line that ``at`` is in ends; a backslash carries a line on."""
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        if not text[:end].rstrip("\r").endswith("\\"):
            return end
        at = end + 1


def _quoted(requirement: str) -> str:
    return requirement if re.fullmatch(r"[\w.=\[\],-]+", requirement) else shlex.quote(requirement)


def _replaced(text: str, word: Word, new: str, comment: str) -> str:
    body = new if new.startswith(" ") else _quoted(new)
    made = f"{text[: word.start]}{body}{text[word.end :]}"
    end = made.find("\n", word.start + len(body))
    end = len(made) if end < 0 else end
    rest = made[word.start + len(body) : end]
    if not comment or not re.fullmatch(r"[\w\s.=<>!~\[\]'\",-]*", rest):
        return made
    return f"{made[:end].rstrip()} # {comment}{made[end:]}"
