"""The forward proxy: takes a sandbox's connections to the hosts that it may reach.

``CONNECT host:port`` (RFC 9110, 9.3.6) and requests with an absolute address for plain HTTP. The
sandbox is hostile: a request's head has a size and a time, a connection a time to be idle, and no
more than a buffer each way is held. A plain request's connection ends with its answer.
"""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from regreen_sandbox.network.gate import Gate, Refused, Way
from regreen_sandbox.network.pump import pump
from regreen_sandbox.sockets import SandboxServer

HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 30.0
CONNECT_SECONDS = 15.0
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_HOP = frozenset({b"connection", b"keep-alive", b"upgrade", b"host", b"te"})
_REASONS = {400: "Bad Request", 403: "Forbidden", 431: "Too Large", 502: "Bad Gateway"}


class ForwardServer(SandboxServer):
    """Forwards to what the gate lets through; its notes are the hosts that were refused.

    ``served`` are hosts that are served on this machine, each with the Unix socket to tunnel to.
    """

    def __init__(self, path: Path, gate: Gate, served: Mapping[str, Path] | None = None) -> None:
        self.gate = gate
        self.served = served or {}
        super().__init__(path, _Handler)


class _Bad(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class _Handler(socketserver.BaseRequestHandler):
    server: ForwardServer
    request: socket.socket

    def handle(self) -> None:
        """Serve one connection to its end."""
        try:
            head, rest = _read_head(self.request)
            host, port, onward = _asked(head)
            server = self._open(host, port, tunnelled=onward is None)
        except _Bad as bad:
            self._answer(bad)
            return
        with server:
            if onward is None:
                self.request.sendall(_CONNECTED)
            else:
                server.sendall(onward)
            if rest:
                server.sendall(rest)
            pump(self.request, server)

    def _open(self, host: str, port: int, *, tunnelled: bool) -> socket.socket:
        here = self.server.served.get(host.lower()) if tunnelled and port == 443 else None
        if here is not None:
            return _local(here)
        try:
            way = self.server.gate.way(host, port)
        except Refused as refusal:
            self.server.note(f"{host[:255]}:{port}")
            raise _Bad(403, str(refusal)) from refusal
        return _connect(way)

    def _answer(self, bad: _Bad) -> None:
        body = f"regreen: {bad}\n".encode()
        reason = _REASONS[bad.status]
        head = (
            f"HTTP/1.1 {bad.status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.request.sendall(head.encode() + body)


def _read_head(client: socket.socket, limit: int = HEAD_BYTES) -> tuple[bytes, bytes]:
    """Return the head, with its empty line, and what came after it."""
    data = b""
    until = time.monotonic() + HEAD_SECONDS
    while b"\r\n\r\n" not in data:
        if len(data) > limit:
            raise _Bad(431, "the request's head is too large")
        client.settimeout(max(0.01, until - time.monotonic()))
        try:
            piece = client.recv(8192)
        except TimeoutError as error:
            raise _Bad(400, "the request's head took too long") from error
        if not piece:
            raise _Bad(400, "the request's head has no end")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def _asked(head: bytes) -> tuple[str, int, bytes | None]:
    """Return the host and port that a head asks for, and the head to send on unless it tunnels."""
    line, *fields = head[:-4].split(b"\r\n")
    try:
        method, target, version = line.decode("ascii").split(" ")
        connect = method == "CONNECT"
        parts = urlsplit(f"//{target}" if connect else target)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _Bad(400, "this is no request for a proxy") from error
    if not host or not version.startswith("HTTP/1.") or (connect and not port):
        raise _Bad(400, "this is no request for a proxy")
    if connect:
        return host, port or 443, None
    if parts.scheme != "http":
        raise _Bad(400, "only http addresses are fetched; others are tunnelled with CONNECT")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [field for field in fields if not _is_hop(field)]
    place = parts.netloc.rpartition("@")[2]
    first = [f"{method} {path} HTTP/1.1".encode(), f"Host: {place}".encode()]
    return host, port or 80, b"\r\n".join([*first, *kept, b"Connection: close", b"", b""])


def _is_hop(field: bytes) -> bool:
    name = field.partition(b":")[0].strip().lower()
    return name in _HOP or name.startswith(b"proxy-")


def _connect(way: Way) -> socket.socket:
    try:
        if way.proxy is not None:
            return _through(way.proxy, way.target)
        return _direct(way)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _Bad(502, f"the host could not be reached: {reason}") from error


def _local(path: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.settimeout(CONNECT_SECONDS)
    try:
        server.connect(str(path))
    except OSError as error:
        server.close()
        raise _Bad(502, "the package index proxy is not running") from error
    return server


def _direct(way: Way) -> socket.socket:
    trouble = OSError("it has no address")
    for address in way.addresses[:4]:
        try:
            return socket.create_connection((str(address), way.port), timeout=CONNECT_SECONDS)
        except OSError as error:
            trouble = error
    raise trouble


def _through(proxy: SplitResult, target: str) -> socket.socket:
    """Have the machine's own proxy tunnel to ``target``; its login never reaches the sandbox."""
    default = 443 if proxy.scheme == "https" else 80
    address = (proxy.hostname or "", proxy.port or default)
    server = socket.create_connection(address, timeout=CONNECT_SECONDS)
    try:
        if proxy.scheme == "https":
            context = ssl.create_default_context()
            server = context.wrap_socket(server, server_hostname=proxy.hostname)
        login = ""
        if proxy.username is not None:
            pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
            login = f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"
        server.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n".encode())
        head, rest = _read_head(server)
        status = head.split(b" ", 2)[1:2]
        if rest or status != [b"200"]:
            said = status[0].decode("ascii", "replace")[:3] if status else "nothing"
            raise _Bad(502, f"this machine's own proxy answered {said}")
    except BaseException:
        server.close()
        raise
    return server
