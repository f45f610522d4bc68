"""Programs on a pseudo-terminal, as a person sits before it."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect

if TYPE_CHECKING:
    Terminal = pexpect.spawn[str]
else:
    Terminal = pexpect.spawn


@contextmanager
def terminal(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, seconds: float = 60
) -> Iterator[Terminal]:
    """Start a program on a terminal of 31 rows and 97 columns; closed at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads
        child: Terminal = pexpect.spawn(
            argv[0], list(argv[1:]), env=dict(env), cwd=str(cwd), encoding="utf-8",
            timeout=seconds, dimensions=(31, 97), maxread=1 << 16,
        )  # fmt: skip
    child.delaybeforesend = None
    try:
        yield child
    finally:
        child.close(force=True)


def ended(child: Terminal) -> int | None:
    """Read up to the end and return the exit code."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


@contextmanager
def pasting(child: Terminal, text: str) -> Iterator[None]:
    """Send ``text`` while the body reads: what is echoed has to go somewhere."""
    sender = threading.Thread(target=child.send, args=(text,))
    sender.start()
    try:
        yield
    finally:
        sender.join()
