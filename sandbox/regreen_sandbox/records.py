"""Small records of what is kept in the engine, as JSON files in the user's cache folder.

A record is written whole or not at all; when it was last used is the file's own time, so noting a
use needs no lock. One that cannot be read counts as missing.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from regreen_sandbox.errors import SandboxError

SCHEMA = 1
_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Records:
    """The records in one folder, by name. Every method but `write` passes over what fails."""

    folder: Path

    def names(self) -> tuple[str, ...]:
        """Return the names of all records, readable or not, sorted."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.json")))

    def read(self, name: str) -> Mapping[str, Any] | None:
        """Return what `write` was given; ``None`` when it is missing or was not written by it."""
        path = self._path(name)
        try:
            if path.is_symlink() or path.stat().st_size > _BYTES:
                return None
            found = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            return None
        return found

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a record. Raises `SandboxError` when the folder cannot be written to."""
        text = json.dumps({"schema": SCHEMA, **content}, indent=1)
        temporary = None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
            Path(temporary).replace(self._path(name))
        except OSError as error:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            raise SandboxError(
                f"{self.folder} cannot be written to: {error.strerror or error}",
                next_step="name another folder with REGREEN_CACHE, or free some space",
            ) from error

    def remove(self, name: str) -> None:
        """Remove a record."""
        with suppress(OSError):
            self._path(name).unlink()

    def use(self, name: str) -> None:
        """Note that the record's object is used now."""
        with suppress(OSError):
            os.utime(self._path(name))

    def used(self, name: str) -> datetime:
        """Return when it was last used; long ago when that cannot be told."""
        try:
            seconds = self._path(name).stat().st_mtime
        except OSError:
            seconds = 0.0
        return datetime.fromtimestamp(seconds, UTC)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"
