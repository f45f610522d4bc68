"""The ``::`` lines by which a step talks to the runner while it runs.

Format: GitHub's documentation "Workflow commands for GitHub Actions"; the older ``##[name k=v;]``
form is still understood by the runner, and so it is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

ANNOTATIONS = frozenset({"error", "warning", "notice"})
_KNOWN = ANNOTATIONS | {
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "group",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
}
_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%3A", ":"), ("%2C", ","), *_DATA)
_OLD = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name in lower case, its properties, and what stands behind them."""

    name: str
    value: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of output that is no command."""

    text: str


def read(lines: Iterable[str]) -> Iterator[Command | Line]:
    """Yield each line as the runner takes it.

    Between ``::stop-commands::TOKEN`` and ``::TOKEN::`` nothing is a command.
    """
    token: str | None = None
    for line in lines:
        if token is not None:
            if line.strip() == f"::{token}::":
                token = None
            else:
                yield Line(line)
            continue
        command = parse(line)
        if command is None:
            yield Line(line)
        elif command.name == "stop-commands":
            token = command.value or None
        else:
            yield command


def parse(line: str) -> Command | None:
    """Return the command that ``line`` is, ``None`` for any other line."""
    text = line.lstrip()
    if text.startswith("::"):
        return _new(text)
    at = line.find("##[")
    return _old(line[at + 3 :]) if at >= 0 else None


def _new(text: str) -> Command | None:
    head, found, value = text[2:].partition("::")
    if not found:
        return None
    name, _, rest = head.partition(" ")
    pairs = _pairs(rest.strip().split(","), _PROPERTY)
    return _command(name, _plain(value, _DATA), pairs)


def _old(text: str) -> Command | None:
    head, found, value = text.partition("]")
    if not found:
        return None
    name, _, rest = head.partition(" ")
    return _command(name, _plain(value, _OLD), _pairs(rest.split(";"), _OLD))


def _command(name: str, value: str, properties: Mapping[str, str]) -> Command | None:
    folded = name.strip().lower()
    return Command(folded, value, properties) if folded in _KNOWN else None


def _pairs(texts: Iterable[str], escapes: Iterable[tuple[str, str]]) -> dict[str, str]:
    found = (text.strip().partition("=") for text in texts)
    return {name.lower(): _plain(value, escapes) for name, equals, value in found if equals}


def _plain(value: str, escapes: Iterable[tuple[str, str]]) -> str:
    for escaped, plain in escapes:
        value = value.replace(escaped, plain)
    return value
