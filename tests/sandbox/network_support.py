"""A world around the sandboxes, in network namespaces of this machine, and what attacks them."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from regreen_sandbox.network.addresses import Reach, own_addresses
from regreen_sandbox.network.connection import Surroundings
from regreen_sandbox.network.resolver import Server

PUBLIC = IPv4Network("198.51.100.0/24")  # stands for the internet: nobody has it (RFC 5737)
METADATA = "169.254.169.254"
AZURE = "168.63.129.16"
SHARED = "100.100.100.200"
HELLO = b"hello from outside\n"

# Serves the folder that it is given on TCP port 80.
_SERVER = """
import functools, http.server, sys
class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass
files = functools.partial(Files, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("0.0.0.0", 80), files)
print("ready", flush=True)
server.serve_forever()
"""

# Tries one TCP address in every way that needs no rights, two seconds; prints those that connect.
ATTACK = """
import select, socket, sys
host, port = sys.argv[1], int(sys.argv[2])
bound, direct = (socket.SOL_SOCKET, 25, b"eth0"), (socket.SOL_SOCKET, 5, 1)
index = socket.if_nametoindex("eth0").to_bytes(4, "big")
numbered, foreign = (socket.IPPROTO_IP, 50, index), (socket.IPPROTO_IP, 15, 1)
tried = []
for options in [], [bound], [direct], [bound, direct], [numbered], [numbered, direct], [foreign]:
    sock = socket.socket()
    sock.setblocking(False)
    try:
        for option in options:
            sock.setsockopt(*option)
        if foreign in options:
            sock.bind(("8.8.8.8", 0))
        tried.append((sock, options))
        sock.connect((host, port))
    except OSError:
        pass
_, done, _ = select.select([], [sock for sock, _ in tried], [], 2)
select.select([], [], [], 0.3 if done else 0)
for sock, options in tried:
    try:
        print("reached", sock.getpeername(), options)
    except OSError:
        pass
"""


@dataclass(frozen=True)
class Outside:
    """Addresses at which the files are served on port 80; the host itself can fetch it from all."""

    public: str
    private: str

    @property
    def hidden(self) -> tuple[str, ...]:
        return (self.private, METADATA, AZURE, SHARED)


def ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=True, timeout=20)


@contextlib.contextmanager
def outside(root: Path) -> Iterator[Outside]:
    """A namespace behind this host, as a router's other side would be, that serves ``root``."""
    (root / "index.html").write_bytes(HELLO)
    _sweep()
    number = os.getpid()
    name, near, far = f"regreen-{number}", f"rgn{number}", f"rgf{number}"
    world = Outside(f"198.51.100.{number % 200 + 20}", f"10.211.{number % 250}.7")
    gateway = "192.0.0.9"
    try:
        ip("netns", "add", name)
        ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        ip("address", "add", f"{gateway}/32", "dev", near)
        ip("link", "set", near, "up")
        ip("-n", name, "link", "set", far, "up")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "route", "add", "default", "via", gateway, "dev", far, "onlink")
        for address in (world.public, *world.hidden):
            ip("-n", name, "address", "add", f"{address}/32", "dev", far)
            # Another run of these tests may have the same one, at another metric.
            ip("route", "add", f"{address}/32", "dev", near, "metric", str(number))
        with _process(["ip", "netns", "exec", name, sys.executable, "-c", _SERVER, str(root)]):
            yield world
    finally:
        ip("netns", "delete", name, check=False)  # the pair of interfaces goes with it
        ip("link", "delete", near, check=False)


def _sweep() -> None:
    """Delete the namespaces of test runs that were killed."""
    for path in Path("/run/netns").glob("regreen-*"):
        number = path.name.rpartition("-")[2]
        if not Path("/proc", number).exists():
            ip("netns", "delete", path.name, check=False)
            ip("link", "delete", f"rgn{number}", check=False)


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


def surroundings(dns: Server | None = None) -> Surroundings:
    """This machine's own, with ``PUBLIC`` opened and without its proxies."""
    reach = Reach(frozenset(own_addresses()), (PUBLIC,))
    return Surroundings(reach, {}, lambda: [dns] if dns else [])


