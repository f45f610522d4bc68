"""How the tests pull, and servers of other kinds."""

from __future__ import annotations

import ssl
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from regreen.errors import UsageError
from tests.runs.conftest import TOKEN, Fetch


def failure(fetch: Fetch, **more: object) -> UsageError:
    """Pull and return how it failed; the token is in nothing that could be printed."""
    with pytest.raises(UsageError) as caught:
        fetch(**more)
    printed = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert TOKEN not in printed
    assert caught.value.next_step
    return caught.value


def log_of(fetch: Fetch) -> bytes:
    path = fetch().jobs[0].log
    assert path is not None
    return path.read_bytes()


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None
) -> Iterator[ThreadingHTTPServer]:
    """Start a server of its own kind and end it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
