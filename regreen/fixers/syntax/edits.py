"""Small edits that may make a text parse again, near where the parser stopped.

Each is what a person would have mistyped: a bracket, a colon, a comma, a quote, an indentation, an
old Python's spelling. None of them removes a statement or puts an empty one in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regreen.fixers.syntax.brackets import CLOSING, Bracket, Brackets, brackets
from regreen.fixers.syntax.faults import Fault

_BLOCK = re.compile(
    r"\s*(?:async\s+)?(?:if|elif|else|for|while|def|class|with|try|except|finally|match|case)\b"
)
_COMMENT = re.compile(r"\s*(?:#.*)?$")
_NEAR = 3
_JOINTS = 6
_OPEN = 8
"""Brackets left open that are looked at, the innermost: a slip leaves one or two."""
_TAB = 8


@dataclass(frozen=True, slots=True)
class Mended:
    """A text after one edit, and in words what the edit is."""

    text: str
    words: str


def edits(text: str, fault: Fault) -> Iterator[Mended]:
    """Yield ``text`` with one small edit each, the likeliest first; few of them will parse."""
    lines = text.splitlines(keepends=True)
    at = min(max(fault.line - 1, 0), max(len(lines) - 1, 0))
    if not lines:
        return
    yield from _indentation(lines, at, fault)
    yield from _closing(lines, at, brackets(text))
    yield from _colons(lines, at)
    yield from _quotes(lines, at, fault)
    yield from _old_spellings(lines, at)
    yield from _slips(lines, at)
    yield from _commas(lines, at, fault)


def _put(lines: Sequence[str], at: int, line: str, words: str) -> Iterator[Mended]:
    if line != lines[at]:
        yield Mended("".join([*lines[:at], line, *lines[at + 1 :]]), f"line {at + 1}: {words}")


def _split(line: str) -> tuple[str, str]:
    """Return a line's code and what follows it: a comment that holds no quote, and its end."""
    body = line.rstrip("\r\n")
    match = re.search(r"\s*#[^'\"]*$", body) or _COMMENT.search(body)
    cut = match.start() if match else len(body)
    return body[:cut], line[cut:]


def _closing(lines: Sequence[str], at: int, found: Brackets) -> Iterator[Mended]:
    """Close a bracket that is open, where a line ends; take out or exchange one too many."""
    for opened in reversed(found.opened[-_OPEN:]):
        close = CLOSING[opened.sign]
        first, last = opened.line, min(max(at, opened.line), opened.line + 40)
        for number in dict.fromkeys([first, *range(last, first, -1)]):
            code, rest = _split(lines[number])
            if not code.strip():
                continue
            words = f"the {opened.sign!r} of line {first + 1} is closed"
            if code.endswith((":", ",")) and not code.endswith("::"):
                yield from _put(lines, number, f"{code[:-1]}{close}{code[-1]}{rest}", words)
            yield from _put(lines, number, f"{code}{close}{rest}", words)
    for opened in found.opened[-1:]:
        yield from _closed_inside(lines, opened)
    for wrong in found.unmatched:
        yield from _opened(lines, wrong)
        line = lines[wrong.line]
        words = f"a {wrong.sign!r} too many is taken out"
        yield from _put(lines, wrong.line, line[: wrong.column] + line[wrong.column + 1 :], words)
        if wrong.wanted:
            new = line[: wrong.column] + wrong.wanted + line[wrong.column + 1 :]
            yield from _put(lines, wrong.line, new, f"{wrong.wanted!r} instead of {wrong.sign!r}")


_OPERANDS = re.compile(r"(?<=[\w\])])(?=[\"'])|(?<=\w)\s+(?=[\w\"'])|(?<=[=(,\[{:])\s*(?=[\w\"'])")
"""Between two operands with nothing that joins them, and where an operand begins."""
_SIGNS = {")": "(", "]": "[", "}": "{"}


def _opened(lines: Sequence[str], wrong: Bracket) -> Iterator[Mended]:
    """Open what a bracket closes: where two operands meet, the nearest to the bracket first."""
    line, sign = lines[wrong.line], _SIGNS[wrong.sign]
    words = f"a {sign!r} is added"
    joints = [m for m in _OPERANDS.finditer(line) if m.end() <= wrong.column]
    joints.sort(key=lambda m: (line[m.start() - 1 : m.start()] in "=(,[{:", -m.end()))
    for joint in joints[:_JOINTS]:
        tight = line[: joint.start()] + sign + line[joint.end() :]
        loose = line[: joint.end()] + sign + line[joint.end() :]
        keyword = re.search(
            r"\b(?:return|in|not|and|or|if|is|yield|from|=)\s*$", line[: joint.end()]
        )
        yield from _put(lines, wrong.line, loose if keyword else tight, words)


