"""Answers the DNS questions of sandboxes under the policy ``on``, through this machine's resolver.

Framed as DNS over TCP (RFC 1035, 4.2.2). An answer with an address that a sandbox may not reach is
not given: such names tell what this machine's own network looks like.
"""

from __future__ import annotations

import socket
import socketserver
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from regreen_sandbox.network.addresses import Address, Reach
from regreen_sandbox.sockets import SandboxServer

QUESTION_BYTES = 4096
IDLE_SECONDS = 30.0
ANSWER_SECONDS = 4.0
_HEAD = struct.Struct("!6H")
_A, _AAAA = 1, 28  # RFC 1035, 3.2.2; RFC 3596, 2.1
_KINDS = frozenset({_A, _AAAA, 2, 5, 15, 16, 33, 64, 65, 257})
"""NS CNAME MX TXT SRV SVCB HTTPS CAA besides addresses (IANA, "DNS Parameters"): what programs ask
for. Not PTR, which would tell the names of private addresses."""
_IN = 1
_SERVFAIL, _NO_SUCH_NAME = 2, 3  # RFC 1035, 4.1.1
_RESPONSE, _OPERATION, _TRUNCATED, _AVAILABLE = 0x8000, 0x7800, 0x0200, 0x0080

Server = tuple[str, int]


class ResolverServer(SandboxServer):
    """Asks ``servers`` in turn, and filters what they say by ``reach``."""

    def __init__(self, path: Path, reach: Reach, servers: Callable[[], Sequence[Server]]) -> None:
        self.reach = reach
        self.servers = servers
        super().__init__(path, _Handler)

    def answer(self, question: bytes) -> bytes:
        """Return the answer to a question: what was found, no such name, or no server answered."""
        for server in self.servers() if _is_question(question) else ():
            with suppress(OSError, ValueError):
                found = ask(server, question)
                if all(map(self.reach.allows, addresses(found))):
                    return found
                return _failure(question, _NO_SUCH_NAME)
        return _failure(question, _SERVFAIL)


class _Handler(socketserver.BaseRequestHandler):
    server: ResolverServer
    request: socket.socket

    def handle(self) -> None:
        """Answer questions until there are no more."""
        self.request.settimeout(IDLE_SECONDS)
        while len(size := _exactly(self.request, 2)) == 2:
            length = int.from_bytes(size, "big")
            if not _HEAD.size <= length <= QUESTION_BYTES:
                return
            question = _exactly(self.request, length)
            if len(question) < length:
                return
            answer = self.server.answer(question)
            self.request.sendall(len(answer).to_bytes(2, "big") + answer)


def nameservers(path: Path = Path("/etc/resolv.conf")) -> Sequence[Server]:
    """Return this machine's nameservers, at most three; see resolv.conf(5)."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.split()[1] for line in lines if line.split()[:1] == ["nameserver"] and line[11:]]
    return [(address, 53) for address in named[:3]] or [("127.0.0.1", 53)]


def ask(server: Server, question: bytes) -> bytes:
    """Ask over UDP, and over TCP when the answer is cut. Raises ``OSError``, ``ValueError``."""
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(ANSWER_SECONDS)
        sock.connect(server)
        sock.send(question)
        answer = sock.recv(65535)
    if len(answer) >= _HEAD.size and _HEAD.unpack_from(answer)[1] & _TRUNCATED:
        with socket.create_connection(server, timeout=ANSWER_SECONDS) as stream:
            stream.sendall(len(question).to_bytes(2, "big") + question)
            answer = _exactly(stream, int.from_bytes(_exactly(stream, 2), "big"))
    if len(answer) < _HEAD.size or answer[:2] != question[:2]:
        raise ValueError("this answers another question")
    return answer


def addresses(message: bytes) -> Iterator[Address]:
    """Yield every address in a message's records. Raises ``ValueError`` when it is malformed."""
    try:
        _, _, questions, *sections = _HEAD.unpack_from(message)
        at = _HEAD.size
        for _ in range(questions):
            at = _past_name(message, at) + 4
        for _ in range(sum(sections)):
            at = _past_name(message, at)
            kind, group, _, length = struct.unpack_from("!HHIH", message, at)
            data = message[at + 10 : at + 10 + length]
            at += 10 + length
            if kind == _A and group == _IN:
                yield IPv4Address(data)
            elif kind == _AAAA and group == _IN:
                yield IPv6Address(data)
    except (struct.error, IndexError) as error:
        raise ValueError("a malformed DNS message") from error


def _past_name(message: bytes, at: int) -> int:
    """Where a name ends: at a zero, or after a pointer (RFC 1035, 4.1.4)."""
    while length := message[at]:
        if length >= 0xC0:
            return at + 2
        at += 1 + length
    return at + 1


def _is_question(message: bytes) -> bool:
    """Whether it asks for one name, for what programs ask for; nothing else is passed on."""
    _, flags, questions, *_ = _HEAD.unpack_from(message)
    with suppress(IndexError):
        at = _past_name(message, _HEAD.size)
        kind = int.from_bytes(message[at : at + 2], "big")
        whole = at + 4 <= len(message) and kind in _KINDS
        return whole and questions == 1 and not flags & (_RESPONSE | _OPERATION)
    return False


def _failure(question: bytes, code: int) -> bytes:
    """Return an answer with a code and nothing but the question."""
    identity, flags, *_ = _HEAD.unpack_from(question)
    end = _HEAD.size
    with suppress(IndexError):
        end = _past_name(question, end) + 4
    said = _RESPONSE | (flags & 0x7900) | _AVAILABLE | code
    return _HEAD.pack(identity, said, 1, 0, 0, 0) + question[_HEAD.size : end]


def _exactly(stream: socket.socket, length: int) -> bytes:
    """Read ``length`` bytes, fewer only at the end of the stream."""
    data = b""
    while len(data) < length and (piece := stream.recv(length - len(data))):
        data += piece
    return data
