"""Runs in the sandbox: move pins that a Python cannot have to the newest release that it can.

Called as ``python3 - VERSION NAMES FILE...`` with the job's Python (``3.8``), the distributions in
question (comma-separated, ``*`` for all), and the files that hold pins. Which releases serve which
Python is asked of the index through pip. Where a newer Python has the pinned release, both pins
stay, told apart by a marker. Standard library only.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

Versions = Callable[[str, str], Sequence[str]]
"""Gives the releases of a distribution that a Python can have, the newest first."""

_REQUIREMENT = (
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?P<extras>\[[\w,\s-]*\])?"
    r"(?P<operator>\s*(?:==|>=|~=)\s*)v?(?P<version>\d[\w.+!-]*)(?P<marker>\s*;[^#\\]*?)?"
)
_BARE = re.compile(rf"^(?P<indent>\s*){_REQUIREMENT}(?P<rest>\s*(?:#.*)?)$")
_QUOTED = re.compile(rf"(?P<quote>[\"']){_REQUIREMENT}(?P=quote)")
_CLAUSE = re.compile(r"python_version\s*(<=|>=|<|>|==|!=)\s*[\"']([\d.]+)[\"']")
_NEWEST_MINOR = 20


def versions(name: str, python: str) -> Sequence[str]:
    """Ask the index through pip."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions"]
    done = subprocess.run(
        [*command, "--python-version", python, name],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=120,
    )
    match = re.search(r"^Available versions: (.*)$", done.stdout.decode(), re.MULTILINE)
    return match[1].split(", ") if match else ()


def repinned(text: str, python: str, names: set[str] | None, ask: Versions) -> str:
    """Return ``text`` with the pins of ``names`` (``None``: all) that ``python`` cannot have moved.

    Lines of a file of requirements and quoted requirements in lists are understood; lines with
    hashes stay.
    """
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        ending = line[len(line.rstrip("\r\n")) :] or "\n"
        body = line.rstrip("\r\n")
        bare = _BARE.match(body)
        if bare is not None:
            pair = _pair(bare, '"', python, names, ask)
            if pair:
                new = [bare["indent"] + one + bare["rest"] for one in pair]
                lines[at] = ending.join(new) + line[len(body) :]
            continue
        lines[at] = _in_lists(body, python, names, ask, ending) + line[len(body) :]
    return "".join(lines)


def _in_lists(body: str, python: str, names: set[str] | None, ask: Versions, ending: str) -> str:
    """Return a line with its quoted requirements moved; one that has a line to itself gets two."""

    def moved(match: re.Match[str]) -> str:
        quote = match["quote"]
        pair = _pair(match, "'" if quote == '"' else '"', python, names, ask)
        if not pair:
            return match[0]
        before = body[: match.start()]
        between = f",{ending}{before}" if not before.strip() else ", "
        return between.join(f"{quote}{one}{quote}" for one in pair)

    return _QUOTED.sub(moved, body)


def _pair(
    match: re.Match[str], quote: str, python: str, names: set[str] | None, ask: Versions
) -> list[str]:
    """The requirements that take the place of one; none when it may stay."""
    name, marker = match["name"], (match["marker"] or "").strip(" \t;")
    if (names is not None and _canonical(name) not in names) or not _applies(marker, python):
        return []
    exact = "=" in match["operator"] and ">" not in match["operator"]
    served = ask(name, python)
    if not served or _serves(served, match["version"], exact):
        return []
    older = [v for v in served if _key(v) < _key(match["version"])]
    best = max(older or served, key=_key)
    head = f"{name}{match['extras'] or ''}{match['operator']}"
    minor = int(python.split(".")[1])
    for later in range(minor + 1, _NEWEST_MINOR):
        newer = f"3.{later}"
        if _serves(ask(name, newer), match["version"], exact):
            low = _marked(marker, f"python_version < {quote}{newer}{quote}")
            high = _marked(marker, f"python_version >= {quote}{newer}{quote}")
            return [f"{head}{best}; {low}", f"{head}{match['version']}; {high}"]
    return [f"{head}{best}; {marker}" if marker else f"{head}{best}"]


def _marked(marker: str, clause: str) -> str:
    if not marker:
        return clause
    return f"({marker}) and {clause}" if re.search(r"\bor\b", marker) else f"{marker} and {clause}"


def _serves(served: Sequence[str], wanted: str, exact: bool) -> bool:
    if exact:
        return any(_key(v) == _key(wanted) for v in served)
    return any(_key(v) >= _key(wanted) for v in served)


def _applies(marker: str, python: str) -> bool:
    """Whether the marker lets the requirement apply; clauses on other things are taken as true."""
    if re.search(r"\bor\b", marker):
        return True
    here = _key(python)
    compare = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
    }
    return all(compare[sign](here, _key(value)) for sign, value in _CLAUSE.findall(marker))


def _key(version: str) -> tuple[tuple[int, ...], int, str]:
    """An order of releases: numbers first, a release before nothing, pre-releases below it."""
    match = re.match(r"v?(\d+(?:\.\d+)*)(.*)", version)
    if match is None:
        return ((), 0, version)
    numbers = [int(n) for n in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    tail = match[2].lstrip(".-_")
    after = 1 if not tail else (2 if tail.startswith("post") else 0)
    return (tuple(numbers), after, tail)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(python: str, names: str, *files: str) -> None:
    """Rewrite the files in place."""
    wanted = None if names == "*" else {_canonical(name) for name in names.split(",")}
    known: dict[tuple[str, str], Sequence[str]] = {}

    def ask(name: str, version: str) -> Sequence[str]:
        if (name, version) not in known:
            known[name, version] = versions(name, version)
        return known[name, version]

    for path in files:
        before = Path(path).read_bytes()
        after = repinned(before.decode("utf-8"), python, wanted, ask).encode("utf-8")
        if after != before:
            Path(path).write_bytes(after)


if __name__ == "__main__":
    main(*sys.argv[1:])
