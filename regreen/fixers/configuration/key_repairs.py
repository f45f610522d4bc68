"""Repairs of a workflow's shape: keys and values that the schema does not know where they stand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from regreen.fixers.configuration import vocabulary
from regreen.fixers.configuration.marks import (
    Entry,
    block_end,
    entries,
    entry_at,
    entry_of_value,
    indent_of,
    is_blank,
    key_column,
    lines_of,
    span_at,
    tree_of,
)
from regreen.fixers.configuration.mending import Change
from regreen.jobs.schema import Fault
from regreen.jobs.yamltree import Mapping, Scalar, Sequence, key_of

_UNEXPECTED = re.compile(r"Unexpected value '(?P<name>.*)'", re.DOTALL)
_DEFINED = re.compile(r"'(?P<name>.*)' is already defined")
_MISSING = re.compile(r"Required property is missing: (?P<name>\S+)")
_ENV = re.compile(r"[A-Z][A-Z0-9_]+")
_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false", "y": "true", "n": "false"}
_STEP_ONLY = frozenset({"run", "uses", "with", "shell", "id"})


def renamed(text: str, fault: Fault) -> Iterator[Change]:
    """Give an unknown key the name of the known key that it is near."""
    entry = _unknown(text, fault)
    if entry is None:
        return
    name = key_of(entry.key)
    siblings = {key_of(key) for key, _ in entry.parent.entries}
    for known in vocabulary.near(name, vocabulary.keys()):
        if known not in siblings and (made := _replaced(text, fault, known)):
            yield Change(made, f"the key is called {known!r}, not {name!r}")


def valued(text: str, fault: Fault) -> Iterator[Change]:
    """Write a value as one of the words, or as the type, that its key takes."""
    found = _UNEXPECTED.fullmatch(fault.reason)
    if found is None or entry_at(tree_of(text), fault.line, fault.column) is not None:
        return
    name, why = found["name"], "a value that its key takes"
    plain = [_BOOLEANS[name.lower()]] if name.lower() in _BOOLEANS else []
    known = [*vocabulary.near(name, vocabulary.words()), *_pairs(name)]
    for word in (*plain, *([name] if _is_plain(name) else ()), *known):
        if made := _replaced(text, fault, word):
            yield Change(made, f"{why}: {word}")


def nested(text: str, fault: Fault) -> Iterator[Change]:
    """Put a key below ``with`` or ``env`` where it was forgotten, with those that go with it."""
    entry = _unknown(text, fault)
    if entry is None:
        return
    names = {key_of(key) for key, _ in entry.parent.entries}
    own = key_of(entry.key)
    for home in ("env", "with") if _ENV.fullmatch(own) else ("with", "env"):
        if home == "with" and "uses" not in names:
            continue
        if made := _below(text, entry, home, names):
            yield Change(made, f"{own!r} stands below {home!r}")


def dashed(text: str, fault: Fault) -> Iterator[Change]:
    """Begin a new list item where its dash is missing; join two where one is too many."""
    lines = lines_of(text)
    at = fault.line - 1
    if at >= len(lines):
        return
    column = key_column(lines[at])
    own = indent_of(lines[at])
    if column >= 2 and own == column:
        line = f"{lines[at][: column - 2]}- {lines[at][column:]}"
        yield Change("".join([*lines[:at], line, *lines[at + 1 :]]), "a dash begins the item")
    end = block_end(lines, at)
    for row in (at, end):
        if row < len(lines) and lines[row].lstrip().startswith("- "):
            dash = indent_of(lines[row])
            line = f"{lines[row][:dash]}  {lines[row][dash + 2 :]}"
            yield Change(
                "".join([*lines[:row], line, *lines[row + 1 :]]), "no new item begins here"
            )


def shaped(text: str, fault: Fault) -> Iterator[Change]:
    """Write a mapping as the list of one that is asked for, or a list of one as its item."""
    lines = lines_of(text)
    at = fault.line - 1
    if "A mapping was not expected" in fault.reason and at < len(lines):
        end = at
        column = key_column(lines[at])
        while end < len(lines) and (is_blank(lines[end]) or indent_of(lines[end]) >= column):
            end += 1
        inner = [f"  {line}" if line.strip() else line for line in lines[at:end]]
        first = f"{lines[at][:column]}- {lines[at][column:]}"
        listed = "".join([*lines[:at], first, *inner[1:], *lines[end:]])
        yield Change(listed, "a list is asked for")
    if "A sequence was not expected" in fault.reason:
        yield from _unlisted(text, fault)


def _unlisted(text: str, fault: Fault) -> Iterator[Change]:
    entry = entry_of_value(tree_of(text), fault.line, fault.column)
    if entry is None or not isinstance(entry.value, Sequence):
        return
    lines, items = lines_of(text), entry.value.items
    why = "no list is asked for"
    at = entry.value.line - 1
    if all(isinstance(item, Mapping) for item in items) and lines[at].lstrip().startswith("- "):
        end = max(block_end(lines, entry.key.line - 1), at + 1)
        dash = indent_of(lines[at])
        made = [
            f"{line[:dash]}  {line[dash + 2 :]}" if line[dash : dash + 2] == "- " else line
            for line in lines[at:end]
        ]
        yield Change("".join([*lines[:at], *made, *lines[end:]]), why)
    if len(items) == 1 and isinstance(items[0], Scalar):
        span = span_at(text, items[0].line, items[0].column)
        key = span_at(text, entry.key.line, entry.key.column)
        if span and key:
            end = text.find("]", span.end) + 1 if text[key.end : span.start].strip(": \n") else 0
            tail = text[end or span.end :]
            yield Change(f"{text[: key.end]}: {text[span.start : span.end]}{tail}", why)


def repeated(text: str, fault: Fault) -> Iterator[Change]:
    """Drop a line that only says again what the line before it says."""
    lines = lines_of(text)
    at = fault.line - 1
    if _DEFINED.fullmatch(fault.reason) is None or not 0 < at < len(lines):
        return
    column = key_column(lines[at])
    if indent_of(lines[at]) == column and lines[at].strip() in lines[at - 1]:
        yield Change("".join([*lines[:at], *lines[at + 1 :]]), "the same is said once")


def doubled(text: str, fault: Fault) -> Iterator[Change]:
    """Keep a key once: the same value once, two mappings as one, else the later one."""
    found = _DEFINED.fullmatch(fault.reason)
    if found is None:
        return
    later = entry_at(tree_of(text), fault.line, fault.column)
    if later is None:
        return
    name = key_of(later.key).lower()
    first = next(((k, v) for k, v in later.parent.entries if key_of(k).lower() == name), None)
    if first is None:
        return
    lines = lines_of(text)
    at, end = fault.line - 1, block_end(lines, fault.line - 1)
    start = first[0].line - 1
    stop = block_end(lines, start)
    both = isinstance(first[1], Mapping) and isinstance(later.value, Mapping)
    if both and stop <= at and key_column(lines[at]) == indent_of(lines[at]):
        body = lines[at + 1 : end]
        merged = [*lines[:stop], *body, *lines[stop:at], *lines[end:]]
        yield Change("".join(merged), f"{name!r} is there once, with all that it holds")
    same = "".join(lines[at:end]).split() == "".join(lines[start:stop]).split()
    review = "" if same else f"which value of {name!r} is meant: another one stood there as well"
    if key_column(lines[at]) == indent_of(lines[at]):
        once = "".join([*lines[:at], *lines[end:]])
        if same:
            yield Change(once, f"{name!r} is there once")
            return
        if key_column(lines[start]) == indent_of(lines[start]) and stop <= at:
            last = "".join([*lines[:start], *lines[stop:]])
            yield Change(last, f"{name!r} is there once: the later one", review)
        yield Change(once, f"{name!r} is there once: the first one", review)


def required(text: str, fault: Fault) -> Iterator[Change]:
    """Give a job the runner that the file's other jobs have; a list's items their key."""
    found = _MISSING.fullmatch(fault.reason)
    if found is None or found["name"] != "runs-on":
        return
    lines = lines_of(text)
    at = fault.line - 1
    if at >= len(lines):
        return
    line = f"{' ' * (fault.column - 1)}runs-on: {_usual_runner(text)}\n"
    review = "whether the runner is the one that is meant"
    yield Change("".join([*lines[:at], line, *lines[at:]]), "a job names its runner", review)


def dropped(text: str, fault: Fault) -> Iterator[Change]:
    """Drop a key that GitHub does not know and that holds one plain value: it never did a thing."""
    entry = _unknown(text, fault)
    if entry is None or not isinstance(entry.value, Scalar) or len(entry.parent.entries) < 2:
        return
    lines = lines_of(text)
    at = fault.line - 1
    name = key_of(entry.key)
    if name in _STEP_ONLY or key_column(lines[at]) != indent_of(lines[at]):
        return
    rest = [*lines[:at], *lines[block_end(lines, at) :]]
    yield Change(
        "".join(rest), f"{name!r} is no key of GitHub's", f"whether {name!r} was meant otherwise"
    )


def _unknown(text: str, fault: Fault) -> Entry | None:
    if _UNEXPECTED.fullmatch(fault.reason) is None:
        return None
    return entry_at(tree_of(text), fault.line, fault.column)


def _replaced(text: str, fault: Fault, new: str) -> str | None:
    span = span_at(text, fault.line, fault.column)
    if span is None or span.style in {"|", ">"}:
        return None
    return text[: span.start] + new + text[span.end :]


def _is_plain(name: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+)?|true|false", name) is not None


def _pairs(name: str) -> list[str]:
    """Return the words of a list that was written as one text."""
    parts = [one.strip() for one in re.split(r"[,\s]+", name.strip("[]")) if one.strip()]
    return [f"[{', '.join(parts)}]"] if len(parts) > 1 else []


def _below(text: str, entry: Entry, home: str, names: set[str]) -> str | None:
    """Move the lines of ``entry``, and of unknown keys behind it, below the key ``home``."""
    lines = lines_of(text)
    at = entry.key.line - 1
    column = key_column(lines[at])
    if indent_of(lines[at]) != column:
        return None
    end = block_end(lines, at)
    known = set(vocabulary.keys()) & {"name", "id", "if", "uses", "run", "env", "with", "shell",
        "working-directory", "continue-on-error", "timeout-minutes"}  # fmt: skip
    while end < len(lines) and indent_of(lines[end]) == column and not is_blank(lines[end]):
        word = lines[end].strip().partition(":")[0]
        if word in known or lines[end].lstrip().startswith("-"):
            break
        end = block_end(lines, end)
    moved = [f"  {line}" if line.strip() else line for line in lines[at:end]]
    if home not in names:
        return "".join([*lines[:at], f"{' ' * column}{home}:\n", *moved, *lines[end:]])
    there = next(key for key, _ in entry.parent.entries if key_of(key) == home).line - 1
    stop = block_end(lines, there)
    if stop <= at:
        return "".join([*lines[:stop], *moved, *lines[stop:at], *lines[end:]])
    if there >= end:
        return "".join([*lines[:at], *lines[end : there + 1], *moved, *lines[there + 1 :]])
    return None


def _usual_runner(text: str) -> str:
    found = [
        str(entry.value.value)
        for entry in entries(tree_of(text))
        if key_of(entry.key) == "runs-on" and isinstance(entry.value, Scalar)
    ]
    plain = [label for label in found if "${{" not in label]
    return Counter(plain).most_common(1)[0][0] if plain else "ubuntu-latest"


KEY_REPAIRS = (
    renamed,
    valued,
    nested,
    repeated,
    dashed,
    shaped,
    doubled,
    required,
)
LAST_KEY_REPAIRS = (dropped,)
