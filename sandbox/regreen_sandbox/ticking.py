"""Telling that something long is still at work: what it does now, and for how long already."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_SECONDS = 10.0
_LOOK_SECONDS = 0.5


@contextmanager
def ticking(now: Callable[[], str], report: Callable[[str], None]) -> Iterator[None]:
    """Report what ``now`` returns whenever that changes, and every ten seconds, until the end.

    ``now`` is asked from a thread; the empty text says nothing.
    """
    ended = threading.Event()
    started = time.monotonic()

    def tell() -> None:
        said, at = "", started
        while not ended.wait(_LOOK_SECONDS):
            words, moment = now(), time.monotonic()
            if words and (words != said or moment - at >= EVERY_SECONDS):
                report(f"{words} ({moment - started:.0f} s)")
                said, at = words, moment

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
