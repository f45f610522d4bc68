"""An end to answers that come too slowly: each read may be in time, and the whole take for ever.

The libraries bound one read. Here a second thread counts, and shuts the connections down when the
head of an answer is not there in time, or when its body keeps no pace; a read that waits then ends.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from weakref import WeakSet

BYTES_A_SECOND = 1024


class TooSlow(Exception):
    """The server took longer than it has."""


class Watch:
    """The connections to a server, and how many ``seconds`` it has for the head of an answer.

    For the body it has as long again for every ``seconds`` times ``BYTES_A_SECOND`` bytes.
    """

    def __init__(self, seconds: float) -> None:
        """Know no connection yet."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._limits: WeakSet[_Limit] = WeakSet()

    def add(self, connection: object) -> None:
        """Take up a new connection's socket; one that came too late is shut down at once."""
        if not isinstance(connection, socket.socket):
            return
        with self._lock:
            self._sockets.add(connection)
            over = any(limit.late for limit in self._limits)
        if over:
            _shut_down(connection)

    @contextmanager
    def head(self) -> Iterator[None]:
        """Bound what is done inside: a request, up to the end of its answer's head.

        Raises TooSlow, whatever came of it.
        """
        limit = _Limit(self)
        try:
            yield
        except Exception as error:
            if limit.late:
                raise TooSlow from error
            raise
        finally:
            limit.stop()
        if limit.late:
            raise TooSlow

    def paced(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield ``chunks``; what is done between two of them does not count.

        Raises TooSlow when they come too slowly.
        """
        limit = _Limit(self)
        try:
            while True:
                with limit.waiting():
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                limit.came(len(chunk))
                yield chunk
        finally:
            limit.stop()

    def within(self) -> float:
        """How many seconds the server has."""
        return self._seconds

    def end(self) -> None:
        """Shut all connections down, under the feet of whoever reads from them."""
        with self._lock:
            known = list(self._sockets)
        for one in known:
            _shut_down(one)

    def begun(self, limit: _Limit) -> None:
        """Count with ``limit`` until it has ended."""
        with self._lock:
            self._limits.add(limit)

    def ended(self, limit: _Limit) -> None:
        """Count with ``limit`` no more: what is opened from now on is another answer's."""
        with self._lock:
            self._limits.discard(limit)


def _shut_down(one: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(one, socket.SHUT_RDWR)


class _Limit:
    """The time that one answer has left."""

    def __init__(self, watch: Watch) -> None:
        self.late = False
        self._watch = watch
        self._lock = threading.Lock()
        self._waits = True
        self._turn = 0
        watch.begun(self)
        self._start()

    def _start(self) -> None:
        self._over = False
        self._got = 0
        self._since = time.monotonic()
        self._turn += 1
        self._timer = threading.Timer(self._watch.within(), self._end, (self._turn,))
        self._timer.daemon = True
        self._timer.start()

    def _end(self, turn: int) -> None:
        with self._lock:
            if turn != self._turn:
                return
            self._over = True
            self.late = self._waits
            if self.late:
                self._watch.end()

    def stop(self) -> None:
        """Count no more."""
        self._hold()
        self._watch.ended(self)

    def _hold(self) -> None:
        with self._lock:
            self._turn += 1
            self._timer.cancel()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for the server; when the time ended while nobody did, it begins anew."""
        with self._lock:
            self._waits = True
            if self._over and not self.late:
                self._start()
        try:
            yield
        except Exception as error:
            if self.late:
                raise TooSlow from error
            raise
        finally:
            with self._lock:
                self._waits = False
        if self.late:
            raise TooSlow

    def came(self, count: int) -> None:
        """Give more time for what came; no more often than twice in that time."""
        self._got += count
        seconds = self._watch.within()
        enough = self._got >= seconds * BYTES_A_SECOND
        if enough and time.monotonic() - self._since >= seconds / 2:
            self._hold()
            self._start()
