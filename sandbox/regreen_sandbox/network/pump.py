"""Copies between two sockets, both ways and with half-close, holding little of it."""

from __future__ import annotations

import select
import socket
import ssl

BLOCK = 64 * 1024
IDLE_SECONDS = 300.0


class _Direction:
    """What goes from one socket to the other."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source = source
        self.target = target
        self.held = b""
        self.ended = False
        self.done = False

    @property
    def reads(self) -> bool:
        return not self.ended and not self.held

    def read(self) -> None:
        try:
            self.held = self.source.recv(BLOCK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        self.ended = not self.held

    def write(self) -> None:
        if self.held:
            try:
                sent = self.target.send(self.held)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            self.held = self.held[sent:]
        if self.ended and not self.held and not self.done:
            self.done = True
            self.target.shutdown(socket.SHUT_WR)


def pump(one: socket.socket, other: socket.socket, idle: float = IDLE_SECONDS) -> None:
    """Copy until both have ended, one breaks off, or nothing moved for ``idle`` seconds."""
    ways = (_Direction(one, other), _Direction(other, one))
    for end in (one, other):
        end.setblocking(False)
    try:
        while not all(way.done for way in ways):
            readers = [way.source for way in ways if way.reads]
            writers = [way.target for way in ways if way.held]
            pending = any(isinstance(s, ssl.SSLSocket) and s.pending() for s in readers)
            ready = select.poll()
            for end in (one, other):
                mask = (end in readers) * select.POLLIN | (end in writers) * select.POLLOUT
                if mask:
                    ready.register(end, mask)
            if not ready.poll(0 if pending else idle * 1000) and not pending:
                return
            for way in ways:
                if way.reads:
                    way.read()
                way.write()
    except OSError:
        return
