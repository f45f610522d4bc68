"""Repairs of settings in any form: conflict markers, strange signs, names that are there twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from regreen.fixers.configuration.mending import Change
from regreen.fixers.configuration.settings_forms import lines_of
from regreen.fixers.configuration.yaml_repairs import strange_characters
from regreen.jobs.schema import Fault

_CONFLICT = re.compile(
    r"^<<<<<<<[^\n]*\n(?P<ours>.*?)(?:^\|\|\|\|\|\|\|[^\n]*\n.*?)?^=======[^\n]*\n"
    r"(?P<theirs>.*?)^>>>>>>>[^\n]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_HEADER = re.compile(r"^(?P<name>\[[^\n#]*\])[ \t]*(?:[#;][^\n]*)?\n?\Z")
_TWICE = re.compile(r"twice|overwrite|mutate|duplicate", re.IGNORECASE)
_OPTION = re.compile(r"^(?P<name>[^\s#;\[=:][^=:\n]*?)[ \t]*[=:]")


def is_twice(fault: Fault) -> bool:
    """Whether a parser stops at a name that was there already."""
    return _TWICE.search(fault.reason) is not None


def conflicted(text: str) -> bool:
    """Whether ``text`` holds the markers of a merge conflict."""
    return _CONFLICT.search(text) is not None


def conflicts(before: str | None) -> Callable[[str, Fault], Iterator[Change]]:
    """Return the repair that takes one side of every merge conflict.

    The side that ``before``, the text of the commit before, does not have; else either, or both.
    """

    def new(found: re.Match[str]) -> str:
        old = [bool(found[one]) and found[one] in (before or "") for one in ("ours", "theirs")]
        return found["ours"] if old[1] and not old[0] else found["theirs"]

    def repair(text: str, fault: Fault) -> Iterator[Change]:
        del fault
        if conflicted(text):
            review = "see that the side of the conflict that was kept is the one that was meant"
            for side in (new, r"\g<theirs>", r"\g<ours>", r"\g<ours>\g<theirs>"):
                yield Change(_CONFLICT.sub(side, text), "one side of a merge conflict", review)

    return repair


def strange(text: str, fault: Fault) -> Iterator[Change]:
    """Write plain spaces and quotes, and no mark of byte order."""
    if text.startswith("\ufeff"):
        yield Change(text.removeprefix("\ufeff"), "no mark of byte order")
    yield from strange_characters(text, fault)


def doubles(before: str | None) -> Callable[[str, Fault], Iterator[Change]]:
    """Return the repair of settings, tables and sections that are there twice.

    ``before`` is the text of the commit before, where it is known.
    """

    def repair(text: str, fault: Fault) -> Iterator[Change]:
        if not is_twice(fault):
            return
        yield from _double_sections(text, fault)
        yield from _double_options(text, fault, before)

    return repair


def _sections(lines: list[str]) -> list[tuple[str, int, int]]:
    """Return name, first line and end of every section; the part above the first has no name."""
    at = [n for n, line in enumerate(lines) if _HEADER.match(line)]
    found = [("", 0, at[0] if at else len(lines))]
    for number, start in enumerate(at):
        end = at[number + 1] if number + 1 < len(at) else len(lines)
        name = _HEADER.match(lines[start])
        found.append(("".join(name["name"].split()) if name else "", start, end))
    return found


def _double_sections(text: str, fault: Fault) -> Iterator[Change]:
    """Put what a second section of a name holds into the first."""
    lines = lines_of(text)
    sections = _sections(lines)
    here = next((s for s in sections if s[1] < fault.line <= s[2] and s[0]), None)
    first = next((s for s in sections if here and s[0] == here[0] and s[1] < here[1]), None)
    if here is None or first is None or here[0].startswith("[["):
        return
    own = _trimmed(lines[first[1] + 1 : first[2]])
    more = _trimmed(lines[here[1] + 1 : here[2]])
    name = here[0].strip("[]")
    if own == more or not any(line.strip() for line in more):
        yield Change(
            "".join([*lines[: here[1]], *lines[here[2] :]]),
            f"{name} is there once: both are the same",
        )
        return
    known = {m["name"] for line in own if (m := _OPTION.match(line))}
    fresh = [line for line in _entries(more) if not (line[0] in known and line[1] in "".join(own))]
    rest = [*lines[first[2] : here[1]], *lines[here[2] :]]
    gap = lines[first[1] + 1 + len(own) : first[2]]
    made = [*lines[: first[1] + 1], *own, *(entry for _, entry in fresh), *gap, *rest]
    yield Change("".join(made), f"{name} is there once, with what both held")
    yield Change(
        "".join([*lines[: first[1]], lines[first[1]], *more, *gap, *rest]),
        f"{name} is there once, as it was written last",
    )


def _trimmed(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    kept = lines[:end]
    return [*kept[:-1], f"{kept[-1].rstrip()}\n"] if kept else []


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of every option, with the comments above it and all of its lines."""
    name, body = "", ""
    for line in lines:
        found = _OPTION.match(line)
        if found or line.startswith(("#", ";")):
            if body and name:
                yield name, body
                name, body = "", ""
            name = found["name"] if found else name
        body += line
    if body:
        yield name, body


