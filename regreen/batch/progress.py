"""How far the reading of a folder is, on stderr: a bar on a terminal, else a few lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LINES = 4
"""Lines where there is no terminal, at most."""


@contextmanager
def shown() -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how many logs of how many were read."""
    if not sys.stderr.isatty():
        yield _Lines().update
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("reading logs"), BarColumn(), MofNCompleteColumn())
    # No refreshing thread: the workers are forked, which only a lone thread may do.
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as bar:
        task = bar.add_task("", total=None)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, refresh=True)

        yield update


class _Lines:
    def __init__(self) -> None:
        self._said = 0

    def update(self, done: int, total: int) -> None:
        part = done * _LINES // total if total else 0
        if part > self._said:
            self._said = part
            sys.stderr.write(f"{done} of {total} logs read\n")
            sys.stderr.flush()
