"""The log that a command reads: a file, or what comes through a pipe.

A log is read in several passes, so what comes through a pipe is kept in a file first, which has no
name and goes with the process, however that ends.
"""

from __future__ import annotations

import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from regreen.errors import UsageError

STDIN = "-"
_CHUNK = 1 << 20
_DESCRIPTOR = re.compile(r"/dev/stdin|/(?:dev|proc/self)/fd/\d{1,9}")
"""Where shells put what they hand over as a file: ``<(…)``, ``/dev/stdin``."""


@dataclass(frozen=True, slots=True)
class Source:
    """A log to read: where it lies for now, and what reports call it (``-``: a pipe)."""

    path: Path
    name: str

    @property
    def kept(self) -> str | None:
        """Where it can be read again."""
        return None if self.name == STDIN else self.name


def named(argument: str | None, option: str | None, command: str) -> str:
    """Return the log that an argument or ``--log`` names. Raises UsageError for none or two."""
    if argument is not None and option is not None:
        raise UsageError("a log as argument and --log exclude each other", "give one of them")
    given = argument if option is None else option
    if given is None:
        raise UsageError("no log is named", f"{command} --log FILE (-: standard input)")
    return given


@contextmanager
def readable(given: str) -> Iterator[Source]:
    """Give the log called ``given``, spooled for as long as it is needed if it is no file.

    Raises UsageError for a terminal, and OSError when the disk is full.
    """
    if given != STDIN and not _is_pipe(given):
        yield Source(Path(given), given)
        return
    if given == STDIN and sys.stdin.isatty():
        raise UsageError(
            "standard input is a terminal, and no log", "name the failed job's log with --log FILE"
        )
    with tempfile.TemporaryFile() as file, _opened(given) as stream:
        shutil.copyfileobj(stream, file, _CHUNK)
        file.flush()
        yield Source(Path(f"/proc/self/fd/{file.fileno()}"), STDIN)


def _opened(given: str) -> nullcontext[IO[bytes]] | IO[bytes]:
    return nullcontext(sys.stdin.buffer) if given == STDIN else Path(given).open("rb")


def _is_pipe(given: str) -> bool:
    if not _DESCRIPTOR.fullmatch(given):
        return False
    try:
        return not stat.S_ISREG(Path(given).stat().st_mode)
    except OSError:
        return False
