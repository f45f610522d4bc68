"""Which Pythons a step asks for: the inputs of setup-python and setup-uv, and the files they name.

Formats: actions/setup-python's documentation of ``python-version`` and ``python-version-file``, and
how it reads these files (its ``src/utils.ts``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping

from regreen.jobs.pythonreleases import is_known

Reader = Callable[[str], str | None]
"""Gives the text of a file of the commit, ``None`` when it is not there."""

DEFAULT_FILE = ".python-version"
ACTIONS = frozenset({"actions/setup-python", "astral-sh/setup-uv", "pdm-project/setup-pdm"})
"""The served actions whose inputs `requests` reads."""
INPUTS = ("python-version", "python-version-file", "freethreaded")
_TOOL_VERSION = re.compile(r"^\s*python\s*v?\s*(\S+)\s*$")
_NUMBERED = re.compile(r"\d+\.\d+(?:\.\d+)?")


def nothing(_path: str) -> str | None:
    """Read no file at all."""
    return None


def requests(inputs: Mapping[str, str], read: Reader, image: str = "") -> tuple[str, ...]:
    """Return the version requests that the image of a job must be able to serve, in order.

    What no runner image ever had (of the label ``image``, where it is given) is left out: the step
    itself fails over it, as it does on GitHub.
    """
    return tuple(one for one in asked_for(inputs, read) if is_known(one, image))


def asked_for(inputs: Mapping[str, str], read: Reader) -> tuple[str, ...]:
    """Return all version requests, in order: the input's lines, or else what the file says."""
    named = list(_lines(inputs.get("python-version", "")))
    if not named:
        path = inputs.get("python-version-file", "").strip() or DEFAULT_FILE
        text = read(path.removeprefix("./"))
        named = _of_file(path, text) if text is not None else []
    if inputs.get("freethreaded", "").strip().lower() == "true":
        named = [f"{one}t" if _NUMBERED.fullmatch(one) else one for one in named]
    return tuple(named)


def _of_file(path: str, text: str) -> list[str]:
    if path.endswith(".toml"):
        return _of_project(text)
    if ".tool-versions" in path:
        rows = (_TOOL_VERSION.match(line) for line in text.splitlines() if line.strip()[:1] != "#")
        return [row[1] for row in rows if row is not None][:1]
    if "Pipfile" in path:
        return _of_pipfile(text)
    return [line.split("/")[0] for line in _lines(text) if not line.startswith("#")]


def _of_project(text: str) -> list[str]:
    """Return what a pyproject.toml requires, as the action's reading of npm's ranges has it."""
    data = _toml(text)
    if "project" in data:
        asked = _table(data, "project").get("requires-python")
    else:
        asked = _table(data, "tool", "poetry", "dependencies").get("python")
    if not isinstance(asked, str) or "!=" in asked:
        return []
    return [asked.replace("~=", "~")]


def _of_pipfile(text: str) -> list[str]:
    requires = _table(_toml(text), "requires")
    asked = requires.get("python_full_version", requires.get("python_version"))
    return [asked] if isinstance(asked, str) else []


def _toml(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _table(data: Mapping[str, object], *names: str) -> Mapping[str, object]:
    for name in names:
        inner = data.get(name)
        data = inner if isinstance(inner, dict) else {}
    return data


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
