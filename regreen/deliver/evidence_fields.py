"""Reads a JSON object of strangers field by field: each is what it must be, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from regreen.errors import UsageError

AGAIN = "give the evidence.json that regreen wrote beside the patch"
GIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SHA256 = re.compile(r"[0-9a-f]{64}")

_TEXT = 1 << 20
_ITEMS = 100_000


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a file. Each method raises UsageError, naming file and field."""

    values: Mapping[str, Any]
    file: str
    place: str = ""

    def text(self, name: str, form: re.Pattern[str] | None = None) -> str:
        """Return a text, all of which has the ``form``."""
        value = self.values.get(name)
        if not isinstance(value, str) or len(value) > _TEXT:
            self._refuse(name, "is no text")
        if form is not None and not form.fullmatch(value):
            self._refuse(name, f"is not what it must be: {value[:80]!r}")
        return value

    def maybe_text(self, name: str) -> str | None:
        """Return a text, or ``None`` where there is none."""
        return None if self.values.get(name) is None else self.text(name)

    def number(self, name: str, default: int | None = None) -> int:
        """Return an integer from 0 to a billion."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**9:
            self._refuse(name, "is no number")
        return value

    def maybe_number(self, name: str) -> int | None:
        """Return an integer, also a negative one, or ``None``."""
        value = self.values.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self._refuse(name, "is no number")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            self._refuse(name, "is neither true nor false")
        return value

    def moment(self, name: str) -> datetime | None:
        """Return a time, or ``None``."""
        text = self.maybe_text(name)
        if text is None:
            return None
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self._refuse(name, f"is no time: {text[:80]!r}")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self._list(name)
        if not all(isinstance(one, str) for one in found):
            self._refuse(name, "is no list of texts")
        return tuple(found)

    def pairs(self, name: str) -> dict[str, str]:
        """Return an object of texts."""
        found = self.object(name).values
        if not all(isinstance(one, str) for one in found.values()):
            self._refuse(name, "is no object of texts")
        return dict(found)

    def object(self, name: str) -> Fields:
        """Return an object."""
        return self._as_object(self.values.get(name), name)

    def maybe_object(self, name: str) -> Fields | None:
        """Return an object, or ``None``."""
        return None if self.values.get(name) is None else self.object(name)

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects."""
        found = enumerate(self._list(name))
        return [self._as_object(one, f"{name}[{number}]") for number, one in found]

    def _as_object(self, value: Any, name: str) -> Fields:
        if not isinstance(value, dict):
            self._refuse(name, "is no object")
        return Fields(value, self.file, f"{self.place}{name}.")

    def _list(self, name: str) -> Sequence[Any]:
        found = self.values.get(name)
        if not isinstance(found, list) or len(found) > _ITEMS:
            self._refuse(name, "is no list")
        return found

    def _refuse(self, name: str, why: str) -> NoReturn:
        raise UsageError(f"{self.file}: {self.place}{name} {why}", AGAIN)
