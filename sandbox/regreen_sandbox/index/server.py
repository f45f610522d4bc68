"""The HTTP server behind the proxy."""

from __future__ import annotations

from pathlib import Path

from regreen_sandbox.index.catalog import Catalog
from regreen_sandbox.index.handler import Handler
from regreen_sandbox.sockets import MAX_CONNECTIONS, SandboxServer

_CROWDED = MAX_CONNECTIONS // 2


class IndexServer(SandboxServer):
    """Serves a catalog; its notes are what the upstream failed to give."""

    def __init__(self, path: Path, catalog: Catalog) -> None:
        self.catalog = catalog
        super().__init__(path, Handler)

    @property
    def crowded(self) -> bool:
        """Whether connections should rather be closed than kept."""
        return self.connections > _CROWDED
