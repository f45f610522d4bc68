"""DNS under the policy ``on``: what is asked, answered, cut and not told."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen_sandbox.network import names, resolver
from regreen_sandbox.network.addresses import Reach
from regreen_sandbox.network.resolver import ResolverServer, addresses, nameservers
from tests.sandbox.network_support import NameServer, ask

MANY = [f"93.184.215.{n}" for n in range(1, 100)]
KNOWN = {
    "public.test": ["93.184.215.14"],
    "private.test": ["10.0.0.1"],
    "mixed.test": ["93.184.215.14", "192.168.0.1"],
    "many.test": MANY,
}


@contextmanager
def _resolver(tmp_path: Path) -> Iterator[ResolverServer]:
    with NameServer(KNOWN).running() as dns, chdir(tmp_path):
        server = ResolverServer(Path("n.sock"), Reach(), lambda: [("127.0.0.1", 1), dns])
        with server.serving():
            yield server


def _asked(question: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect("n.sock")
        client.sendall(len(question).to_bytes(2, "big") + question)
        size = int.from_bytes(client.recv(2), "big")
        answer = b""
        while len(answer) < size and (piece := client.recv(size - len(answer))):
            answer += piece
    return answer


def _of_kind(question: bytes, kind: int) -> bytes:
    return question[:-4] + kind.to_bytes(2, "big") + question[-2:]


def _code(answer: bytes) -> int:
    return answer[3] & 0x0F


def test_public_names_are_answered_by_the_server_that_answers(tmp_path: Path) -> None:
    with _resolver(tmp_path):
        answer = _asked(ask("public.test"))
        assert list(addresses(answer)) == [ip_address("93.184.215.14")]
        assert answer[:2] == b"\x12\x34"
        assert len(list(addresses(_asked(ask("many.test"))))) == len(MANY)  # over TCP
        assert _code(_asked(ask("nobody.test"))) == 3


@pytest.mark.parametrize("name", ["private.test", "mixed.test"])
def test_what_lies_in_this_machines_own_network_is_not_told(name: str, tmp_path: Path) -> None:
    with _resolver(tmp_path):
        answer = _asked(ask(name))
    assert _code(answer) == 3
    assert list(addresses(answer)) == []
    assert answer[12:] == ask(name)[12:]


def test_without_a_server_that_answers_the_client_is_told_at_once(tmp_path: Path) -> None:
    with chdir(tmp_path):
        server = ResolverServer(Path("n.sock"), Reach(), lambda: [("127.0.0.1", 1)])
        with server.serving():
            assert _code(_asked(ask("public.test"))) == 2


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\5hello", b"\xff\xff", b"\0\x0c" + b"\xff" * 12])
def test_what_is_no_question_harms_nobody(data: bytes, tmp_path: Path) -> None:
    with _resolver(tmp_path) as server:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect("n.sock")
            client.sendall(data)
            with suppress(ConnectionResetError):
                client.shutdown(socket.SHUT_WR)
                client.recv(100)
        assert _asked(ask("public.test"))
        assert server.notes == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    try:
        list(addresses(data))
    except ValueError:
        return


def test_a_datagram_is_carried_and_a_long_answer_cut(tmp_path: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _resolver(tmp_path), socket.socket(type=socket.SOCK_DGRAM) as client:
        command = [sys.executable, "-I", names.__file__, "--port", str(port), "n.sock"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as carrier:
            try:
                assert carrier.stdout is not None
                assert carrier.stdout.readline() == b"names carried\n"
                client.settimeout(20)
                client.connect(("127.0.0.1", port))
                client.send(ask("public.test"))
                assert list(addresses(client.recv(2000))) == [ip_address("93.184.215.14")]
                client.send(ask("many.test"))
                cut = client.recv(2000)
                client.send(b"short")  # dropped
                client.send(ask("public.test"))
                assert client.recv(2000)
            finally:
                carrier.kill()
    assert cut[2] & 0x02
    assert cut[12:] == ask("many.test")[12:]
    assert len(cut) < 50


def test_edns_allows_longer_answers() -> None:
    edns = b"\0" + struct.pack("!HHIH", 41, 4096, 0, 0)
    long = ask("many.test") + b"x" * 800
    assert names.fitting(ask("many.test", extra=edns), long) == long
    assert names.fitting(ask("many.test"), long) != long


def test_the_hosts_nameservers_are_read_as_resolv_conf_says(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text("# x\nsearch a b\nnameserver 192.0.2.1\nnameserver fd00::1\nnameserver\n")
    assert nameservers(conf) == [("192.0.2.1", 53), ("fd00::1", 53)]
    assert nameservers(tmp_path / "none") == [("127.0.0.1", 53)]
    assert resolver.QUESTION_BYTES >= 512


def test_names_of_addresses_are_not_told(tmp_path: Path) -> None:
    with _resolver(tmp_path):
        question = ask("public.test")
        assert _code(_asked(ask("public.test", 1))) == 0
        assert _code(_asked(_of_kind(question, 12))) != 0