def _double_options(text: str, fault: Fault, before: str | None) -> Iterator[Change]:
    """Drop one of two settings of a name: the same one, else the one that was there before.

    The second is where the parser stops. What the red commit wrote was meant to come; where that
    is not known the last one is kept, which is what lenient readers take.
    """
    lines = lines_of(text)
    here = fault.line - 1
    if here >= len(lines):
        return
    for second in (here, here - 1):
        spot = _spot(lines[second]) if second >= 0 else None
        if spot is None:
            continue
        for first in range(second - 1, -1, -1):
            if _HEADER.match(lines[first]) or _outer(lines[first], spot[0]):
                break
            if _spot(lines[first]) == spot:
                yield from _one_of(lines, (first, second), before, spot[1])
                return


def _spot(line: str) -> tuple[int, str] | None:
    found = re.match(
        r"^(?P<pad>[ \t]*(?:-[ \t]+)*)[\"']?(?P<name>[^\s#;\[=:\"'][^=:\n\"']*?)[\"']?[ \t]*[=:]",
        line,
    )
    return (len(found["pad"]), found["name"]) if found else None


def _outer(line: str, column: int) -> bool:
    """Whether ``line`` belongs to something that stands further out than ``column``."""
    if not line.strip() or line.lstrip().startswith("#") or not column:
        return False
    own = re.match(r"[ \t]*(?:-[ \t]+)*", line)
    return own is not None and own.end() < column


def _one_of(
    lines: list[str], pair: tuple[int, int], before: str | None, name: str
) -> Iterator[Change]:
    spans = [(at, _option_end(lines, at)) for at in pair]
    texts = ["".join(lines[a:b]) for a, b in spans]
    if "".join(texts[0].split()) == "".join(texts[1].split()):
        a, b = spans[1]
        yield Change("".join([*lines[:a], *lines[b:]]), f"{name} is there once: both say the same")
        return
    old = [before is not None and text.strip() in before for text in texts]
    order = (1, 0) if old[1] and not old[0] else (0, 1)
    review = f"see that the {name} that was kept is the one that was meant"
    for number, which in enumerate(order):
        a, b = spans[which]
        kept = (
            "which was written now"
            if any(old) and not number
            else "which was written " + ("first" if which else "last")
        )
        yield Change(
            "".join([*lines[:a], *lines[b:]]), f"{name} is there once: the one {kept}", review
        )


def _option_end(lines: list[str], at: int) -> int:
    """Return the line behind the option in line ``at``: its brackets closed, its deeper lines."""
    column = len(lines[at]) - len(lines[at].lstrip())
    depth = _depth(lines[at])
    end = at + 1
    while end < len(lines):
        line = lines[end]
        own = len(line) - len(line.lstrip())
        listed = (
            line.lstrip().startswith("- ") and own == column and lines[at].rstrip().endswith(":")
        )
        if depth <= 0 and line.strip() and own <= column and not listed:
            break
        depth += _depth(line)
        end += 1
    while end > at + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _depth(line: str) -> int:
    return sum(line.count(c) for c in "[{") - sum(line.count(c) for c in "]}")
