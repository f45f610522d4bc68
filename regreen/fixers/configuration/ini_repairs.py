"""Repairs of what is no INI file: headers, lines that are no option and no value, percents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from regreen.fixers.configuration.mending import Change
from regreen.fixers.configuration.settings_forms import lines_of
from regreen.jobs.schema import Fault

_OPTION = re.compile(r"^(?P<name>[A-Za-z_][\w.\-:]*)\s*=")
_FIRST = {
    ".flake8": "flake8", "mypy.ini": "mypy", ".mypy.ini": "mypy", "pytest.ini": "pytest",
    "tox.ini": "tox", ".coveragerc": "run", "setup.cfg": "metadata", ".isort.cfg": "settings",
    ".pylintrc": "MASTER", "pylintrc": "MASTER", ".bandit": "bandit", ".pydocstyle": "pydocstyle",
    ".pycodestyle": "pycodestyle", "alembic.ini": "alembic", ".bumpversion.cfg": "bumpversion",
    ".style.yapf": "style", ".importlinter": "importlinter", ".codespellrc": "codespell",
    "logging.ini": "loggers", ".pypirc": "distutils",
}  # fmt: skip
"""The section that comes first in a file that only one tool reads."""
_BAD_PERCENT = re.compile(r"(?<!%)((?:%%)*)%(?![%(])")


def of_file(path: str, before: str | None) -> tuple[Callable[[str, Fault], Iterator[Change]], ...]:
    """Return the repairs of the file at ``path``; ``before`` is what the commit before had."""
    first = next((m[1] for m in re.finditer(r"^\[([^\]\n]+)\]", before or "", re.M)), "")
    name = first or _FIRST.get(posixpath.basename(path), "")

    def headless(text: str, fault: Fault) -> Iterator[Change]:
        """Begin the file with the section that its tool reads."""
        if not name or fault.reason != "no section header":
            return
        lines = lines_of(text)
        at = next((n for n, line in enumerate(lines) if line.strip() and line[0] not in "#;"), 0)
        made = "".join([*lines[:at], f"[{name}]\n", *lines[at:]])
        yield Change(made, f"the section [{name}] begins the file")

    return (headers, options, headless, percents)


def headers(text: str, fault: Fault) -> Iterator[Change]:
    """Write the brackets of a section's name."""
    lines = lines_of(text)
    for at in _near(lines, fault):
        body = lines[at].strip()
        name = body.strip("[](){}<> \t")
        alone = re.fullmatch(r"[\w.:,/ \"*{}-]+", name)
        if alone and body != f"[{name}]" and (body[0] in "[({<" or body[-1] in "])}>"):
            yield Change(_with(lines, at, f"[{name}]\n"), f"the brackets of the section {name}")


def options(text: str, fault: Fault) -> Iterator[Change]:
    """Indent the line of a value, write ``=`` behind a name, or ``#`` before what is a comment."""
    lines = lines_of(text)
    for at in _near(lines, fault):
        body = lines[at].strip()
        if body.startswith(("//", "--", "/*")):
            new = f"# {body.lstrip('/-* ')}\n"
            yield Change(_with(lines, at, new), "a comment begins with #")
        above = _above(lines, at)
        moved = list(_indented(lines, at)) if above is not None else []
        named = list(_assigned(lines, at))
        first = moved if _continues(lines, at) else named
        yield from (*first, *(moved if first is named else named))
        found = re.match(r"^[=:]\s*(\S.*)$", body)
        if found and above is not None:
            yield Change(_with(lines, at, f"{_pad(lines, at)}{found[1]}\n"), "no = before a value")


def _continues(lines: list[str], at: int) -> bool:
    """Whether line ``at`` is likelier to be a part of the value above than an option."""
    body = lines[at].strip()
    above = lines[at - 1] if at else ""
    inside = above[:1] in {" ", "\t"} or above.rstrip().endswith(("=", ",", "\\"))
    if not inside or re.match(r"^[a-z]+[_-][\w-]*\s+[\w./]+$", body):
        return False
    return not re.match(r"^[a-z][\w-]*\s+(?:\d+|[Tt]rue|[Ff]alse)$", body)


def _indented(lines: list[str], at: int) -> Iterator[Change]:
    """Indent line ``at`` and those behind it that are no options, as other values are."""
    if lines[at][:1].isspace():
        return
    pad, longer = _pad(lines, at), at
    while longer < len(lines) and _loose(lines[longer]):
        longer += 1
    for end in dict.fromkeys((longer, at + 1)):
        moved = [f"{pad}{row.lstrip()}" for row in lines[at:end]]
        if moved:
            new = "".join([*lines[:at], *moved, *lines[end:]])
            yield Change(new, "the lines of a value are indented")


def _assigned(lines: list[str], at: int) -> Iterator[Change]:
    """Write ``=`` behind the name that line ``at`` begins with."""
    body = lines[at].strip()
    named = re.match(
        r"^(?P<name>[A-Za-z_][\w.-]*)(?:\s+|\s*(?:=>|->|;|,)\s*)(?P<value>\S.*)?$", body
    )
    if named:
        value = f" {named['value']}" if named["value"] else ""
        yield Change(_with(lines, at, f"{named['name']} ={value}\n"), "= between name and value")
    if re.fullmatch(r"[A-Za-z_][\w.-]*", body):
        yield Change(_with(lines, at, f"{body} =\n"), "= behind the name")


def percents(text: str, fault: Fault) -> Iterator[Change]:
    """Write a percent sign twice where the reader puts in other options' values."""
    lines = lines_of(text)
    at = fault.line - 1
    if at < len(lines) and _BAD_PERCENT.search(lines[at]):
        yield Change(_with(lines, at, doubled(lines[at])), "a percent sign is written twice")


def doubled(text: str) -> str:
    """Return ``text`` with every percent sign that refers to nothing written twice."""
    return _BAD_PERCENT.sub(r"\1%%", text)


def _near(lines: list[str], fault: Fault) -> list[int]:
    here = fault.line - 1
    return [at for at in (here, here - 1) if 0 <= at < len(lines) and lines[at].strip()]


def _with(lines: list[str], at: int, line: str) -> str:
    return "".join([*lines[:at], line, *lines[at + 1 :]])


def _loose(line: str) -> bool:
    """Whether ``line`` stands at the beginning of its row and is neither option nor section."""
    body = line.strip()
    return bool(body) and not line[:1].isspace() and not _OPTION.match(line) and body[0] != "["


def _above(lines: list[str], at: int) -> int | None:
    """Return the line of the option above ``at`` in the same section."""
    for row in range(at - 1, -1, -1):
        if lines[row].startswith("["):
            return None
        if _OPTION.match(lines[row]):
            return row
    return None


def _pad(lines: list[str], at: int) -> str:
    """Return how far the values' lines around are indented."""
    around = [*reversed(lines[:at]), *lines[at + 1 :]]
    for line in around[:20]:
        if line[:1] in {" ", "\t"} and line.strip():
            return line[: len(line) - len(line.lstrip())]
    return "    "
