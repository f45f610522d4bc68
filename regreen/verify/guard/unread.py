"""A configuration that could not be read, and now can: what it said must be what it says.

Compared by words, signs and comments aside. Of a name that was there twice, and of the two sides of
a merge conflict, what stays must be no looser than what goes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

Judge = Callable[[str, str, str], list[str]]
"""Returns which options are looser in the second text of a path than in the first."""

_CONFLICT = re.compile(
    r"(?ms)^<{7}[^\n]*\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}\n(?P<theirs>.*?)^>{7}[^\n]*\n?"
)
_NAMED = re.compile(r"^\s*(?P<name>[\w.\"' -]+?)\s*[=:]")
_HEADERS = {
    "setup.cfg": "metadata",
    ".flake8": "flake8",
    "pytest.ini": "pytest",
    "mypy.ini": "mypy",
}
_MOST = 200
"""Lines that may go."""


def objections(path: str, old: str, new: str, judge: Judge) -> list[str]:
    """Return why a readable configuration says something else than the unreadable one."""
    if (match := _CONFLICT.search(old)) and not _CONFLICT.search(old, match.end()):
        sides = [old[: match.start()] + match[n] + old[match.end() :] for n in ("ours", "theirs")]
        plain = [_lines(side) for side in sides]
        if _lines(new) in plain:
            return judge(path, sides[1 - plain.index(_lines(new))], new)
    sections = not path.endswith((".json", ".yml", ".yaml"))
    if sections and (others := _without_twins(old, new)) is not None:
        return [reason for other in others for reason in judge(path, other, new)]
    header = _HEADERS.get(path.rpartition("/")[2])
    if header and "[" not in old and new.lstrip().startswith(f"[{header}]"):
        new = new.replace(f"[{header}]", "", 1)
    if _words(old) == _words(new):
        return []
    return [
        f"it changes more than how the configuration is written, which could not be read: {path}"
    ]


def _without_twins(old: str, new: str) -> list[str] | None:
    """Return the new text with each line that went in its twin's place; ``None``: other changes."""
    before, after = old.split("\n"), new.split("\n")
    codes = difflib.SequenceMatcher(None, before, after, False).get_opcodes()
    if any(tag in {"insert", "replace"} for tag, *_ in codes):
        return None
    gone = [at for tag, a, b, _, _ in codes if tag == "delete" for at in range(a, b)]
    if not gone or len(gone) > _MOST:
        return None
    others = []
    first, second = _sections(before), _sections(after)
    for place in gone:
        row = before[place]
        if not row.strip():
            continue
        name = _NAMED.match(row)
        twins = [
            at
            for at, kept in enumerate(after)
            if name and _same_name(name, kept) and second[at] == first[place]
        ]
        if len(twins) != 1:
            return None
        others.append("\n".join([*after[: twins[0]], row, *after[twins[0] + 1 :]]))
    return others


def _sections(rows: list[str]) -> list[str]:
    """Return the header that each line stands under."""
    found, header = [], ""
    for row in rows:
        header = row.strip() if row.startswith("[") else header
        found.append(header)
    return found


def _same_name(name: re.Match[str], row: str) -> bool:
    other = _NAMED.match(row)
    return other is not None and other["name"].strip("\"'") == name["name"].strip("\"'")


def _lines(text: str) -> list[str]:
    return [row.rstrip() for row in text.split("\n") if row.strip()]


def _words(text: str) -> list[str]:
    plain = re.sub(r"(?m)[#;].*$|^\s*//.*$", "", text)
    return sorted(w.lower() if w in {"True", "False"} else w for w in re.findall(r"[\w.-]+", plain))
