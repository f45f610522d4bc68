"""The HTTP servers behind the proxy: a plain one, and one that shows the indexes' own names.

What a request is answered with is imported when the first one comes: most jobs that run never ask
an index for anything, and a sandbox must not wait for what it may not need.
"""

from __future__ import annotations

import socketserver
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regreen_sandbox.sockets import MAX_CONNECTIONS, SandboxServer

if TYPE_CHECKING:
    from regreen_sandbox.index.sites import Sites

_CROWDED = MAX_CONNECTIONS // 2


def _plain(request: Any, address: Any, server: Any) -> socketserver.BaseRequestHandler:
    from regreen_sandbox.index.handler import Handler

    return Handler(request, address, server)


def _secure(request: Any, address: Any, server: Any) -> socketserver.BaseRequestHandler:
    from regreen_sandbox.index.handler import SecureHandler

    return SecureHandler(request, address, server)


class IndexServer(SandboxServer):
    """Serves what ``sites`` gives; its notes are what the upstream failed to give."""

    def __init__(
        self,
        path: Path,
        sites: Callable[[], Sites],
        handler: Callable[[Any, Any, Any], socketserver.BaseRequestHandler] = _plain,
    ) -> None:
        self._sites = sites
        super().__init__(path, handler)

    @property
    def sites(self) -> Sites:
        """The sites, opened by the first who asks."""
        return self._sites()

    @property
    def crowded(self) -> bool:
        """Whether connections should rather be closed than kept."""
        return self.connections > _CROWDED


class SecureServer(IndexServer):
    """The same over TLS, each site under its own host name."""

    def __init__(
        self, path: Path, sites: Callable[[], Sites], context: Callable[[], ssl.SSLContext]
    ) -> None:
        self._context = context
        super().__init__(path, sites, _secure)

    @property
    def context(self) -> ssl.SSLContext:
        """What a handshake is made with."""
        return self._context()