def fetched(address: str, port: int = 80) -> bool:
    """Whether the host itself can fetch the page there."""
    with contextlib.suppress(OSError), socket.create_connection((address, port), 5) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return bool(client.recv(10))
    return False


def own_v4() -> list[str]:
    """This host's own addresses, the bridge's too, save loopback's."""
    shown = subprocess.run(["ip", "-o", "-4", "address"], check=True, capture_output=True).stdout
    found = [line.split()[3].decode().partition("/")[0] for line in shown.splitlines()]
    return [address for address in found if not address.startswith("127.")]


@contextlib.contextmanager
def listening_host() -> Iterator[tuple[int, list[bytes]]]:
    """A TCP and UDP service on all of the host's addresses: its port, and the datagrams it got."""
    got: list[bytes] = []
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        stream.bind(("0.0.0.0", 0))
        stream.listen(64)
        port = stream.getsockname()[1]
        datagrams.bind(("0.0.0.0", port))

        def receive() -> None:
            with contextlib.suppress(OSError):
                while data := datagrams.recv(100):
                    got.append(data)

        thread = threading.Thread(target=receive)
        thread.start()
        try:
            yield port, got
        finally:
            with socket.socket(type=socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", port))
            thread.join(5)


class _Answers(socketserver.BaseRequestHandler):
    """Answers from the server's ``names``; over UDP, ``long.test`` is cut."""

    def handle(self) -> None:
        if isinstance(self.request, tuple):
            question, sock = self.request
            sock.sendto(self._answer(question, cut=True), self.client_address)
            return
        size = int.from_bytes(self.request.recv(2), "big")
        answer = self._answer(self.request.recv(size), cut=False)
        self.request.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, question: bytes, *, cut: bool) -> bytes:
        answer: Callable[..., bytes] = getattr(self.server, "answer")  # noqa: B009
        return answer(question, cut=cut)


class NameServer:
    """A DNS server on UDP and TCP of one port of the host's loopback."""

    def __init__(self, names: Mapping[str, list[str]]) -> None:
        self.names = names
        self.asked: list[str] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answers) as stream:
            stream.daemon_threads = True
            port = stream.server_address[1]
            with socketserver.ThreadingUDPServer(("127.0.0.1", port), _Answers) as datagrams:
                datagrams.daemon_threads = True
                servers: tuple[socketserver.BaseServer, ...] = (stream, datagrams)
                threads = []
                for server in servers:
                    setattr(server, "answer", self.answer)  # noqa: B010
                    threads.append(threading.Thread(target=server.serve_forever, args=(0.05,)))
                    threads[-1].start()
                try:
                    yield "127.0.0.1", port
                finally:
                    for server, thread in zip(servers, threads, strict=True):
                        server.shutdown()
                        thread.join()

    def answer(self, question: bytes, *, cut: bool) -> bytes:
        labels, at = [], 12
        while length := question[at]:
            labels.append(question[at + 1 : at + 1 + length].decode().lower())
            at += 1 + length
        name = ".".join(labels)
        self.asked.append(name)
        kind = int.from_bytes(question[at + 1 : at + 3], "big")
        found = self.names.get(name, []) if kind == 1 else []
        code = 0 if name in self.names else 3
        flags = 0x8180 | code
        if cut and len(found) > 20:
            flags, found = flags | 0x0200, []
        records = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(a) for a in found
        )
        head = question[:2] + struct.pack("!5H", flags, 1, len(found), 0, 0)
        return head + question[12 : at + 5] + records


def ask(name: str, kind: int = 1, extra: bytes = b"") -> bytes:
    """A DNS question, with recursion desired."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    counts = struct.pack("!4H", 1, 0, 0, 1 if extra else 0)
    return b"\x12\x34\x01\x00" + counts + labels + b"\0" + struct.pack("!HH", kind, 1) + extra


def eventually(what: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until ``what`` is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)
