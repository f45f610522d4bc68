"""The bytes of one log, read a window at a time, so that a log of any size costs the same memory.

Offsets are those of the UTF-8 text; UTF-16 logs and packed messages are rewritten to a temporary
file first. One pass (``survey``) finds the marks, counts the lines and hashes the bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from regreen.logs.encodings import PACKED, start_of_text, utf8_copy

CHUNK = 1 << 20
_WINDOW = 1 << 14
_AHEAD = 8
"""Chunks that wait for the hash, at most."""
_LONGEST_MATCH = 128
"""Bytes that a surveyed pattern may match, at most."""


class RawLog:
    """One log: a file, or bytes in memory. A context manager; threads must not share it.

    Raises ``LogUnreadable`` for what is empty, blank or no text.
    """

    def __init__(self, data: bytes | BinaryIO) -> None:
        self._held = ExitStack()
        self._original = data
        self._data: bytes | int = data if isinstance(data, bytes) else data.fileno()
        self._counts = array("Q", [0])
        self.sha256 = ""
        self.begin, encoding = start_of_text(self._pread)
        self.unpacked = encoding == PACKED
        if encoding is not None:
            copy = self._held.enter_context(utf8_copy(self._chunks(self.begin), encoding))
            self.sha256 = _hash(self._chunks(0))
            self._data, self.begin = copy.fileno(), 0
        self.size = self._length()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the log at ``path``; raises ``OSError`` when it cannot be read."""
        with ExitStack() as opening:
            log = cls(opening.enter_context(path.open("rb", buffering=0)))
            log._held.push(opening.pop_all())
        return log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` to before ``stop``, as far as there are any."""
        start = max(start, self.begin)
        return self._pread(start, max(stop - start, 0))

    def find(self, literal: bytes, start: int, stop: int) -> int:
        """Return the first offset of ``literal`` that lies whole in the window, or -1."""
        size = _WINDOW
        while start < stop:
            at = self.read(start, min(start + size, stop)).find(literal)
            if at >= 0:
                return start + at
            if start + size >= stop:
                break
            start += size - len(literal) + 1
            size = min(2 * size, CHUNK)
        return -1

    def line_at(self, offset: int, reach: int) -> tuple[int, int] | None:
        """Return where the line with ``offset`` begins and ends (its line feed not included).

        ``None`` when it begins more than ``reach`` bytes before; the end is at most so far.
        """
        low = max(offset - reach, self.begin)
        start = self.read(low, offset).rfind(b"\n") + 1
        if start == 0 and low > self.begin:
            return None
        end = self.read(offset, offset + reach).find(b"\n")
        return low + start, min(offset + (end if end >= 0 else reach), self.size)

    def start_of_line(self, offset: int) -> int:
        """Return the first offset at or after ``offset`` at which a line begins, or ``offset``."""
        if offset <= self.begin:
            return self.begin
        at = self.find(b"\n", offset - 1, min(offset + CHUNK, self.size))
        return at + 1 if at >= 0 else offset

    def number(self, offset: int) -> int:
        """Return the 1-based number of the line that holds ``offset``; the log was surveyed."""
        chunk = min((offset - self.begin) // CHUNK, len(self._counts) - 1)
        start = self.begin + chunk * CHUNK
        return 1 + self._counts[chunk] + self.read(start, offset).count(b"\n")

    @property
    def lines(self) -> int:
        """How many lines the log has; it was surveyed."""
        ended = self.read(self.size - 1, self.size) == b"\n"
        return self._counts[-1] + (not ended)

    def survey(
        self, pattern: re.Pattern[bytes], holds: Callable[[bytes], object] = bool
    ) -> Iterator[tuple[int, bytes]]:
        """Yield offset and text of each match of ``pattern`` in order, to the end of the log.

        ``pattern`` matches at most 128 bytes. ``holds`` may say, faster, that a chunk has no match
        of it. Lines and hash are known afterwards.
        """
        del self._counts[1:]
        tail = b""
        with _Hasher(self.read_original_head()) as digest:
            for start, chunk in self._chunks(self.begin):
                digest.feed(chunk)
                self._counts.append(self._counts[-1] + chunk.count(b"\n"))
                seam = tail + chunk[:_LONGEST_MATCH]
                for match in pattern.finditer(seam):
                    if match.start() < len(tail) < match.end():
                        yield start - len(tail) + match.start(), match[0]
                for match in pattern.finditer(chunk) if holds(chunk) else ():
                    yield start + match.start(), match[0]
                tail = chunk[-_LONGEST_MATCH:]
            self.sha256 = self.sha256 or digest.result()

    def matches(self, pattern: re.Pattern[bytes], start: int, stop: int) -> Iterator[int]:
        """Yield the offset of each match in a window that fits into memory."""
        for match in pattern.finditer(self.read(start, stop)):
            yield max(start, self.begin) + match.start()

    def read_original_head(self) -> bytes:
        """Return what stands before the text: a byte order mark, or nothing."""
        return self._pread(0, self.begin)

    def _chunks(self, start: int) -> Iterator[tuple[int, bytes]]:
        while chunk := self._pread(start, CHUNK):
            yield start, chunk
            start += len(chunk)

    def _pread(self, start: int, count: int) -> bytes:
        if isinstance(self._data, bytes):
            return self._data[start : start + count]
        return os.pread(self._data, count, start)

    def _length(self) -> int:
        return len(self._data) if isinstance(self._data, bytes) else os.fstat(self._data).st_size


class _Hasher:
    """A SHA-256 that is computed beside the search: hashing lets other threads run."""

    def __init__(self, head: bytes) -> None:
        self._digest = hashlib.sha256(head)
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True)

    def feed(self, chunk: bytes) -> None:
        """Add ``chunk``; a few may wait, so that neither thread waits for the other."""
        if len(self._waiting) >= _AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._digest.update, chunk))

    def result(self) -> str:
        """Return the hash of all that was fed, in hexadecimal digits."""
        while self._waiting:
            self._waiting.popleft().result()
        return self._digest.hexdigest()


def _hash(chunks: Iterator[tuple[int, bytes]]) -> str:
    digest = hashlib.sha256()
    for _, chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