def _closed_inside(lines: Sequence[str], opened: Bracket) -> Iterator[Mended]:
    """Close a bracket within its own line: before what cannot be inside of it."""
    line, close = lines[opened.line], CLOSING[opened.sign]
    words = f"the {opened.sign!r} is closed"
    for match in list(
        re.finditer(r"(?=[,)\]}:]| (?:[=<>+*/-]|(?:if|for|else|and|or|in|is)\b))", line)
    ):
        if match.start() > opened.column + 1:
            new = f"{line[: match.start()]}{close}{line[match.start() :]}"
            yield from _put(lines, opened.line, new, words)


def _colons(lines: Sequence[str], at: int) -> Iterator[Mended]:
    for number in range(at, max(at - _NEAR, -1), -1):
        code, rest = _split(lines[number])
        if _BLOCK.match(code) and not code.endswith(":"):
            yield from _put(lines, number, f"{code.rstrip(';,')}:{rest}", "a colon is added")
        elif re.match(r"\s*[)\]}].*[)\]}]$", code):
            yield from _put(lines, number, f"{code}:{rest}", "a colon is added")


def _commas(lines: Sequence[str], at: int, fault: Fault) -> Iterator[Mended]:
    for number in (at, at - 1):
        if not 0 <= number < len(lines):
            continue
        code, rest = _split(lines[number])
        if code.strip() and code[-1] not in ",:([{\\":
            yield from _put(lines, number, f"{code},{rest}", "a comma is added")
    line, place = lines[at], fault.column - 1
    for match in re.finditer(r"(?<=[\w\"')\]}])\s+(?=[\w\"'(\[{])", line):
        if abs(match.start() - place) < 40:
            new = f"{line[: match.start()]},{line[match.start() :]}"
            yield from _put(lines, at, new, "a comma is added")


def _quotes(lines: Sequence[str], at: int, fault: Fault) -> Iterator[Mended]:
    if "string" not in fault.message and "EOL" not in fault.message:
        return
    line = lines[at].rstrip("\r\n")
    end = lines[at][len(line) :]
    quote = line[fault.column - 1] if 0 < fault.column <= len(line) else ""
    for sign in (quote,) if quote in ("'", '"') else ('"', "'"):
        for tail in re.finditer(r"[)\]},:]*\s*$", line):
            new = f"{line[: tail.start()]}{sign}{line[tail.start() :]}{end}"
            yield from _put(lines, at, new, "a quote is added")
        yield from _put(lines, at, f"{line}{sign}{end}", "a quote is added")
        for word in re.finditer(r"(?<=\w)(?=[:,)\]}=])|(?<=[(\[{:,= ])(?=\w)", line):
            new = f"{line[: word.start()]}{sign}{line[word.start() :]}{end}"
            yield from _put(lines, at, new, "a quote is added")


def _indentation(lines: Sequence[str], at: int, fault: Fault) -> Iterator[Mended]:
    if "tab" in fault.message.lower():
        wide = [_expanded(line) for line in lines]
        yield Mended("".join(wide), "tabs in indentation become spaces")
        return
    if "indent" not in fault.message:
        return
    width = len(lines[at]) - len(lines[at].lstrip())
    others = {len(one) - len(one.lstrip()) for one in lines[max(at - 60, 0) : at] if one.strip()}
    step = min((w for w in others if w), default=4)
    if "expected an indented block" in fault.message:
        wanted = [width + step]
    else:
        wanted = sorted(others, key=lambda w: (abs(w - width), -w))
    for new in wanted[:4]:
        if new == width:
            continue
        for end in dict.fromkeys([_block_end(lines, at, width), at + 1]):
            moved = [_shifted(line, new - width) for line in lines[at:end]]
            whole = [*lines[:at], *moved, *lines[end:]]
            count = "is" if end == at + 1 else f"to {end} are"
            yield Mended("".join(whole), f"line {at + 1} {count} indented by {new}")


def _expanded(line: str) -> str:
    body = line.lstrip(" \t")
    return line[: len(line) - len(body)].expandtabs(_TAB) + body


def _block_end(lines: Sequence[str], at: int, width: int) -> int:
    """Return behind which line the block ends that begins at ``at``."""
    end = at + 1
    while end < len(lines):
        line = lines[end]
        if line.strip() and len(line) - len(line.lstrip()) < width:
            break
        end += 1
    while end > at + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line
    return " " * by + line if by > 0 else line[-by:]


