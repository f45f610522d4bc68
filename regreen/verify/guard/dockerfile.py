"""Dockerfiles, instruction by instruction: what is built, checked and started must stay.

Source: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
from collections import Counter

from regreen.verify.guard import checkers, shell
from regreen.verify.guard.scalars import is_raised
from regreen.verify.guard.standins import NOWHERE, Ground

_FREE = frozenset(["LABEL", "MAINTAINER", "EXPOSE", "STOPSIGNAL", "VOLUME"])
_KNOWN = _FREE | frozenset(
    [
        *(
            "FROM",
            "RUN",
            "CMD",
            "ENTRYPOINT",
            "COPY",
            "ADD",
            "ENV",
            "ARG",
            "WORKDIR",
            "USER",
            "SHELL",
        ),
        *("HEALTHCHECK", "ONBUILD"),
    ]
)
_INSTRUCTION = re.compile(r"^\s*(?P<name>[A-Za-z]+)\s+(?P<rest>.*)$", re.DOTALL)
_SPACED = re.compile(r"^(?P<name>\w+)\s+(?P<value>[^=]*)$")
_PAIR = re.compile(r"(?P<name>\w+)=(?P<value>\"[^\"]*\"|'[^']*'|\S*)")


def objections(path: str, old: str, new: str, ground: Ground = NOWHERE) -> list[str]:
    """Return what an image is no longer built of, or no longer checks while it is built.

    An image in which nothing checks is a product, and may change.
    """
    if not checkers.are_named(old):
        return []
    before, after = _instructions(old), _instructions(new)
    first, second = (
        "\n".join(_script(rest) for name, rest in rows if name == "RUN") for rows in (before, after)
    )
    reasons = shell.weaker(first, second, f"{path}, RUN", ground)
    reasons += _bases(path, before, after)
    for name in sorted({n for n, _ in (*before, *after)} - _FREE - {"RUN", "FROM", "ENV", "ARG"}):
        rows = [Counter(rest for n, rest in side if n == name) for side in (before, after)]
        lost, more = rows[0] - rows[1], rows[1] - rows[0]
        if lost:
            reasons.append(f"it drops {name} {next(iter(lost))[:40]!r}: {path}")
        elif more and name not in {"COPY", "USER"}:
            reasons.append(f"it adds {name} {next(iter(more))[:40]!r}: {path}")
    return reasons + _variables(path, before, after)


def _bases(path: str, before: list[tuple[str, str]], after: list[tuple[str, str]]) -> list[str]:
    first, second = ([rest for name, rest in side if name == "FROM"] for side in (before, after))
    if len(first) != len(second):
        return [f"it changes what the image is built from: {path}"]
    return [
        f"it builds from another image, {new[:40]}: {path}"
        for old, new in zip(first, second, strict=True)
        if old != new and not same_image(old, new)
    ]


def same_image(old: str, new: str) -> bool:
    """Whether two names are of one image, with the same Python, and no lower version."""
    (first, _, before), (second, _, after) = (_bare(text).partition(":") for text in (old, new))
    if first != second:
        return False
    numbers = [re.match(r"v?(\d+)(?:\.(\d+))?", tag) for tag in (before, after)]
    if numbers[0] is None or numbers[1] is None:
        return True
    if first.rpartition("/")[2] in {"python", "pypy"}:
        return numbers[0].groups() == numbers[1].groups()
    return is_raised(numbers[0][0], numbers[1][0])


def _bare(text: str) -> str:
    words = [w for w in text.split() if not w.startswith("--")]
    name = (words[0] if words else "").partition("@")[0]
    host, mark, rest = name.rpartition("/")
    return f"{host}{mark}{rest}" if ":" in rest else f"{name}:"


def _variables(path: str, before: list[tuple[str, str]], after: list[tuple[str, str]]) -> list[str]:
    old, new = (_pairs(side) for side in (before, after))
    changed = sorted(name for name in new if old.get(name) != new[name] and checkers.steers(name))
    dropped = sorted(name for name in old.keys() - new.keys() if checkers.steers(name))
    return [f"it steers a checker with {name}: {path}" for name in changed if name != "PATH"] + [
        f"it drops the variable {name}: {path}" for name in dropped
    ]


def _pairs(rows: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, rest in rows:
        if name in {"ENV", "ARG"}:
            spaced = _SPACED.match(rest)
            if spaced:
                found[spaced["name"]] = spaced["value"]
            found |= {m["name"]: m["value"].strip("'\"") for m in _PAIR.finditer(rest)}
    return found


def _instructions(text: str) -> list[tuple[str, str]]:
    rows = [row for row in text.split("\n") if not row.lstrip().startswith("#")]
    joined = re.sub(r"\\[ \t]*\n", " ", "\n".join(rows))
    found: list[tuple[str, str]] = []
    for row in joined.split("\n"):
        match = _INSTRUCTION.match(row)
        if match and (not found or match["name"].upper() in _KNOWN):
            found.append((match["name"].upper(), re.sub(r"\s+", " ", match["rest"]).strip()))
        elif row.strip() and found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{row.strip()}")
    return found


def _script(rest: str) -> str:
    """Return the commands of a ``RUN``, whose options and list form are Docker's own.

    A ``RUN`` is a script of its own: a chain of ``&&`` ends it wherever one of its commands fails.
    """
    plain = re.sub(r"^(?:--\S+\s+)+", "", rest)
    if plain.startswith("["):
        try:
            words = json.loads(plain)
        except (ValueError, RecursionError):
            return plain
        return " ".join(str(w) for w in words) if isinstance(words, list) else plain
    return shell.strict(plain)
