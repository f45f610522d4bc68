"""A log reader as the settings ask for it, and logs from files with errors in words."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from regreen.config import Settings
from regreen.errors import UsageError
from regreen.logs import LogReader
from regreen.model import Analysis, RunJob

_NEXT = "name the failed job's log with --log FILE"
_ENV = "env:"
_SHORTEST = 4
"""Characters of a value that is hidden wherever it stands; shorter ones would blot out words."""


def reader(
    settings: Settings,
    environment: Mapping[str, str] | None = None,
    *,
    hidden: Mapping[str, str] | None = None,
) -> LogReader:
    """Return a reader with the user's rules, categories and values to hide.

    A value ``env:NAME`` stands for that variable's content, if it is long enough. ``hidden`` are
    the secrets of one command; of one with several lines each line is hidden too. Raises UsageError
    for a rule or value that cannot be used.
    """
    rules = None
    if settings.rules or settings.categories:
        from regreen.logs import BUILTIN, with_own

        rules = with_own(BUILTIN, settings.rules, settings.categories)
    env = os.environ if environment is None else environment
    secrets = [part for one in (hidden or {}).values() for part in (one, *one.splitlines())]
    return LogReader(
        rules,
        (
            *(v for one in settings.mask if (v := _value(one, env))),
            *(part for part in secrets if len(part.strip()) >= _SHORTEST),
        ),
    )


def analysis_of(
    log_reader: LogReader,
    path: Path,
    *,
    step: str | None = None,
    job: str | None = None,
    ran: tuple[str, RunJob] | None = None,
) -> Analysis:
    """Return what the log at ``path`` says; ``ran``: its provider and its job, if pulled.

    Raises UsageError when it cannot be read.
    """
    require_file(path)
    try:
        return log_reader.analyze_file(path, step=step, job=job, ran=ran)
    except OSError as error:
        raise _unreadable(path, error) from error


def require_file(path: Path) -> None:
    """Raise UsageError unless ``path`` is a regular file (a pipe would never end)."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise UsageError(f"there is no log {path}", _NEXT) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is no regular file", _NEXT)


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot read the log {path}: {error.strerror or error}", _NEXT)


def _value(one: str, environment: Mapping[str, str]) -> str:
    if one.startswith(_ENV):
        value = environment.get(one.removeprefix(_ENV), "")
        return value if len(value) >= _SHORTEST else ""
    if 0 < len(one) < _SHORTEST:
        raise UsageError(
            f"mask holds a value of fewer than {_SHORTEST} characters",
            "leave it out: it would be hidden inside ordinary words",
        )
    return one
