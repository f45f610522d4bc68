"""What Sphinx and docutils warn about in reStructuredText, where a warning is an error (``-W``).

Titles whose underline is too short, blank lines that are missing, code blocks in a language that
they are not in, documents that no table of contents names.
"""

from __future__ import annotations

import ast
import json
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

import yaml

from regreen.model import Edit, Failure, Idea
from regreen.scene import Scene

ID = "documentation"
DOCS = "https://www.sphinx-doc.org/en/master/man/sphinx-build.html#cmdoption-sphinx-build-W"

_SAID = re.compile(
    r"(?<![^\s:])(?P<file>[^\s:]+\.(?:rst|txt|py|md))"
    r"(?::docstring of (?P<object>[\w.]+))?:(?P<line>\d*):? "
    r"(?:\(?(?:WARNING|ERROR|SEVERE)[^:\n]*:|WARNING:) ?(?P<words>[^\n]+)"
)
_LANGUAGE = re.compile(
    r"(?:Could not lex literal_block|Lexing literal_block).* as [\"'](?P<old>[\w+-]+)[\"']"
)
_UNDERLINE = re.compile(r"^(?P<sign>[^\w\s])(?P=sign)*\s*$")
_DIRECTIVE = re.compile(
    r"^(?P<head>\s*(?:\.\. (?:code-block|code|sourcecode|highlight)::|```))\s*\S*"
)
_BLANK_ABOVE = ("ends without a blank line", "Unexpected unindent", "unexpected unindent")
_REACH = 60


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one edit of all files that are warned about and can be mended."""
    said = "\n".join([scene.output, *(_words(failure))])
    texts: dict[str, list[str]] = {}
    complaints = dict.fromkeys(_complaints(said, scene))
    for path, number, words in sorted(complaints, key=lambda c: (c[0], -c[1])):
        text = scene.files.text(path)
        if text is None:
            continue
        lines = texts.setdefault(path, text.splitlines())
        _mend(lines, number - 1, words)
    files = {
        path: made
        for path, lines in texts.items()
        if (made := _joined(scene.files.text(path) or "", lines)) != scene.files.text(path)
    }
    if files:
        yield Edit(ID, "the form that docutils asks for", files)


def _words(failure: Failure) -> Iterator[str]:
    for one in failure.diagnostics:
        if one.file is not None:
            yield f"{one.file}:{one.line or ''}: WARNING: {one.message}"


def _complaints(said: str, scene: Scene) -> Iterator[tuple[str, int, str]]:
    known = set(scene.files.paths())
    for match in _SAID.finditer(said):
        if match["object"] is not None:
            continue
        path = _within(match["file"], scene.directory, known)
        if path is not None:
            yield path, int(match["line"] or 1), match["words"].strip()


def _within(name: str, directory: str, known: set[str]) -> str | None:
    for path in (posixpath.normpath(posixpath.join(directory, name)), name.removeprefix("./")):
        if path in known:
            return path
    parts = name.split("/")
    tails = ("/".join(parts[at:]) for at in range(1, len(parts)))
    found = next((tail for tail in tails if tail in known), None)
    if found is not None:
        return found
    ends = [path for path in known if path.endswith(f"/{name}")]
    return ends[0] if len(ends) == 1 else None


def _joined(text: str, lines: list[str]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    return end.join(lines) + (end if text.endswith("\n") else "")


def _mend(lines: list[str], at: int, words: str) -> None:
    if not 0 <= at < len(lines):
        return
    for sign, mend in _MENDERS:
        if sign in words:
            mend(lines, at, words)
            return


def _underline(lines: list[str], at: int, _: str) -> None:
    """Make the line of signs under (or over) a title as long as the title."""
    for number in (at, at + 1, at - 1):
        if 0 < number < len(lines) and (match := _UNDERLINE.match(lines[number])):
            title = lines[number - 1].rstrip()
            if not title:
                continue
            long = match["sign"] * len(title)
            above = number - 2
            if above >= 0 and _UNDERLINE.match(lines[above]) and lines[above][0] == match["sign"]:
                lines[above] = long
            lines[number] = long
            return


def _blank_line(lines: list[str], at: int, _: str) -> None:
    """Put a blank line before the line that is complained about."""
    if at > 0 and lines[at - 1].strip():
        lines.insert(at, "")


def _language(lines: list[str], at: int, words: str) -> None:
    """Name the language that a code block is in, or none where nothing tells."""
    match = _LANGUAGE.search(words)
    if match is None:
        return
    for number in range(min(at, len(lines) - 1), max(at - _REACH, -1), -1):
        found = _DIRECTIVE.match(lines[number])
        if found is None or not lines[number].rstrip().lower().endswith(match["old"].lower()):
            continue
        block = _block(lines, number)
        lines[number] = f"{found['head']}{'' if '`' in found['head'] else ' '}{language_of(block)}"
        return


def _block(lines: list[str], number: int) -> str:
    """Return the content of the code block whose directive stands in line ``number``."""
    width = len(lines[number]) - len(lines[number].lstrip())
    found: list[str] = []
    for line in lines[number + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= width:
            break
        found.append(line)
    inner = [line for line in found if line.strip()]
    indent = min((len(line) - len(line.lstrip()) for line in inner), default=0)
    body = [line[indent:] for line in found]
    while body and (not body[0].strip() or re.match(r":\w[\w-]*:", body[0])):
        body.pop(0)
    return "\n".join(body).strip("\n")


def language_of(block: str) -> str:
    """Return the lexer that fits a block: what can be parsed as a language is in it."""
    if re.search(r"^\s*(?:\$|#!/|sudo |pip |cd )", block, re.MULTILINE):
        return "console" if re.search(r"^\s*\$ ", block, re.MULTILINE) else "bash"
    for name, reads in (("json", json.loads), ("python", ast.parse)):
        if _reads(reads, block):
            return name
    if re.search(r"^[\w-]+:(?: |$)", block, re.MULTILINE) and _reads(yaml.safe_load, block):
        return "yaml"
    return "text"


def _reads(read: Callable[[str], object], block: str) -> bool:
    try:
        read(block)
    except (ValueError, SyntaxError, RecursionError, yaml.YAMLError):
        return False
    return True


def _orphan(lines: list[str], _: int, __: str) -> None:
    """Say that a document is in no table of contents on purpose."""
    if not lines or not lines[0].startswith(":orphan:"):
        lines[0:0] = [":orphan:", ""]


_MENDERS: tuple[tuple[str, Callable[[list[str], int, str], None]], ...] = (
    ("underline too short", _underline),
    ("overline too short", _underline),
    ("literal_block", _language),
    ("isn't included in any toctree", _orphan),
    ("Unexpected indentation", _blank_line),
    *((sign, _blank_line) for sign in _BLANK_ABOVE),
)
