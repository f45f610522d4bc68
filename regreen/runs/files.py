"""Logs that lie in files."""

from __future__ import annotations

from pathlib import Path

from regreen.errors import UsageError

MOST_BYTES = 1 << 30


def read_file(path: Path) -> bytes:
    """Return a log's bytes. Raises UsageError when it cannot be read or is over 1 GiB."""
    try:
        if not path.is_file():
            raise UsageError(f"there is no log {path}", "name the failed job's log with --log FILE")
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(
                f"{path} has more than {MOST_BYTES >> 20} MiB",
                "cut it down to the failed job's log",
            )
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read the log {path}: {error.strerror or error}",
            "name the failed job's log with --log FILE",
        ) from error
