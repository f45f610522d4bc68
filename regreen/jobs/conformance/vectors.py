"""Files of test vectors for the reader of workflows.

A file is cut by lines of ``---``: settings, the workflow, then reference and content of each
workflow that it calls, and last what must come of it as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from regreen.jobs.conformance.results import malformed, text_of

_CUT = re.compile(r"\r?\n---\r?\n")
_FOLDER = ".github/workflows/"


@dataclass(frozen=True, slots=True)
class Vector:
    """A workflow, what it calls, and what must come of it. ``settings`` as the file's head says."""

    file: str
    settings: Mapping[str, Any]
    workflow: str
    called: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The name under which the workflow is read."""
        return _FOLDER + self.file

    @property
    def editor_only(self) -> bool:
        """Whether only the reader of GitHub's editor extension is held to it."""
        skipped = {str(name).lower() for name in self.settings.get("skip") or ()}
        return {"go", "c#"} <= skipped

    def number(self, name: str, default: int) -> int:
        """Return the number that the setting ``name`` gives."""
        value = self.settings.get(name)
        return value if isinstance(value, int) and value > 0 else default

    def flag(self, name: str) -> bool:
        """Return whether the setting ``name`` is on."""
        return self.settings.get(name) is True


def read_vector(path: Path) -> Vector:
    """Return the vector in ``path``; raises ``UsageError`` for a file of another kind."""
    parts = _CUT.split(text_of(path))
    if len(parts) < 3:
        raise malformed(path, "it has fewer than the three parts that lines of --- make")
    if len(parts) % 2 == 0:
        raise malformed(path, "a called workflow has no content, or no reference")
    try:
        settings = yaml.load(parts[0], Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise malformed(path, "its first part is not YAML") from error
    if not isinstance(settings, dict | None):
        raise malformed(path, "its first part holds no settings")
    try:
        expected = json.loads(parts[-1])
    except ValueError as error:
        raise malformed(path, f"its last part is not JSON: {error}") from error
    if not isinstance(expected, dict):
        raise malformed(path, "its last part is no object")
    called = dict(zip(parts[2:-1:2], parts[3:-1:2], strict=True))
    called = {name.strip(): content for name, content in called.items()}
    return Vector(path.name, settings or {}, parts[1], called, expected)
