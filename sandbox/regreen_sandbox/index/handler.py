"""Answers one connection from the sandbox: pages and files, and nothing else.

The sandbox is hostile: a request's head has a size, a connection a time to be idle, and a body
is not read. What went wrong with the upstream is told to the sandbox without any address.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import socket
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, BinaryIO, assert_never

from regreen_sandbox.index.client import Download, UpstreamError
from regreen_sandbox.index.listing import JSON_TYPE, IndexFile, write_html, write_json
from regreen_sandbox.index.request import (
    FileRequest,
    ProjectRequest,
    RootPage,
    Span,
    is_range,
    page_type,
    read_range,
    read_target,
)

if TYPE_CHECKING:
    from regreen_sandbox.index.server import IndexServer

HEAD_BYTES = 32 * 1024
IDLE_SECONDS = 30.0
# Up to here a file is fetched whole when a part is asked for: the rest is wanted soon, as a rule.
_SMALL = 4 << 20
_NO_ROOT = "the list of all projects is not served: it has no dates"


class _HeadTooLarge(Exception):
    pass


class _Head(io.BufferedReader):
    """Reads lines until a budget is used up."""

    budget = HEAD_BYTES

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(self.budget + 1)
        self.budget -= len(line)
        if self.budget < 0:
            raise _HeadTooLarge
        return line


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive over the server's Unix socket."""

    protocol_version = "HTTP/1.1"
    server_version = "regreen"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: IndexServer
    _started = False

    def setup(self) -> None:
        """Replace the line reader by one with a budget."""
        super().setup()
        self.rfile.close()
        self._head = _Head(socket.SocketIO(self.connection, "r"))
        self.rfile = self._head

    def handle_one_request(self) -> None:
        """Answer one request; end the connection when its head is too large."""
        self._head.budget = HEAD_BYTES
        try:
            super().handle_one_request()
        except _HeadTooLarge:
            self.requestline, self.request_version, self.command = "", "HTTP/1.1", ""
            self._text(431, "the request's head is too large")
            self.close_connection = True
        except OSError:
            self.close_connection = True  # the client went away

    def do_GET(self) -> None:
        """Answer a page, a file or what is the matter."""
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._text(400, "a request with a body is not served")
            return
        if self.server.crowded:
            self.close_connection = True
        self._started = False
        wanted = read_target(self.path)
        try:
            match wanted:
                case None:
                    self._text(404, "nothing is served at this address")
                case RootPage():
                    self._text(404, _NO_ROOT)
                case ProjectRequest():
                    self._page(wanted)
                case FileRequest():
                    self._file(wanted)
                case _:
                    assert_never(wanted)
        except UpstreamError as error:
            self._failed(getattr(wanted, "filename", getattr(wanted, "project", "")), error)

    def do_HEAD(self) -> None:
        """Answer ``HEAD`` as ``GET`` without the body."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the sandbox decides what stands in a request."""

    def _failed(self, what: str, error: UpstreamError) -> None:
        if error.status not in (404, 416):
            self.server.note(f"{what}: {error}")
        if self._started:  # too late for a status: breaking off is what a client understands
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._text(error.status, f"{what}: {error}")

    def _page(self, wanted: ProjectRequest) -> None:
        if wanted.redirect is not None:
            self._text(301, "the address ends in a slash", {"Location": wanted.redirect})
            return
        listing = self.server.catalog.listing(wanted.project, dated=wanted.dated)
        kind = page_type(self.headers.get("Accept"))
        prefix = f"../../files/{wanted.project}/"
        body = (write_json if kind == JSON_TYPE else write_html)(listing, prefix)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Vary": "Accept", "Cache-Control": "no-cache"}
        if self.headers.get("If-None-Match") == tag:
            self._begin(304, headers)
            return
        charset = "" if kind == JSON_TYPE else "; charset=utf-8"
        headers |= {"Content-Type": kind + charset, "Content-Length": str(len(body))}
        self._begin(200, headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _file(self, wanted: FileRequest) -> None:
        catalog = self.server.catalog
        file = catalog.listing(wanted.project, dated=wanted.dated).find(wanted.filename)
        if file is None:
            raise UpstreamError("the index, as of the date, has no such file", 404)
        part = self.headers.get("Range")
        kept = catalog.kept(file)
        if kept is not None:
            self._send(kept, part)
        elif self.command == "HEAD":
            self._announce(file)
        elif part is None or not is_range(part):
            self._pass_on(file)
        elif _is_small(file) or not self._pass_part(file, part):
            self._fetch_and_send(file, part)

    def _announce(self, file: IndexFile) -> None:
        size = self.server.catalog.size(file)
        headers = {} if size is None else {"Content-Length": str(size)}
        if size is None:
            self.close_connection = True
        self._begin(200, {**_FILE_HEADERS, **headers})

    def _fetch_and_send(self, file: IndexFile, part: str) -> None:
        """Fetch a file whole into the cache, so that its parts can be served from there."""
        catalog = self.server.catalog
        if catalog.nameable(file):
            with catalog.whole(file) as download:
                for _ in catalog.checked(file, download):
                    pass
            if kept := catalog.kept(file):
                self._send(kept, part)
                return
        self._pass_on(file)  # RFC 9110 allows the whole where a part is asked for

    def _pass_on(self, file: IndexFile) -> None:
        with self.server.catalog.whole(file) as download:
            self._stream(file, download)

    def _stream(self, file: IndexFile, download: Download) -> None:
        headers = dict(_FILE_HEADERS)
        if download.length is None:
            self.close_connection = True  # its end is then the connection's end
        else:
            headers["Content-Length"] = str(download.length)
        self._begin(200, headers)
        for block in self.server.catalog.checked(file, download):
            self.wfile.write(block)

    def _pass_part(self, file: IndexFile, part: str) -> bool:
        """Pass a part on; ``False`` when the upstream serves no parts."""
        with self.server.catalog.part(file, part) as download:
            if not (download.partial and download.content_range and download.length is not None):
                return False
            length = {"Content-Length": str(download.length)}
            span = {"Content-Range": download.content_range}
            self._begin(206, {**_FILE_HEADERS, **length, **span})
            for block in download:
                self.wfile.write(block)
        return True

    def _send(self, kept: BinaryIO, part: str | None) -> None:
        with kept:
            size = kept.seek(0, io.SEEK_END)
            try:
                span = read_range(part, size)
            except ValueError:
                self._text(416, "no such part of the file", {"Content-Range": f"bytes */{size}"})
                return
            headers = dict(_FILE_HEADERS)
            if span is not None:
                last = span.start + span.length - 1
                headers["Content-Range"] = f"bytes {span.start}-{last}/{size}"
            sent = span or Span(0, size)
            headers["Content-Length"] = str(sent.length)
            self._begin(200 if span is None else 206, headers)
            if self.command != "HEAD" and sent.length:
                self.connection.sendfile(kept, sent.start, sent.length)

    def _text(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        body = f"regreen: {text}\n".encode()
        kind = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
        self._begin(status, {**kind, **(headers or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self._started = True
        self.send_response(HTTPStatus(status))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


_FILE_HEADERS = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}


def _is_small(file: IndexFile) -> bool:
    return file.size is not None and file.size <= _SMALL
