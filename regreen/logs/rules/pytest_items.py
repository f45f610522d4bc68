"""Which tests a pytest run names as failed, in its short summary, progress lines or headings.

pytest prints the same test in up to three places, which ones depends on its version and flags. The
identity of a test is its node id everywhere; what follows the id is cut at the terminal's width
(``_pytest/terminal.py``) and is no part of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.paths import relative

_COUNTS = r"(?:\d+ [a-z]++(?: (?!in\b)[a-z]++)?(?:, )?)++"
_RESULT = expression(
    rf"^(?:=+ )?(?:{_COUNTS}|no tests (?:ran|collected)(?: \([^)\n]*\))?) in \d[\d.:]*"
    r"(?: ?s| seconds)?\b(?: \([\d:, days]+\))?(?: =+)?$"
)
_SECONDS = expression(r" in \d")
START = expression(r"^(?:=+ test session starts =+$|Test session starts \(platform)")
_SECTION = expression(r"^=+ (?P<name>ERRORS|FAILURES) =+$")
_SECTIONS = ("= ERRORS =", "= FAILURES =")
_ANY_SECTION = expression(r"^=+ (?P<name>[A-Za-z][^=\n]*) =+$")
_SHORT_HEAD = expression(r"^=+ short test summary info =+$")
_KIND = r"(?P<kind>FAILED|FAIL|ERROR|SUBFAILED|SUBFAIL)"
_SUB = r"(?:(?:\([^)\n]*\)|\[[^\]\n]*\]) ?){0,2}"
_TEST = r"(?P<test>[^\s\[][^\[\n]*?(?:\[.*?\])?)"
_SHORT = expression(rf"^{_SUB}{_KIND}{_SUB} ?(?P<file>[^\s:][^:\n]*?)(?:::{_TEST})?(?: - .*| +)?$")
_STRICT = expression(
    rf"^{_SUB}{_KIND}{_SUB} ?(?P<file>\S+?\.(?:py|pyx|rst|md|txt|ipynb|ya?ml|feature))"
    rf"(?:::{_TEST})?(?: - .*| +)?$"
)
_VERBOSE = expression(
    rf"^(?P<file>\S+?\.\w+)::{_TEST}(?: <- \S+)? (?:FAILED|ERROR|SUBFAIL(?:ED)?{_SUB})"
    r" *(?:\[ *\d+(?:%|/\d+)\])?$"
)
_XDIST = expression(
    r"^\[gw\d+\] (?:\[ *\d+%\] |(?:darwin|linux|win32) .* )?"
    rf"(?P<kind>FAILED|ERROR) (?P<file>\S+?\.\w+)::{_TEST}(?: <- \S+)? *$"
)
_HEADING = expression(r"^[_\u2015]+ (?P<name>[^_\s].*|_\w.*) [_\u2015]+$")
_ROLE = expression(r"^ERROR (?:at (?:setup|teardown) of|collecting) ")
_NAME = expression(r"^(?P<name>[^\s\[]+)(?P<parameters>\[.*\])?")
_ROOT = expression(r"^rootdir: (?P<root>/[^,\n]*[^,\n/])(?:, .*)?$")
_PLACE = expression(
    r"^(?P<file>[^\s:][^:\n]*\.py):(?P<line>\d+): |^file (?P<at>.+), line (?P<on>\d+)$"
    r'|^  File "(?P<quoted>[^"\n]+)", line (?P<number>\d+), in '
)
_QUICK = expression(r"^(?P<file>\S+\.py):(?P<line>\d+): (?P<message>\S.*)$")
_LETTERS = expression(
    r"^(?P<file>\S+?\.(?:py|rst|md|txt|pyx)) (?=[.sxXRPu]*[FE])[.sxXFERPu]+ *(?:\[ *\d+%\])?$"
)
_FILES = (".py ", ".rst ", ".md ", ".txt ", ".pyx ")
WORDS = (
    *(*_SECTIONS, *_FILES, "est session starts", "= short test summary info =", "[gw", "rootdir: "),
    *("::", "FAIL", " ERROR", "ERROR ", "ERROR: ", " skipped", "pytest", "ConfigWarning"),
    *("ImportError while loading conftest", "+ Timeout +", "Fatal Python error", "INTERNALERROR> "),
)
"""What most output does not hold, and this looks for."""
_UNNAMED = "failed tests"


@dataclass(frozen=True, slots=True)
class Named:
    """One failed item: ``test`` is ``None`` for a file that could not be collected."""

    index: int
    error: bool
    file: str | None
    test: str | None
    line: str | None = None


def sessions(excerpt: Excerpt) -> Iterator[tuple[int, int]]:
    """Yield where each pytest run of the output begins and ends (excluded).

    A run inside another one's captured output (tests of plug-ins) is part of the outer run.
    """
    events = [(i, 0) for i, _ in excerpt.grep(START, "est session starts")]
    events += [(i, 1) for i, _ in excerpt.grep(_SECTION, *_SECTIONS)]
    events += [(i, 2) for i, _ in excerpt.grep(_RESULT, _SECONDS)]
    depth = begin = 0
    for index, kind in sorted(events):
        if kind == 2:
            depth = max(depth - 1, 0)
            if not depth:
                yield begin, index + 1
                begin = index + 1
        elif kind == 0 or not depth:
            depth += 1
    if depth or not begin:
        yield begin, len(excerpt)


def result(part: Excerpt) -> int | None:
    """The line with which a run counts its tests, or ``None`` when it never came to it."""
    found = [index for index, _ in part.grep(_RESULT, _SECONDS)]
    return found[-1] if found else None


def failed(part: Excerpt) -> list[Named]:
    """The failed items of one run, each once for each kind, in the order of the output."""
    blocks = list(_headings(part))
    sources = (_summary(part), _progress(part), blocks)
    named: list[Named] = []
    for error in (False, True):
        for source in sources:
            found = [item for item in source if item.error is error]
            if found:
                named += found
                break
    if all(item.error for item in named):
        named += [item for item in _hidden(part) if not (named and item.test == _UNNAMED)]
    return _placed(named, blocks)


def _summary(part: Excerpt) -> list[Named]:
    heads = [index for index, _ in part.grep(_SHORT_HEAD, "= short test summary info =")]
    hints = ("FAIL", "ERROR ")
    if heads:
        hits = part.grep(_SHORT, *hints, first=heads[-1] + 1)
    elif not any(part.grep(_SECTION, *_SECTIONS)):
        hits = part.grep(_STRICT, *hints)
    else:
        return []
    return [_named(i, m["kind"], m["file"], m["test"]) for i, m in hits if _is_node(m)]


def _is_node(match: re.Match[str]) -> bool:
    """Whether it is a node id, and not an error message of pytest's (``ERROR: usage``)."""
    return " " not in match["file"] or match["test"] is not None or "/" in match["file"]


