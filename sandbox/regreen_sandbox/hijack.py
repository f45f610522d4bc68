"""A command's terminal as one connection to the engine, in both directions.

`wire` reads answers as plain HTTP; a terminal is also written to, over TLS as well, and the bytes
that come together with the answer's head must not be lost. So this speaks the few lines of HTTP
itself, over a connection of its own (Docker Engine API, "Attach to a container": after the answer's
head, 101 or 200, the connection is the raw stream).
"""

from __future__ import annotations

import json
import socket
import ssl
from urllib.parse import SplitResult, urlsplit

import docker.errors
from docker.tls import TLSConfig
from docker.utils import kwargs_from_env, parse_host

from regreen_sandbox.engine import CONNECT_SECONDS, Engine
from regreen_sandbox.errors import EngineRefused, SandboxError

_HEAD_BYTES = 1 << 16


def open_terminal(engine: Engine, identity: str) -> tuple[socket.socket, bytes]:
    """Start the created command ``identity`` on a terminal; return the connection and first bytes.

    The engine is found as `engine.connect` finds it: ``DOCKER_HOST`` and its relatives, else the
    usual socket. The connection has a time-out of 10 seconds until the caller sets another.
    Raises `SandboxError` when the engine does not answer, or refuses.
    """
    with engine.guard("opening a terminal in a container"):
        given = kwargs_from_env()
        tls: TLSConfig | None = given.get("tls")
        address = urlsplit(str(parse_host(given.get("base_url"), tls=tls is not None)))
        try:
            wire = _dialled(address, tls)
        except OSError as error:
            raise ConnectionError(*error.args) from error
        try:
            wire.sendall(_request(address, f"/v{engine.client.api.api_version}", identity))
            return wire, _beyond_head(wire)
        except TimeoutError as error:
            wire.close()
            raise docker.errors.DockerException("no answer") from error
        except BaseException:
            wire.close()
            raise


def _dialled(address: SplitResult, tls: TLSConfig | None) -> socket.socket:
    if address.scheme == "http+unix":
        unix = socket.socket(socket.AF_UNIX)
        unix.settimeout(CONNECT_SECONDS)
        try:
            unix.connect(f"/{address.path.lstrip('/')}")
        except BaseException:
            unix.close()
            raise
        return unix
    if address.scheme not in {"http", "https"} or address.hostname is None:
        raise SandboxError(
            f"a terminal cannot be opened over {address.scheme}://",
            next_step="set DOCKER_HOST to a unix:// or tcp:// address",
        )
    plain = socket.create_connection((address.hostname, address.port or 2375), CONNECT_SECONDS)
    if address.scheme == "http":
        return plain
    return _context(tls).wrap_socket(plain, server_hostname=address.hostname)


def _context(tls: TLSConfig | None) -> ssl.SSLContext:
    """What the client library makes of ``DOCKER_CERT_PATH`` and ``DOCKER_TLS_VERIFY``."""
    context = ssl.create_default_context(cafile=(tls.ca_cert or None) if tls else None)
    if tls is not None and tls.cert:
        context.load_cert_chain(*tls.cert)
    if tls is not None and tls.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _request(address: SplitResult, version: str, identity: str) -> bytes:
    body = json.dumps({"Detach": False, "Tty": True}).encode()
    prefix = address.path.rstrip("/") if address.scheme != "http+unix" else ""
    lines = (
        f"POST {prefix}{version}/exec/{identity}/start HTTP/1.1",
        f"Host: {address.hostname or 'localhost'}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: Upgrade",
        "Upgrade: tcp",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii") + body


def _beyond_head(wire: socket.socket) -> bytes:
    """Read the answer's head and return what came behind it."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = wire.recv(_HEAD_BYTES)
        if not piece or len(got) > _HEAD_BYTES:
            raise docker.errors.DockerException("the answer has no end")
        got += piece
    head, _, rest = got.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status not in ([b"101"], [b"200"]):
        said = rest.decode(errors="replace").strip()[:500]
        raise EngineRefused(f"the engine refused to open a terminal in the container: {said}")
    return rest
