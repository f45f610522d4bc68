"""The file that a report goes to: written whole or not at all."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from regreen.errors import UsageError

_HEAD = 1 << 16
_REPORTS = tuple(
    re.compile(mark, re.DOTALL)
    for mark in (
        rb'\{\s*"schema": 1,\s*"(?:asked|failure)"',
        rb'\{\s*"\$schema": "[^"]*sarif.{0,200}"name": "regreen"',
        rb"\d+ of \d+ logs? shows? a failure",
        rb"### Failures\n\n\d+ of ",
        rb"::(?:error|notice) .*title=regreen",
    )
)
"""How the forms begin in which ``batch`` writes its report."""


def require_spared(path: Path, logs: Iterable[Path]) -> None:
    """Raise UsageError when a report at ``path`` would take the place of one of ``logs``.

    Links and hard links to one are the same file.
    """
    try:
        there = path.stat()
    except OSError:
        return
    if any(_is(log, there) for log in logs):
        raise UsageError(f"the report would replace the log {path}", _ELSEWHERE)


def is_report(path: Path) -> bool:
    """Whether a file begins as a report of regreen does, or holds nothing at all."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return not head or any(mark.match(head) for mark in _REPORTS)


def _is(log: Path, there: os.stat_result) -> bool:
    try:
        return os.path.samestat(log.stat(), there)
    except OSError:
        return False


def require_writable(path: Path) -> None:
    """Raise UsageError unless a report can be written to ``path``; done before the work.

    A folder, a link and a device are refused: the report takes the place of what is there.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise UsageError(f"cannot write to {path}: it is no regular file", _ELSEWHERE)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def write(path: Path, text: str) -> None:
    """Write ``text`` and a line end to ``path``. Raises UsageError; then the old file is as it was.

    A byte of a file's name that is no UTF-8 is written as an escape of JSON.
    """
    require_writable(path)
    data = text.encode("utf-8", "backslashreplace") + b"\n"
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}-")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


_ELSEWHERE = "name a file that can be written with --output FILE"


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write to {path}: {error.strerror or error}", _ELSEWHERE)
