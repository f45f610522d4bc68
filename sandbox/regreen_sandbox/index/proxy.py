"""The index proxy as a resource: a socket to mount into a container, gone afterwards."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from regreen_sandbox.index.front import Front
from regreen_sandbox.index.names import NO_NAMES, Names
from regreen_sandbox.index.server import IndexServer, SecureServer
from regreen_sandbox.index.upstream import Upstream
from regreen_sandbox.recipe import ca_bundle
from regreen_sandbox.sockets import private_directory

if TYPE_CHECKING:
    from regreen_sandbox.index.authority import Identity
    from regreen_sandbox.index.behind import Behind
    from regreen_sandbox.index.client import Patience
    from regreen_sandbox.index.sites import Sites

SOCKET_NAME = "index.sock"
SECURE_NAME = "secure.sock"
_AUTHORITIES = "authorities.pem"
_PREFIX = "regreen-index-"


@dataclass(frozen=True, slots=True)
class Others:
    """What is served besides the package index: npm's registry, and further package indexes."""

    registry: Upstream | None = None
    indexes: tuple[Upstream, ...] = ()


NO_OTHERS = Others()


class IndexProxy:
    """Serves ``upstream`` as it was at ``as_of`` (``None``: as it is) on Unix sockets.

    A context manager. Inside it, ``directory`` is the folder to mount into the container (whoever
    is in there may connect; on the host only this user may), ``socket`` the plain socket in it, and
    ``front`` what the public indexes' own names are served with, when ``names`` has any.
    ``others`` are what is served besides; ``cache`` is a folder that all of this user's proxies
    share, kept under ``cache_bytes``.
    """

    def __init__(
        self,
        upstream: Upstream,
        cache: Path,
        as_of: datetime | None,
        *,
        others: Others = NO_OTHERS,
        names: Names = NO_NAMES,
        cache_bytes: int | None = None,
        patience: Patience | None = None,
    ) -> None:
        if as_of is not None and as_of.tzinfo is None:
            raise ValueError("as_of must have a time zone")
        self.as_of = as_of
        self.front: Front | None = None
        self._upstream, self._others, self._names = upstream, others, names
        self._cache, self._cache_bytes, self._patience = cache, cache_bytes, patience
        self._behind: Behind | None = None
        self._lock = threading.Lock()
        self._servers: list[IndexServer] = []
        self._cleanup = contextlib.ExitStack()
        self._directory: Path | None = None

    @property
    def directory(self) -> Path:
        """The folder that holds the sockets, to be mounted into the container."""
        if self._directory is None:
            raise RuntimeError("the index proxy is not running")
        return self._directory

    @property
    def socket(self) -> Path:
        """The plain Unix socket."""
        return self.directory / SOCKET_NAME

    @property
    def errors(self) -> tuple[str, ...]:
        """What the upstreams failed to give so far: ``name: what happened``, each once."""
        return tuple(dict.fromkeys(note for one in self._servers for note in one.notes))

    @property
    def undated(self) -> tuple[str, ...]:
        """Projects with files of unknown upload time, which were served whatever the date."""
        return self._behind.undated if self._behind else ()

    def __enter__(self) -> IndexProxy:
        with contextlib.ExitStack() as stack:
            self._directory = stack.enter_context(private_directory(_PREFIX))
            stack.callback(self._close)
            self._serve(stack, IndexServer(self.socket, self._sites))
            hosts = (urlsplit(one.address).hostname for one in self._others.indexes)
            names = (*self._names.all, *(host for host in hosts if host))
            if names and self._names.index:
                self._open_front(stack, tuple(dict.fromkeys(names)))
            self._cleanup = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cleanup.close()

    def _sites(self) -> Sites:
        """Return what is served, opened by the first who asks."""
        with self._lock:
            if self._behind is None:
                from regreen_sandbox.index.behind import open_behind

                self._behind = open_behind(
                    self._upstream,
                    self._others.registry,
                    self._others.indexes,
                    self._names,
                    cache=self._cache,
                    cache_bytes=self._cache_bytes,
                    as_of=self.as_of,
                    patience=self._patience,
                )
            return self._behind.sites

    def _close(self) -> None:
        if self._behind is not None:
            self._behind.close()

    def _open_front(self, stack: contextlib.ExitStack, names: tuple[str, ...]) -> None:
        """Open the secure door; what is shown there is made while the container starts."""
        authorities = self.directory / _AUTHORITIES
        authorities.touch()
        authorities.chmod(0o644)
        pool = stack.enter_context(ThreadPoolExecutor(1))
        shown = pool.submit(_shown, names, authorities)
        path = self.directory / SECURE_NAME
        self._serve(stack, SecureServer(path, self._sites, lambda: shown.result().context))
        index = f"https://{self._names.index[0]}/simple"
        self.front = Front(names, SECURE_NAME, index, authorities, _waiting(shown))

    def _serve(self, stack: contextlib.ExitStack, server: IndexServer) -> None:
        self._servers.append(server)
        stack.enter_context(server.serving())


def _shown(names: tuple[str, ...], authorities: Path) -> Identity:
    """Make what the secure door shows, and tell sandboxes of who vouches for it."""
    from regreen_sandbox.index.authority import make_identity

    identity = make_identity(names)
    bundle = ca_bundle()
    with authorities.open("wb") as file:  # the file itself: sandboxes may have it mounted
        file.write(identity.authority + (bundle.read_bytes() if bundle else b""))
    return identity


def _waiting(shown: Future[Identity]) -> Callable[[], None]:
    def wait() -> None:
        shown.result()

    return wait
