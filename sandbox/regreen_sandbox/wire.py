"""Streams from the engine as plain HTTP answers.

The ``docker`` client asks for a protocol upgrade and then reads the bare socket, which loses what
arrived together with the headers and leaves connections open. Without an upgrade the answer is
ordinary HTTP that ends with the connection, and its own reader does it all.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import docker.errors
import requests

from regreen_sandbox.engine import CONNECT_SECONDS, Engine

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Wire:
    """One open answer; `cut` may be called from another thread than the one that reads."""

    response: requests.Response
    socket: socket.socket

    def pieces(self) -> Iterator[bytes]:
        """Yield what arrives, as soon as it does, up to the end of the stream."""
        while piece := self.response.raw.read1(_PIECE):
            yield piece

    def cut(self) -> None:
        """End the stream: whoever waits for more of it sees its end."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


@contextmanager
def open_wire(
    engine: Engine,
    method: str,
    path: str,
    *,
    body: Mapping[str, object] | None = None,
    silence: float | None = None,
) -> Iterator[Wire]:
    """Send a request of the engine's API and give its streamed answer, closed at the end.

    ``silence`` is how many seconds may pass without data. To be called under `Engine.guard`.
    """
    api = engine.client.api
    with api.request(
        method,
        f"{api.base_url}/v{api.api_version}{path}",
        json=body,
        stream=True,
        timeout=(CONNECT_SECONDS, silence),
    ) as response:
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            docker.errors.create_api_error_from_http_exception(error)
        # A descriptor of our own: the response drops its at the end of the stream.
        with socket.socket(fileno=os.dup(response.raw.fileno())) as own:
            wire = Wire(response, own)
            try:
                yield wire
            finally:
                wire.cut()
