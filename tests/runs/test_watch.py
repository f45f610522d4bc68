"""The time that a server has ends its connections, whenever they were opened."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from regreen.runs.watch import TooSlow, Watch


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.settimeout(5)
    with near, far:
        yield near, far


def test_a_connection_is_shut_down_when_the_time_ends(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    watch, received = Watch(0.05), []
    watch.add(pair[0])
    with pytest.raises(TooSlow), watch.head():
        received.append(pair[0].recv(1))
    assert received == [b""]


def test_a_connection_that_is_opened_after_the_end_is_shut_down_too(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    watch, received = Watch(0.01), []

    def opened_late() -> None:
        with watch.head():
            time.sleep(0.2)
            watch.add(pair[0])
            received.append(pair[0].recv(1))

    with pytest.raises(TooSlow):
        opened_late()
    assert received == [b""]


def test_the_next_answer_has_its_own_time(pair: tuple[socket.socket, socket.socket]) -> None:
    watch = Watch(0.1)
    with pytest.raises(TooSlow), watch.head():
        time.sleep(0.3)
    with watch.head():
        watch.add(pair[0])
        pair[1].send(b"x")
        assert pair[0].recv(1) == b"x"
