"""How the proxy speaks HTTP to a sandbox: bounded heads, texts, documents, files and their parts.

The sandbox is hostile: a request's head has a size, a connection a time to be idle, and a body
is not read.
"""

from __future__ import annotations

import hashlib
import io
import os
import socket
from abc import abstractmethod
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import BinaryIO

from regreen_sandbox.index.files import Files
from regreen_sandbox.index.listing import IndexFile
from regreen_sandbox.index.request import Span, is_range, read_range

HEAD_BYTES = 32 * 1024
IDLE_SECONDS = 30.0
# Up to here a file is fetched whole when a part is asked for: the rest is wanted soon, as a rule.
_SMALL = 4 << 20
_FILE_HEADERS = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}


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


class Answering(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive; what is answered is a subclass's to say."""

    protocol_version = "HTTP/1.1"
    server_version = "regreen"
    sys_version = ""
    timeout = IDLE_SECONDS
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
            self.close_connection = True
            self._text(431, "the request's head is too large")
        except OSError:
            self.close_connection = True  # the client went away

    @abstractmethod
    def respond(self) -> None:
        """Answer the request."""

    def do_GET(self) -> None:
        """Answer."""
        self.respond()

    def do_HEAD(self) -> None:
        """Answer ``HEAD`` as ``GET``, without the body."""
        self.respond()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the sandbox decides what stands in a request."""

    def _document(self, body: bytes, kind: str, headers: Mapping[str, str]) -> None:
        """Answer with a whole document, or that the client's is still current."""
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**headers, "ETag": tag, "Vary": "Accept", "Cache-Control": "no-cache"}
        if self.headers.get("If-None-Match") == tag:
            self._begin(304, headers)
            return
        self._begin(200, {**headers, "Content-Type": kind, "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _file(self, file: IndexFile, files: Files) -> None:
        part = self.headers.get("Range")
        kept = files.kept(file)
        if kept is not None:
            self._send(kept, part)
        elif self.command == "HEAD":
            self._announce(file, files)
        elif part is None or not is_range(part):
            self._pass_on(file, files)
        elif _is_small(file) or not self._pass_part(file, files, part):
            self._fetch_and_send(file, files, part)

    def _announce(self, file: IndexFile, files: Files) -> None:
        size = files.size(file)
        headers = {} if size is None else {"Content-Length": str(size)}
        if size is None:
            self.close_connection = True
        self._begin(200, {**_FILE_HEADERS, **headers})

    def _fetch_and_send(self, file: IndexFile, files: Files, part: str) -> None:
        """Fetch a file whole into the cache, so that its parts can be served from there."""
        if files.nameable(file):
            with files.turn(file):
                kept = files.kept(file)
                if kept is None:
                    with files.whole(file) as download:
                        for _ in files.checked(file, download):
                            pass
                    kept = files.kept(file)
            if kept is not None:
                self._send(kept, part)
                return
        self._pass_on(file, files)  # RFC 9110 allows the whole where a part is asked for

    def _pass_on(self, file: IndexFile, files: Files) -> None:
        with files.turn(file):
            kept = files.kept(file)  # another request may have fetched it meanwhile
            if kept is None:
                with files.whole(file) as download:
                    headers = dict(_FILE_HEADERS)
                    if download.length is None:
                        self.close_connection = True  # its end is then the connection's end
                    else:
                        headers["Content-Length"] = str(download.length)
                    self._begin(200, headers)
                    for block in files.checked(file, download):
                        self.wfile.write(block)
        if kept is not None:
            self._send(kept, None)

    def _pass_part(self, file: IndexFile, files: Files, part: str) -> bool:
        """Pass a part on; ``False`` when the upstream serves no parts."""
        with files.part(file, part) as download:
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
            size = os.fstat(kept.fileno()).st_size
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
                self._copy(kept, sent)

    def _copy(self, kept: BinaryIO, span: Span) -> None:
        self.connection.sendfile(kept, span.start, span.length)

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


def _is_small(file: IndexFile) -> bool:
    return file.size is not None and file.size <= _SMALL
