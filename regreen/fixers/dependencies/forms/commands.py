"""Requirements that an install command names itself: ``pip install black``, in any text file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.fixers.dependencies.forms.slot import Slot, name_of, read

_INSTALL = re.compile(
    r"\b(?:(?P<pip>pip[\d.]*\s+install|uv\s+add)|uv\s+tool\s+(?:install|run)|uvx"
    r"|pipx\s+(?:install|run))\b"
)
_WORD = re.compile(r"""'[^'\n]*'|"[^"\n]*"|[^\s;|&'"]+""")
_END = re.compile(r"\s(?:&&|\|\||[;|#])|[;|]|&&")
_VALUED = frozenset(
    "-r -c -i -f -t -e -p --requirement --constraint --index-url --extra-index-url --find-links"
    " --target --editable --python --with --from --override --prefix --root --platform".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """One requirement on a command's line: where it stands in the text, and what it says."""

    start: int
    end: int
    text: str


def slots(text: str) -> Iterator[Slot]:
    """Yield the requirements that the install commands of ``text`` name."""
    for word in words(text):
        written = read(word.text)
        if written is None:
            continue

        def write(specifier: str, comment: str, word: Word = word) -> str | None:
            made = read(word.text)
            return _replaced(text, word, made.having(specifier), comment) if made else None

        yield Slot(written.name, written.specifier, write, written.marker)


def append(text: str, requirement: str, comment: str) -> str | None:
    """Return ``text`` whose first command that names a requirement names one more."""
    if any(slot.key == name_of(requirement) for slot in slots(text)):
        return None
    found = list(words(text, listed=True))
    if not found:
        return None
    line_end = _line_end(text, found[0].start)
    last = [word for word in found if word.start < line_end][-1]
    return _replaced(text, Word(last.end, last.end, ""), f" {_quoted(requirement)}", comment)


def words(text: str, *, listed: bool = False) -> Iterator[Word]:
    """Yield the words of install commands that are requirements.

    With ``listed`` only those of commands that take several.
    """
    for command in _INSTALL.finditer(text):
        if listed and command["pip"] is None:
            continue
        end = _line_end(text, command.end())
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