def _progress(part: Excerpt) -> list[Named]:
    """The lines of ``-v``; what stands below the first section may be a test's own output."""
    if "::" not in part:
        return []
    section = next((i for i, _ in part.grep(_SECTION, *_SECTIONS)), len(part))
    hits = [*part.grep(_VERBOSE, "FAIL", " ERROR"), *part.grep(_XDIST, "[gw")]
    named = []
    for index, match in sorted(hits, key=lambda hit: hit[0]):
        if index < section:
            kind = match.groupdict().get("kind") or match[0][match.end("test") :]
            named.append(_named(index, kind.strip(), match["file"], match["test"]))
    return named


def _named(index: int, kind: str, file: str, test: str | None) -> Named:
    test = test.replace("::()", "") if test else None
    return Named(index, kind.startswith("ERROR"), file, test)


def _headings(part: Excerpt) -> Iterator[Named]:
    """Tests named above their tracebacks."""
    if not any(part.grep(_SECTION, *_SECTIONS)):
        return
    sections = [
        (index, match["name"])
        for index, match in part.grep(_ANY_SECTION, "= ")
        if not match["name"].startswith("test session")
    ]
    heads = [(i, m["name"]) for i, m in part.grep(_HEADING, "_ ", "\u2015 ")]
    starts = [index for index, _ in heads]
    root = next((m["root"] for _, m in part.grep(_ROOT, "rootdir: ")), None)
    for number, (first, name) in enumerate(sections):
        if name not in ("ERRORS", "FAILURES"):
            continue
        last = sections[number + 1][0] if number + 1 < len(sections) else len(part)
        inside = heads[bisect_left(starts, first) : bisect_left(starts, last)]
        for at, (index, title) in enumerate(inside):
            end = inside[at + 1][0] if at + 1 < len(inside) else last
            yield _block(part, index, title, end, error=name == "ERRORS", root=root)


def _below(file: str | None, root: str | None) -> str | None:
    return file.removeprefix(f"{root}/") if file and root else file


def _block(
    part: Excerpt, index: int, title: str, end: int, *, error: bool, root: str | None
) -> Named:
    bare = _ROLE.sub("", title)
    if title.startswith("ERROR collecting "):
        return Named(index, True, bare, None)
    if bare.endswith(".py"):
        return Named(index, error, bare, _UNNAMED)
    file, line = _place(part.lines[index:end], root)
    if bare.startswith("[doctest] "):
        return Named(index, error, file, bare.removeprefix("[doctest] "), line)
    shape = _NAME.match(bare)
    test = shape["name"].replace(".", "::") + (shape["parameters"] or "") if shape else bare
    return Named(index, error, file, test, line)


def _place(lines: Sequence[str], root: str | None) -> tuple[str | None, str | None]:
    """File and line of a traceback's first frame in the repository."""
    for text in lines:
        if match := _PLACE.match(text):
            groups = match.groupdict()
            file = _below(groups["file"] or groups["at"] or groups["quoted"], root)
            if file and relative(file) is not None:
                return file, groups["line"] or groups["on"] or groups["number"]
    return None, None


def _hidden(part: Excerpt) -> Iterator[Named]:
    """Without names: the places of ``--tb=line``, or the files whose progress shows failures."""
    sections = [(i, m["name"]) for i, m in part.grep(_SECTION, *_SECTIONS)]
    if not sections:
        for index, match in part.grep(_LETTERS, *_FILES):
            yield Named(index, False, match["file"], _UNNAMED)
    elif sections[-1][1] == "FAILURES":
        root = next((m["root"] for _, m in part.grep(_ROOT, "rootdir: ")), None)
        for index, match in part.grep(_QUICK, ".py:", first=sections[-1][0]):
            file = _below(match["file"], root)
            yield Named(index, False, file, match["message"], match["line"])


def _placed(named: Sequence[Named], blocks: Sequence[Named]) -> list[Named]:
    """The items with the lines that the tracebacks give them."""
    lines = {(b.file, b.test): b.line for b in blocks if b.line}
    kept: dict[tuple[bool, str | None, str | None], Named] = {}
    for item in named:
        line = item.line or lines.get((item.file, item.test))
        kept.setdefault((item.error, item.file, item.test), replace(item, line=line))
    return list(kept.values())
