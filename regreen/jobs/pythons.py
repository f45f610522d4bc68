"""Which Pythons a step asks for: the inputs of setup-python and setup-uv, and the files they name.

Formats: actions/setup-python's documentation of ``python-version`` and ``python-version-file``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping

Reader = Callable[[str], str | None]
"""Gives the text of a file of the commit, ``None`` when it is not there."""

_DEFAULT_FILE = ".python-version"


def nothing(_path: str) -> str | None:
    """Read no file at all."""
    return None


def requests(inputs: Mapping[str, str], read: Reader) -> tuple[str, ...]:
    """Return the version requests, in order: the input's lines, or else what the file says."""
    named = tuple(_lines(inputs.get("python-version", "")))
    if named:
        return named
    path = inputs.get("python-version-file", "").strip() or _DEFAULT_FILE
    text = read(path.removeprefix("./"))
    return tuple(_of_file(path, text)) if text is not None else ()


def _of_file(path: str, text: str) -> list[str]:
    name = path.rsplit("/", 1)[-1]
    if name.endswith(".toml"):
        return _of_project(text)
    if name == ".tool-versions":
        rows = [line.split() for line in _lines(text)]
        return [row[1] for row in rows if row[:1] == ["python"] and len(row) > 1]
    return [line for line in _lines(text) if not line.startswith("#")]


def _of_project(text: str) -> list[str]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return []
    asked = data.get("project", {}).get("requires-python")
    if asked is None:
        poetry = data.get("tool", {}).get("poetry", {})
        asked = poetry.get("dependencies", {}).get("python")
    return [asked] if isinstance(asked, str) else []


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
