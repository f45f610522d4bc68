"""A command's output: out of the engine's frames, and no more of it kept than asked for."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEADER = struct.Struct(">BxxxL")


class Frames:
    """Takes apart the stream of an exec without a terminal.

    Each frame is a byte for the stream, three zeros, a big-endian length and that many bytes; see
    "Stream format" of ``POST /containers/{id}/attach`` in the Docker Engine API (v1.41).
    """

    def __init__(self) -> None:
        self._header = bytearray()
        self._left = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the payload that is in ``data``, stdout and stderr alike, as it stands there."""
        view = memoryview(data)
        while view:
            if self._left:
                part, view = view[: self._left], view[self._left :]
                self._left -= len(part)
                yield bytes(part)
                continue
            missing = _HEADER.size - len(self._header)
            self._header += view[:missing]
            view = view[missing:]
            if len(self._header) == _HEADER.size:
                self._left = _HEADER.unpack(self._header)[1]
                self._header.clear()


class Capture:
    """Keeps the first and the last half of ``limit`` bytes and counts what fell out between."""

    def __init__(self, limit: int) -> None:
        self._head_limit = limit // 2
        self._tail_limit = limit - self._head_limit
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, data: bytes) -> None:
        """Take the next piece of output."""
        room = self._head_limit - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._tail_limit + 65536:  # seldom, since it moves the whole tail
            self._trim()

    def _trim(self) -> None:
        over = len(self._tail) - self._tail_limit
        if over > 0:
            del self._tail[:over]
            self._dropped += over

    @property
    def dropped(self) -> int:
        """How many bytes are not kept."""
        self._trim()
        return self._dropped

    @property
    def output(self) -> bytes:
        """What was kept; a line in it says how many bytes were dropped, and where."""
        dropped = self.dropped
        note = b"\n[regreen: %d bytes of output left out]\n" % dropped if dropped else b""
        return bytes(self._head) + note + bytes(self._tail)
