"""A running step's output on its way to whoever is told of it: masked, and as it comes.

Masking costs more than running a program that prints a flood, and a step must not fail for being
watched. So it is done beside the step, the step waits for it in the beginning only, and of a flood
what cannot be kept up with is left out, which is said.
"""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

FREE = 32 << 20
"""Bytes of a step's output of which nothing is left out."""
_WAITING = 8 << 20
"""Bytes that may wait for being masked; the step waits when there are more."""
_KEPT = 256 << 10
"""What of too much is handed on: its end."""
_PATIENCE = 0.5
"""Seconds after which the beginning of an unfinished line is shown."""
_LEAVING = 0.5
"""Seconds for what still waits when the step was broken off."""


class Masking(Protocol):
    """Masks a text that comes in pieces."""

    def feed(self, data: bytes) -> bytes:
        """Take a piece; return the lines that are whole now."""

    def idle(self) -> bytes:
        """Return what more of the unfinished line may be shown."""

    def skip(self, data: bytes) -> None:
        """Leave a piece out."""

    def finish(self) -> bytes:
        """Return the end."""


class Outflow:
    """Takes a step's raw output and hands it on, masked. Leaving it hands on what is left.

    ``show`` is called from a thread of its own; what it raises is raised to whoever writes.
    """

    def __init__(self, masking: Masking, show: Callable[[str], None]) -> None:
        self._masking = masking
        self._show = show
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._change = threading.Condition()
        self._waiting: list[bytes] = []
        self._size = 0
        self._passed = 0
        self._ended = False
        self._fault: Exception | None = None
        self._whole = True
        self._looked = 0.0
        self._thread = threading.Thread(target=self._work, name="step output", daemon=True)

    def write(self, data: bytes) -> None:
        """Take the next of the output."""
        with self._change:
            self._change.wait_for(lambda: self._size < _WAITING or self._fault is not None)
            if self._fault is not None:
                raise self._fault
            self._waiting.append(data)
            self._size += len(data)
            self._change.notify_all()

    def __enter__(self) -> Outflow:
        self._looked = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._change:
            self._ended = True
            self._change.notify_all()
        self._thread.join(None if kind is None else _LEAVING)
        if kind is None and self._fault is not None:
            raise self._fault

    def _work(self) -> None:
        try:
            while (data := self._next()) is not None:
                self._say(self._masking.feed(data) if data else b"")
                if time.monotonic() - self._looked >= _PATIENCE:
                    self._looked = time.monotonic()
                    self._say(self._masking.idle())
            self._say(self._masking.finish(), last=True)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that writes
            with self._change:
                self._fault = error
                self._waiting, self._size = [], 0
                self._change.notify_all()

    def _next(self) -> bytes | None:
        """Return what has come; of too much only the end. Empty after a while, None at the end."""
        left = _PATIENCE - (time.monotonic() - self._looked)
        with self._change:
            self._change.wait_for(lambda: self._size > 0 or self._ended, max(left, 0.01))
            data = b"".join(self._waiting)
            self._waiting, self._size = [], 0
            self._change.notify_all()
        if not data:
            return None if self._ended else b""
        self._passed += len(data)
        if self._passed <= FREE or len(data) <= 2 * _KEPT:
            return data
        cut = data.find(b"\n", len(data) - _KEPT) + 1 or len(data) - _KEPT
        self._masking.skip(data[:cut])
        self._show(("" if self._whole else "\n") + f"[{cut} bytes are left out]\n")
        return data[cut:]

    def _say(self, data: bytes, *, last: bool = False) -> None:
        text = self._decoder.decode(data, last)
        if text:
            self._whole = text.endswith("\n")
            self._looked = time.monotonic()
            self._show(text)