_OLD = (
    (re.compile(r"^(\s*)print[ \t]+>>\s*([\w.]+),\s*(.+?)$"), r"\1print(\3, file=\2)"),
    (re.compile(r"^(\s*)print[ \t]+(?!\()(.+?),$"), r'\1print(\2, end=" ")'),
    (re.compile(r"^(\s*(?:.*[:;]\s*)?)print[ \t]+(?![=.(])(.+?)$"), r"\1print(\2)"),
    (re.compile(r"^(\s*)print[ \t]+(\(.*)$"), r"\1print(\2)"),
    (re.compile(r"^(\s*)print$"), r"\1print()"),
    (re.compile(r"^(\s*except\s+[^:]+?),\s*(\w+)\s*:"), r"\1 as \2:"),
    (re.compile(r"^(\s*)raise\s+([\w.]+)\s*,\s*([^,]+)$"), r"\1raise \2(\3)"),
    (re.compile(r"^(\s*)exec\s+(.+?)\s+in\s+(.+)$"), r"\1exec(\2, \3)"),
    (re.compile(r"^(\s*)exec\s+([^(=].*)$"), r"\1exec(\2)"),
    (re.compile(r"<>"), "!="),
    (re.compile(r"`([^`]+)`"), r"repr(\1)"),
    (re.compile(r"\b0([0-7]{2,})\b"), r"0o\1"),
    (re.compile(r"\b(\d+)[lL]\b"), r"\1"),
    (re.compile(r"\bur(?=['\"])"), "r"),
)
"""Python 2's spellings: https://docs.python.org/3/whatsnew/3.0.html"""


def _old_spellings(lines: Sequence[str], at: int) -> Iterator[Mended]:
    code, rest = _split(lines[at])
    if any(expression.search(code) for expression, _ in _OLD[:5]):
        whole = "".join(_printed(line) for line in lines)
        yield Mended(whole, "print is a function, here and elsewhere in the file")
    for expression, new in _OLD:
        if expression.search(code):
            yield from _put(lines, at, f"{expression.sub(new, code)}{rest}", "Python 3's spelling")


def _printed(line: str) -> str:
    """Return a line in which no ``print`` statement is left."""
    code, rest = _split(line)
    for expression, new in _OLD[:5]:
        if expression.search(code):
            return f"{expression.sub(new, code)}{rest}"
    return line


_SLIPS = (
    (re.compile(r"^(\s*)else\s+if\b"), r"\1elif", "elif"),
    (re.compile(r"^(\s*)(?:elsif|elseif|elif\s+if)\b"), r"\1elif", "elif"),
    (re.compile(r"^(\s*(?:el)?if\b[^=!<>]*?)(?<![=!<>])=(?!=)"), r"\1==", "== compares"),
    (re.compile(r"&&"), "and", "and"),
    (re.compile(r"\|\|"), "or", "or"),
    (re.compile(r"(?<![=!<>])!(?![=])\s*(?=\w)"), "not ", "not"),
    (re.compile(r"(\w)\+\+"), r"\1 += 1", "+= 1"),
    (re.compile(r"^(\s*)(?:func|function|fn)\s+(?=\w+\s*\()"), r"\1def ", "def"),
    (re.compile(r"^(\s*)(?:defn|de|dfe|edf)\s+(?=\w+\s*\()"), r"\1def ", "def"),
    (re.compile(r"^(\s*)(?:calss|clas|cls)\s+(?=\w+)"), r"\1class ", "class"),
    (re.compile(r"^(\s*)(?:retrun|reutrn|retun|return:)\s+"), r"\1return ", "return"),
    (re.compile(r"^(\s*)(?:improt|imoprt|imort)\s+"), r"\1import ", "import"),
    (re.compile(r"^(\s*)(?:form|frm)\s+(?=[\w.]+\s+import\b)"), r"\1from ", "from"),
    (re.compile(r";\s*$"), "", "no semicolon"),
    (re.compile(r"[\u2018\u2019]"), "'", "plain quotes"),
    (re.compile(r"[\u201c\u201d]"), '"', "plain quotes"),
    (re.compile(r"[\u00a0\u2002-\u200b\ufeff]"), " ", "plain spaces"),
    (re.compile(r"[\u2013\u2014]"), "-", "a plain minus"),
    (re.compile(r",\s*,"), ",", "one comma"),
    (re.compile(r"::+\s*$"), ":", "one colon"),
)


def _slips(lines: Sequence[str], at: int) -> Iterator[Mended]:
    for number in dict.fromkeys((at, max(at - 1, 0))):
        code, rest = _split(lines[number])
        for expression, new, words in _SLIPS:
            if expression.search(code):
                yield from _put(lines, number, f"{expression.sub(new, code, count=1)}{rest}", words)
                yield from _put(lines, number, f"{expression.sub(new, code)}{rest}", words)
