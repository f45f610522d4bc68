"""Expressions of users' settings: compiled by RE2, which never takes more than linear time."""

from __future__ import annotations

import re
from typing import Any, cast

import re2

from regreen.errors import UsageError


def linear(expression: Any, named: str, where: str) -> re.Pattern[str]:
    """Return ``expression`` compiled; it has the methods of ``re``'s patterns, ``^`` is per line.

    ``named`` is what the settings call it, ``where`` what it stands in. Raises UsageError.
    """
    if not isinstance(expression, str):
        raise UsageError(f"{where}: {named} is no text", "write it in quotes")
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("re.Pattern[str]", re2.compile(f"(?m){expression}", options))
    except re2.error as error:
        said = error.args[0] if error.args else error
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise UsageError(
            f"{where}: {named} cannot be used: {words}",
            "write it in RE2's syntax: no look-around, no back references",
        ) from error
