"""The HTTP servers behind the proxy: a plain one, and one that shows the indexes' own names."""

from __future__ import annotations

import ssl
from pathlib import Path

from regreen_sandbox.index.handler import Handler, SecureHandler
from regreen_sandbox.index.sites import Sites
from regreen_sandbox.sockets import MAX_CONNECTIONS, SandboxServer

_CROWDED = MAX_CONNECTIONS // 2


class IndexServer(SandboxServer):
    """Serves the sites; its notes are what the upstream failed to give."""

    handler: type[Handler] = Handler

    def __init__(self, path: Path, sites: Sites) -> None:
        self.sites = sites
        super().__init__(path, self.handler)

    @property
    def crowded(self) -> bool:
        """Whether connections should rather be closed than kept."""
        return self.connections > _CROWDED


class SecureServer(IndexServer):
    """The same over TLS, each site under its own host name."""

    handler = SecureHandler

    def __init__(self, path: Path, sites: Sites, context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__(path, sites)
