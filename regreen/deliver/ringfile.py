"""A file that is written as things come, in which a flood takes no more than a bounded place.

Of what is written while a bound is set the beginning and the end stay, the middle is dropped, and
a line says so. All is in the file at any moment; nothing waits in memory.
"""

from __future__ import annotations

import os

PART = 32 << 20
"""What stays of each end of a flood by default: of a step's 64 MiB the halves."""
_CHUNK = 1 << 20
_GAP = "[{:>20} bytes of this output are left out here]\n"
_GAP_BYTES = len(_GAP.format(0))


class RingFile:
    """Appends to an open file, which it closes. Raises OSError only."""

    def __init__(self, handle: int) -> None:
        """Take over the descriptor ``handle``, open for reading and writing."""
        self._handle = handle
        self._part = 0
        self._bounded = False
        self._left = 0
        self._tail: int | None = None
        self._dropped = 0
        self.size = 0

    def bound(self, part: int | None = None) -> None:
        """From here on keep ``part`` bytes of each end, until `unbound`."""
        self._part = self._left = PART if part is None else part
        self._bounded, self._tail, self._dropped = True, None, 0

    def unbound(self) -> None:
        """End what was bounded."""
        if self._tail is not None:
            self._shrink()
        self._bounded = False

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        if not self._bounded:
            self._append(data)
            return
        if self._left >= len(data):
            self._left -= len(data)
            self._append(data)
            return
        if self._tail is None:
            cut = data.rfind(b"\n", 0, self._left) + 1
            self._append(data[:cut])
            data = data[cut:]
            self._left = 0
            self._tail = self.size
        self._append(data)
        if self.size - self._tail > 2 * self._part:
            self._shrink()

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _append(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            done = os.pwrite(self._handle, view, self.size)
            self.size += done
            view = view[done:]

    def _shrink(self) -> None:
        """Move the end of what lies behind the beginning to its front, behind the gap's line."""
        assert self._tail is not None
        first = self._tail + (_GAP_BYTES if self._dropped else 0)
        source = self.size - self._part
        if source - first <= _GAP_BYTES:
            return
        head = os.pread(self._handle, _CHUNK, source)
        source += head.find(b"\n") + 1
        self._dropped += source - first
        gap = _GAP.format(self._dropped).encode()
        os.pwrite(self._handle, gap, self._tail)
        target = self._tail + len(gap)
        while chunk := os.pread(self._handle, min(_CHUNK, self.size - source), source):
            os.pwrite(self._handle, chunk, target)
            source += len(chunk)
            target += len(chunk)
        os.ftruncate(self._handle, target)
        self.size = target
