"""Carries DNS questions out of a sandbox's network namespace, beside the relay.

Runs by itself in the carrier, in a base image, with the standard library only and no rights. A
datagram to ``127.0.0.1:53`` goes, framed as in DNS over TCP (RFC 1035, 4.2.2), to the Unix socket
that it is given, and the answer back; one too long for a datagram is cut as RFC 2181, 9, asks, and
the client then comes over TCP, which the relay carries.

Bounds: ``MAX_QUESTIONS`` at once (others are dropped, and asked again), ``PATIENCE`` seconds each.
"""

from __future__ import annotations

import argparse
import contextlib
import selectors
import socket
import sys
import time

HOST = "127.0.0.1"
PORT = 53
MAX_QUESTIONS = 128
PATIENCE = 15.0
PLAIN_BYTES = 512  # RFC 1035, 4.2.1
EDNS_BYTES = 1232  # what a client with EDNS takes, as DNS Flag Day 2020 recommends


class Question:
    """One question under way."""

    __slots__ = ("answer", "asked", "client", "until")

    def __init__(self, asked: bytes, client: tuple[str, int]) -> None:
        self.asked = asked
        self.client = client
        self.answer = bytearray()
        self.until = time.monotonic() + PATIENCE


class Names:
    """Answers datagrams from the Unix socket ``target``, in one thread."""

    def __init__(self, listener: socket.socket, target: str) -> None:
        self.listener = listener
        self.target = target
        self.selector = selectors.DefaultSelector()
        self.open: dict[socket.socket, Question] = {}
        listener.setblocking(False)
        self.selector.register(listener, selectors.EVENT_READ)

    def run(self) -> None:
        """Answer for ever."""
        while True:
            for key, _ in self.selector.select(1.0 if self.open else None):
                if key.data is None:
                    self._ask()
                else:
                    self._read(key.data)
            now = time.monotonic()
            for server in [s for s, question in self.open.items() if question.until < now]:
                self._close(server)

    def _ask(self) -> None:
        try:
            asked, client = self.listener.recvfrom(4096)
        except OSError:
            return
        if len(asked) < 12 or len(self.open) >= MAX_QUESTIONS:
            return
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.setblocking(False)
        try:
            server.connect(self.target)
            server.send(len(asked).to_bytes(2, "big") + asked)
        except OSError:
            server.close()
            return
        self.open[server] = Question(asked, client)
        self.selector.register(server, selectors.EVENT_READ, server)

    def _read(self, server: socket.socket) -> None:
        question = self.open[server]
        try:
            data = server.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        question.answer += data
        whole = bytes(question.answer)
        length = int.from_bytes(whole[:2], "big") if len(whole) >= 2 else 65536
        if len(whole) >= 2 + length:
            with contextlib.suppress(OSError):
                self.listener.sendto(
                    fitting(question.asked, whole[2 : 2 + length]), question.client
                )
            self._close(server)
        elif not data:
            self._close(server)

    def _close(self, server: socket.socket) -> None:
        self.selector.unregister(server)
        del self.open[server]
        server.close()


def fitting(asked: bytes, answer: bytes) -> bytes:
    """Return ``answer``, or only its head and question, marked as cut, when it is too long."""
    additional = int.from_bytes(asked[10:12], "big")  # where EDNS stands (RFC 6891)
    if len(answer) <= (EDNS_BYTES if additional else PLAIN_BYTES):
        return answer
    end = 12
    while end < len(asked) and asked[end]:
        end += 1 + asked[end]
    head = answer[:2] + bytes([answer[2] | 0x02]) + answer[3:4] + b"\0\1\0\0\0\0\0\0"
    return head + asked[12 : end + 5]


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="carry DNS questions out to regreen")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("socket")
    options = parser.parse_args()
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((HOST, options.port))
    sys.stdout.write("names carried\n")
    sys.stdout.flush()
    Names(listener, options.socket).run()


if __name__ == "__main__":
    main()
