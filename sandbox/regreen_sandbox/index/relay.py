"""The container's main process: carries connections out to regreen, and reaps what dies.

Runs by itself inside the sandbox (standard library only, Python 3.6 or later), as process 1 and as
an ordinary user. It listens on ``127.0.0.1:3141`` and copies every connection to the Unix socket
that the index proxy serves on, both ways and with half-close; ``--no-index`` leaves that out, and
each ``--also PORT=SOCKET`` does the same for another port. Once it is ready it writes the ready
file and prints one line; it ends at SIGTERM.

Bounds: ``MAX_CONNECTIONS`` at once (further ones wait in the kernel's queue) and ``BUFFER`` bytes
on the way in each direction.
"""

import argparse
import contextlib
import errno
import os
import selectors
import signal
import socket
import sys
from collections import deque

HOST = "127.0.0.1"
PORT = 3141
SOCKET = "/run/regreen/index.sock"
READY_FILE = "/tmp/.regreen-ready"
MAX_CONNECTIONS = 480
BUFFER = 128 * 1024
RETRY_SECONDS = 0.05
UNREACHABLE = b"regreen: the package index proxy is not running\n"  # or whatever else is there
BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(UNREACHABLE), UNREACHABLE)
)


class End:
    """One socket of a pair: ``pending`` waits to be written to it."""

    __slots__ = ("closed_for_writing", "interest", "pending", "read_all", "sock")

    def __init__(self, sock):
        # type: (socket.socket) -> None
        self.sock = sock
        self.pending = bytearray()
        self.read_all = False
        self.closed_for_writing = False
        self.interest = 0


class Relay:
    """Copies between TCP clients and Unix sockets in one thread.

    ``doors`` are listening sockets, each with the path of the Unix socket behind it.
    """

    def __init__(self, doors):
        # type: (list[tuple[socket.socket, str]]) -> None
        self.doors = doors
        self.selector = selectors.DefaultSelector()
        self.peers = {}  # type: dict[End, End]
        self.waiting = deque()  # type: deque[tuple[socket.socket, str]]
        self.listening = False
        for listener, _ in doors:
            listener.setblocking(False)

    def run(self):
        # type: () -> None
        """Copy for ever."""
        while True:
            self._listen(len(self.peers) // 2 + len(self.waiting) < MAX_CONNECTIONS)
            events = self.selector.select(RETRY_SECONDS if self.waiting else None)
            for key, mask in events:
                if isinstance(key.data, tuple):
                    self._accept(*key.data)
                elif key.data in self.peers:
                    self._move(key.data, mask)
            for _ in range(len(self.waiting)):
                self._connect(*self.waiting.popleft())

    def _listen(self, wanted):
        # type: (bool) -> None
        if wanted != self.listening:
            for listener, target in self.doors:
                if wanted:
                    self.selector.register(listener, selectors.EVENT_READ, (listener, target))
                else:
                    self.selector.unregister(listener)
        self.listening = wanted

    def _accept(self, listener, target):
        # type: (socket.socket, str) -> None
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connect(client, target)

    def _connect(self, client, target):
        # type: (socket.socket, str) -> None
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.setblocking(False)
        try:
            server.connect(target)
        except OSError as error:
            server.close()
            if error.errno == errno.EAGAIN:  # the proxy's queue is full
                self.waiting.append((client, target))
            else:
                _refuse(client)
            return
        one, other = End(client), End(server)
        self.peers[one], self.peers[other] = other, one
        self._watch(one)
        self._watch(other)

    def _move(self, end, mask):
        # type: (End, int) -> None
        peer = self.peers[end]
        try:
            if mask & selectors.EVENT_READ:
                _fill(end, peer)
            for target in (peer, end):
                _flush(target, self.peers[target])
        except OSError:
            self._drop(end)
            return
        if end.closed_for_writing and peer.closed_for_writing:
            self._drop(end)
            return
        self._watch(end)
        self._watch(peer)

    def _watch(self, end):
        # type: (End) -> None
        peer = self.peers[end]
        interest = 0
        if not end.read_all and len(peer.pending) < BUFFER:
            interest |= selectors.EVENT_READ
        if end.pending:
            interest |= selectors.EVENT_WRITE
        if interest == end.interest:
            return
        if not end.interest:
            self.selector.register(end.sock, interest, end)
        elif not interest:
            self.selector.unregister(end.sock)
        else:
            self.selector.modify(end.sock, interest, end)
        end.interest = interest

    def _drop(self, end):
        # type: (End) -> None
        for gone in (end, self.peers[end]):
            if gone.interest:
                self.selector.unregister(gone.sock)
            del self.peers[gone]
            gone.sock.close()


def _fill(source, target):
    # type: (End, End) -> None
    try:
        data = source.sock.recv(BUFFER)
    except BlockingIOError:
        return
    if data:
        target.pending += data
    else:
        source.read_all = True


def _flush(target, source):
    # type: (End, End) -> None
    if target.pending:
        try:
            sent = target.sock.send(target.pending)
        except BlockingIOError:
            return
        del target.pending[:sent]
    if source.read_all and not target.pending and not target.closed_for_writing:
        target.closed_for_writing = True
        target.sock.shutdown(socket.SHUT_WR)


def _refuse(client):
    # type: (socket.socket) -> None
    with contextlib.suppress(OSError):
        client.recv(65536)  # closing with unread data would reset the answer away
    with contextlib.suppress(OSError):
        client.send(BAD_GATEWAY)
    client.close()


def _ready(path):
    # type: (str) -> None
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
    os.close(descriptor)
    sys.stdout.write("regreen relay ready\n")
    sys.stdout.flush()


def _door(port, target):
    # type: (int, str) -> tuple[socket.socket, str]
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(1024)
    return listener, target


def main(arguments=None):
    # type: (list[str] | None) -> None
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(description="carry connections out to regreen")
    parser.add_argument("--no-index", action="store_true", help="leave out the package index")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--socket", default=SOCKET)
    parser.add_argument("--also", action="append", default=[], metavar="PORT=SOCKET")
    parser.add_argument("--ready-file", default=READY_FILE)
    options = parser.parse_args(arguments)
    for ending in (signal.SIGTERM, signal.SIGINT):
        # Process 1 only gets signals that it handles.
        signal.signal(ending, lambda *_: os._exit(0))
    # With SIGCHLD ignored the kernel reaps every orphan that is handed to this process.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    doors = [] if options.no_index else [_door(options.port, options.socket)]
    for also in options.also:
        port, _, path = also.partition("=")
        doors.append(_door(int(port), path))
    _ready(options.ready_file)
    if doors:
        Relay(doors).run()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
