"""Unix sockets of the host that a sandbox talks to: the folder they lie in, and a bounded server.

The socket is all of the host that a container sees, and hostile code talks to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import socketserver
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MAX_CONNECTIONS = 128
_MOST_NOTES = 100
_CLOSING_SECONDS = 5.0
_SETTLING_SECONDS = 60.0
_LOCK_NAME = "owner.lock"


class SandboxServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A thread for each connection to the socket at ``path``, which anybody in its folder may use.

    At most ``MAX_CONNECTIONS`` are served at once; others wait in the kernel's queue.
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(
        self, path: Path, handler: Callable[[Any, Any, Any], socketserver.BaseRequestHandler]
    ) -> None:
        self._open: set[socket.socket] = set()
        self._notes: dict[str, None] = {}
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(MAX_CONNECTIONS)
        self._closing = False
        super().__init__(str(path), handler)
        path.chmod(0o666)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve in a thread of its own; at the end break off what is under way."""
        thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name=type(self).__name__, daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self.close()

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noted so far, each once, in order."""
        with self._lock:
            return tuple(self._notes)

    def note(self, words: str) -> None:
        """Remember ``words``; a hundred at most, for the sandbox can bring about any number."""
        with self._lock:
            if len(self._notes) < _MOST_NOTES:
                self._notes[words] = None

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
        """Remember a defect of the server instead of printing it."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.note(f"a defect in {type(self).__name__}: {error!r}")

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


@contextlib.contextmanager
def private_directory(prefix: str) -> Iterator[Path]:
    """Yield a folder that anybody may enter, inside one that only this user may.

    What killed processes left under the same ``prefix`` is removed first.
    """
    base = Path(tempfile.gettempdir())
    if len(str(base)) > 60:  # a socket's path has 107 bytes at most
        base = Path("/tmp")
    _sweep(base, prefix)
    outer = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    try:
        with (outer / _LOCK_NAME).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # until this process ends, however it ends
            inner = outer / "socket"
            inner.mkdir()
            inner.chmod(0o755)
            yield inner
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _sweep(base: Path, prefix: str) -> None:
    for outer in base.glob(prefix + "*"):
        with contextlib.suppress(OSError):
            status = outer.lstat()
            if status.st_uid != os.getuid() or outer.is_symlink():
                continue
            lock = outer / _LOCK_NAME
            if not lock.exists():  # its owner may be just making it
                if time.time() - status.st_mtime > _SETTLING_SECONDS:
                    shutil.rmtree(outer, ignore_errors=True)
                continue
            with lock.open() as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(outer, ignore_errors=True)
