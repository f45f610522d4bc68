"""Answers one connection from the sandbox: pages, documents and files, and nothing else.

What went wrong with the upstream is told to the sandbox without any address.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from typing import TYPE_CHECKING, BinaryIO, assert_never

from regreen_sandbox.index.answering import IDLE_SECONDS, Answering
from regreen_sandbox.index.client import BLOCK, UpstreamError
from regreen_sandbox.index.listing import JSON_TYPE, IndexFile, write_html, write_json
from regreen_sandbox.index.npmcatalog import NpmCatalog
from regreen_sandbox.index.packument import (
    NPM_TYPE,
    write_abbreviated,
    write_version,
    write_whole,
)
from regreen_sandbox.index.projectjson import write_project
from regreen_sandbox.index.request import (
    FileRequest,
    NamedFile,
    PackageRequest,
    ProjectJson,
    ProjectRequest,
    RootPage,
    Span,
    TarballRequest,
    is_abbreviated,
    page_type,
)
from regreen_sandbox.index.sites import Asked

if TYPE_CHECKING:
    from regreen_sandbox.index.server import IndexServer, SecureServer

_NO_ROOT = "the list of all projects is not served: it has no dates"
_NO_REGISTRY = "no npm registry is configured on this machine"
_METADATA_BYTES = 4 << 20


class Handler(Answering):
    """Answers at the plain door."""

    server: IndexServer

    def respond(self) -> None:
        """Answer a page, a file or what is the matter."""
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._text(400, "a request with a body is not served")
            return
        if self.server.crowded:
            self.close_connection = True
        self._started = False
        asked = self._asked()
        if asked is None:
            self._text(404, "nothing is served at this address")
            return
        try:
            self._answer(asked)
        except UpstreamError as error:
            wanted = asked.wanted
            names = (getattr(wanted, name, "") for name in ("filename", "project", "name"))
            self._failed(next(filter(None, names), ""), error)

    def _asked(self) -> Asked | None:
        return self.server.sites.plain(self.headers.get("Host"), self.path)

    def _answer(self, asked: Asked) -> None:
        wanted, catalog = asked.wanted, asked.catalog
        match wanted:
            case RootPage():
                self._text(404, _NO_ROOT)
            case ProjectRequest():
                self._page(asked, wanted)
            case FileRequest():
                file = catalog.file(wanted.project, wanted.filename, dated=wanted.dated)
                self._file(file, catalog.files)
            case NamedFile():
                self._file(catalog.named(wanted.filename), catalog.files)
            case ProjectJson():
                self._json(asked, wanted)
            case PackageRequest():
                self._package(asked, wanted)
            case TarballRequest():
                npm = self._npm()
                found = npm.tarball(wanted.name, wanted.filename, dated=wanted.dated)
                self._file(found, npm.files)
            case _:
                assert_never(wanted)

    def _failed(self, what: str, error: UpstreamError) -> None:
        if error.status not in (404, 416):
            self.server.note(f"{what}: {error}")
        if self._started:  # too late for a status: breaking off is what a client understands
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._text(error.status, f"{what}: {error}")

    def _npm(self) -> NpmCatalog:
        if self.server.sites.npm is None:
            raise UpstreamError(_NO_REGISTRY, 404)
        return self.server.sites.npm

    def _page(self, asked: Asked, wanted: ProjectRequest) -> None:
        if wanted.redirect is not None:
            self._text(301, "the address ends in a slash", {"Location": wanted.redirect})
            return
        listing = asked.catalog.listing(wanted.project, dated=wanted.dated)
        kind = page_type(self.headers.get("Accept"))
        write = write_json if kind == JSON_TYPE else write_html
        charset = "" if kind == JSON_TYPE else "; charset=utf-8"
        self._document(write(listing, asked.link(wanted.project)), kind + charset, {})

    def _json(self, asked: Asked, wanted: ProjectJson) -> None:
        listing = asked.catalog.listing(wanted.project, dated=wanted.dated)

        def metadata(file: IndexFile) -> bytes:
            with asked.catalog.files.fetch(file) as kept:
                return kept.read(_METADATA_BYTES)

        link = asked.link(wanted.project)
        body = write_project(listing, wanted.version, link, metadata)
        self._document(body, "application/json", {})

    def _package(self, asked: Asked, wanted: PackageRequest) -> None:
        package = self._npm().package(wanted.name, dated=wanted.dated)
        if wanted.version is not None:
            one = write_version(package, wanted.version, asked.base)
            if one is None:
                raise UpstreamError("the registry, as of the date, has no such version", 404)
            self._document(one, "application/json", {})
        elif is_abbreviated(self.headers.get("Accept")):
            self._document(write_abbreviated(package, asked.base), NPM_TYPE, {})
        else:
            self._document(write_whole(package, asked.base), "application/json", {})


class SecureHandler(Handler):
    """Answers at the secure door, where indexes stand under their own names."""

    server: SecureServer

    def setup(self) -> None:
        """Shake hands; the server keeps the bare socket, by which it can break this off."""
        bare = socket.socket(fileno=os.dup(self.request.fileno()))
        bare.settimeout(IDLE_SECONDS)
        self.request = self.server.context.wrap_socket(bare, server_side=True)
        super().setup()

    def finish(self) -> None:
        """Close this end; the server closes the bare socket."""
        try:
            super().finish()
        finally:
            with contextlib.suppress(OSError, ssl.SSLError):
                self.request.close()

    def _copy(self, kept: BinaryIO, span: Span) -> None:
        # An SSLSocket's own sendfile goes on from where the file stands, in pieces of 8 KiB.
        kept.seek(span.start)
        left = span.length
        while left and (block := kept.read(min(left, BLOCK))):
            self.connection.sendall(block)
            left -= len(block)

    def _asked(self) -> Asked | None:
        return self.server.sites.secure(self.headers.get("Host"), self.path)
