"""The forms that tools' settings files have: which file has which, and where one stops being read.

Each form is read by the parser that the tools themselves use (tomllib, configparser, libyaml), so
that a file is broken here exactly where it is for them.
"""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from regreen.jobs.schema import Fault

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_MOST, _LONGEST = 200_000, 1_000
"""Characters of a settings file that is read at all, and of a line in it: people write less."""
_DEEPEST = 60
_KEPT = 256
_TOML = re.compile(r"^(?:Pipfile|(?:poetry|uv|pdm|pylock(?:\..+)?)\.lock|\.?[\w.-]+\.toml)$")
_INI = re.compile(
    r"^(?:setup\.cfg|(?:tox|mypy|pytest|alembic|logging)\.ini|\.[\w-]+\.(?:ini|cfg)|[\w-]+\.(?:ini|cfg)"
    r"|\.(?:flake8|coveragerc|pylintrc|isort\.cfg|pydocstyle(?:rc)?|pycodestyle|pep8|pypirc|bandit"
    r"|mypy\.ini|bumpversion\.cfg|gitlint|importlinter|style\.yapf|codespellrc)|pylintrc)$"
)
_YAML = re.compile(r"^(?:[\w.-]+\.ya?ml|\.clang-format|\.prettierrc|CITATION\.cff)$")


@dataclass(frozen=True, slots=True)
class Read:
    """What a parser makes of a text: its data, or the fault at which it stops."""

    data: Any
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Form:
    """A form of settings files: its name, and how a text in it is read."""

    name: str
    read: Callable[[str], Read]


def form_of(path: str) -> Form | None:
    """Return the form of the settings file at ``path``; ``None`` where its name tells none."""
    name = posixpath.basename(path)
    if path.startswith((".github/workflows/", ".github/actions/")) or name == ".gitlab-ci.yml":
        return None
    for named, form in ((_TOML, TOML), (_YAML, YAML), (_INI, INI)):
        if named.match(name):
            return form
    return None


@lru_cache(maxsize=_KEPT)
def _toml(text: str) -> Read:
    try:
        return Read(tomllib.loads(text), None)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        found = _PLACE.search(said)
        last = len(lines_of(text)) or 1
        line, column = (int(found[1]), int(found[2])) if found else (last, 1)
        return Read(None, Fault(_PLACE.sub("", said).strip(), line, column))
    except (RecursionError, ValueError):
        return Read(None, Fault("", 1, 1))


@lru_cache(maxsize=_KEPT)
def _ini(text: str) -> Read:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError as error:
        return Read(None, Fault("no section header", error.lineno, 1))
    except configparser.ParsingError as error:
        return Read(None, Fault("no option", int(error.errors[0][0]), 1))
    except (configparser.DuplicateOptionError, configparser.DuplicateSectionError) as error:
        return Read(None, Fault(f"twice: {error.section}", error.lineno or 1, 1))
    except (configparser.Error, ValueError, AttributeError):
        return Read(None, Fault("", 1, 1))
    data = {name: dict(parser.items(name)) for name in parser.sections()}
    return Read({**data, **({"DEFAULT": parser.defaults()} if parser.defaults() else {})}, None)


@lru_cache(maxsize=_KEPT)
def _yaml(text: str) -> Read:
    try:
        documents = list(_documents(yaml.parse(text, Loader=yaml.CSafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(str(part) for part in (error.context, error.problem) if part)
        return Read(None, Fault(said, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, max(error.position, 0)) + 1
        return Read(None, Fault("a sign that is not allowed", line, 1))
    except (_Unreadable, yaml.YAMLError, RecursionError, ValueError) as error:
        fault = error.args[0] if isinstance(error, _Unreadable) else Fault("", 1, 1)
        return Read(None, fault)
    return Read(documents[0] if len(documents) == 1 else documents, None)


class _Unreadable(Exception):
    """Well-formed, but no data: a key that is no text, or a key twice; holds the `Fault`."""


class Folded(str):
    """A text without quotes that runs over several lines."""

    __slots__ = ()


class Twice(dict[str, Any]):
    """A mapping that has keys twice: ``keys_twice`` are their places, line and column from 1."""

    keys_twice: tuple[tuple[str, int, int], ...] = ()


def _documents(events: Iterator[yaml.Event]) -> Iterator[Any]:
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield _node(next(events), events, 0)


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:
    if isinstance(event, yaml.ScalarEvent):
        start, end = event.start_mark, event.end_mark
        folded = not event.style and start and end and start.line != end.line
        return Folded(event.value) if folded else str(event.value)
    if isinstance(event, yaml.AliasEvent):
        return f"*{event.anchor}"
    if depth > _DEEPEST:
        raise _Unreadable(Fault("too deep", 1, 1))
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            items.append(_node(inner, events, depth + 1))
        return items
    made, twice = Twice(), []
    while not isinstance(inner := next(events), yaml.MappingEndEvent):
        mark = inner.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        key = _node(inner, events, depth + 1)
        if not isinstance(key, str):
            raise _Unreadable(Fault("found unhashable key", line, column))
        if key in made and key != "<<":
            twice.append((key, line, column))
        made[key] = _node(next(events), events, depth + 1)
    made.keys_twice = tuple(twice)
    return made


def _yaml_strictly(text: str) -> Read:
    """Read YAML as those do that allow no key twice (ruamel.yaml, yamllint, GitHub)."""
    found = _yaml(text)
    twice = min(keys_twice(found.data), key=lambda one: one[1:], default=None)
    if found.fault is None and twice is not None:
        return Read(found.data, Fault(f"twice: {twice[0]}", twice[1], twice[2]))
    return found


def keys_twice(data: Any) -> Iterator[tuple[str, int, int]]:
    """Yield every key that a mapping of YAML has twice, with the second one's place."""
    if isinstance(data, Twice):
        yield from data.keys_twice
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    for one in inner:
        yield from keys_twice(one)


def lines_of(text: str) -> list[str]:
    """Return the lines of ``text`` with their endings."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def readable(text: str | None) -> bool:
    """Whether ``text`` is there and neither it nor a line is longer than in a settings file."""
    if text is None or len(text) > _MOST:
        return False
    return max(map(len, text.split("\n"))) <= _LONGEST


TOML, INI, YAML = Form("TOML", _toml), Form("INI", _ini), Form("YAML", _yaml)
STRICT_YAML = Form("YAML", _yaml_strictly)
