"""The HTTP server behind the proxy: threads on a Unix socket, bounded in number."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
from pathlib import Path

from regreen_sandbox.index.catalog import Catalog
from regreen_sandbox.index.handler import Handler

MAX_CONNECTIONS = 128
_CROWDED = MAX_CONNECTIONS // 2
_MOST_ERRORS = 100
_CLOSING_SECONDS = 5.0


class IndexServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves a catalog. At most ``MAX_CONNECTIONS`` at once; others wait in the kernel's queue."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, path: Path, catalog: Catalog) -> None:
        self.catalog = catalog
        self._open: set[socket.socket] = set()
        self._errors: dict[str, None] = {}
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(MAX_CONNECTIONS)
        self._closing = False
        super().__init__(str(path), Handler)
        path.chmod(0o666)

    @property
    def crowded(self) -> bool:
        """Whether connections should rather be closed than kept."""
        return len(self._open) > _CROWDED

    @property
    def errors(self) -> tuple[str, ...]:
        """What the upstream failed to give, each once, in order."""
        with self._lock:
            return tuple(self._errors)

    def note(self, error: str) -> None:
        """Remember an error."""
        with self._lock:
            if len(self._errors) < _MOST_ERRORS:
                self._errors[error] = None

    def get_request(self) -> tuple[socket.socket, str]:
        """Accept a connection as soon as there is room for it."""
        while not self._slots.acquire(timeout=0.2):
            if self._closing:
                raise OSError("the server is closing")
        try:
            request, _ = super().get_request()
        except BaseException:
            self._slots.release()
            raise
        with self._lock:
            self._open.add(request)
        return request, "sandbox"

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection and give its place to the next one."""
        super().shutdown_request(request)
        with self._lock:
            if request in self._open:
                self._open.discard(request)
                self._slots.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Remember a defect of the proxy instead of printing it."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.note(f"a defect in the index proxy: {error!r}")

    def close(self) -> None:
        """Stop accepting, break off what is under way, wait a little for the threads."""
        self._closing = True
        self.shutdown()
        self.server_close()
        with self._lock:
            for request in self._open:
                try:
                    request.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
        deadline = time.monotonic() + _CLOSING_SECONDS
        while self._open and time.monotonic() < deadline:
            time.sleep(0.01)
