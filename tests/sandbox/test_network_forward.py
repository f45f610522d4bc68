"""The forward proxy: whom it lets through, what it refuses, and how it bears hostile clients."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network, ip_address
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen_sandbox.errors import SandboxError
from regreen_sandbox.network import Access, Policy, forward
from regreen_sandbox.network.addresses import Address, Reach, resolve
from regreen_sandbox.network.forward import ForwardServer
from regreen_sandbox.network.gate import Gate, Refused
from regreen_sandbox.network.pump import pump

OPEN = Reach(opened=(IPv4Network("127.0.0.0/8"),))
Lookup = Callable[[str], tuple[Address, ...]]


def gate(
    *hosts: str,
    policy: Policy = Policy.PACKAGES,
    reach: Reach = OPEN,
    proxy: str = "",
    lookup: Lookup = resolve,
) -> Gate:
    proxies = {"http": proxy, "https": proxy} if proxy else {}
    return Gate(Access(policy, hosts), reach, proxies, lookup)


def at(*addresses: str) -> Lookup:
    return lambda _: tuple(map(ip_address, addresses))


@contextlib.contextmanager
def serving(opened: Gate, tmp_path: Path) -> Iterator[ForwardServer]:
    with contextlib.chdir(tmp_path):  # a socket's path has a bound
        server = ForwardServer(Path("p.sock"), opened)
        with server.serving():
            yield server


def talk(data: bytes) -> bytes:
    """What the proxy in the current folder answers, up to the end."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect("p.sock")
        client.sendall(data)
        received = b""
        while piece := client.recv(65536):
            received += piece
    return received


def test_a_named_host_is_fetched_and_tunnelled_to(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/a", query_string="b=c").respond_with_data("here")
    place = f"localhost:{httpserver.port}"
    plain = f"GET http://{place}/a?b=c HTTP/1.1\r\nHost: x\r\nProxy-Authorization: s\r\n\r\n"
    tunnel = f"CONNECT {place} HTTP/1.1\r\n\r\n"
    inside = f"GET /a?b=c HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n"
    with serving(gate(place), tmp_path):
        assert talk(plain.encode()).endswith(b"here")
        answer = talk((tunnel + inside).encode())
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.")
    assert answer.endswith(b"here")
    seen = httpserver.log[0][0].headers
    assert seen["Host"] == place
    assert "Proxy-Authorization" not in seen


def test_others_are_refused_with_the_setting_that_would_allow_them(tmp_path: Path) -> None:
    with serving(gate("example.org"), tmp_path) as server:
        answer = talk(b"CONNECT api.example.net:443 HTTP/1.1\r\n\r\n")
        talk(b"CONNECT api.example.net:443 HTTP/1.1\r\n\r\n")
        assert server.notes == ("api.example.net:443",)
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b'add "api.example.net" to hosts' in answer


@pytest.mark.parametrize(
    ("pattern", "host", "port", "named"),
    [
        ("example.org", "example.org", 443, True),
        ("Example.org", "EXAMPLE.ORG.", 80, True),
        ("example.org", "example.org", 22, False),
        ("example.org:22", "example.org", 22, True),
        ("example.org:22", "example.org", 443, False),
        ("example.org", "a.example.org", 443, False),
        ("example.org", "badexample.org", 443, False),
        ("*.example.org", "a.b.example.org", 443, True),
        ("*.example.org", "example.org", 443, False),
        ("*.example.org", "badexample.org", 443, False),
    ],
)
def test_what_a_pattern_names(pattern: str, host: str, port: int, named: bool) -> None:
    opened = gate(pattern, reach=Reach(), lookup=at("93.184.215.14"))
    if named:
        assert opened.way(host, port).addresses == (ip_address("93.184.215.14"),)
    else:
        with pytest.raises(Refused, match="not among the hosts"):
            opened.way(host, port)


@pytest.mark.parametrize("host", ["https://example.org", "a b", "", "*", "x:0", "x:99999", "[::1]"])
def test_what_is_no_host_is_said_to_be_none(host: str) -> None:
    with pytest.raises(SandboxError, match="is not a host"):
        Access(Policy.PACKAGES, (host,))


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["10.0.0.1"], ["93.184.215.14", "192.168.1.1"], ["fd00:ec2::254"], ["::1"]],
)
def test_a_named_host_at_an_address_that_is_not_public_is_refused(found: list[str]) -> None:
    with pytest.raises(Refused, match="no setting lets a sandbox reach"):
        gate("example.org", reach=Reach(), lookup=at(*found)).way("example.org", 443)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "0", "::1"])
def test_odd_spellings_of_loopback_do_not_help(host: str) -> None:
    with pytest.raises(Refused):
        gate(policy=Policy.ON, reach=Reach()).way(host, 80)


def test_a_name_is_looked_up_once_and_the_checked_address_connected() -> None:
    answers = [at("127.0.0.1"), at("10.0.0.1")]
    way = gate("rebind.test", lookup=lambda host: answers.pop(0)(host)).way("rebind.test", 80)
    assert way.addresses == (ip_address("127.0.0.1"),)
    assert len(answers) == 1


class _Upstream:
    """A proxy of the host's: notes each head, answers as told, then echoes."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> None:
        self.answer = answer
        self.heads: list[bytes] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self._serve, args=(listener,))
            thread.start()
            yield f"http://user:hunter2@127.0.0.1:{listener.getsockname()[1]}"
            thread.join(10)

    def _serve(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            self.heads.append(client.recv(4096))
            client.sendall(self.answer)
            while data := client.recv(4096):
                client.sendall(data)


@pytest.mark.parametrize(
    ("hosts", "policy", "target"),
    [
        (["example.org"], Policy.PACKAGES, b"example.org:443"),
        ([], Policy.ON, b"93.184.215.14:443"),  # so that the proxy finds no other address
    ],
)
def test_it_goes_on_through_the_hosts_own_proxy(
    hosts: list[str], policy: Policy, target: bytes, tmp_path: Path
) -> None:
    upstream = _Upstream()
    lookup = at("93.184.215.14")
    with upstream.running() as proxy:
        opened = gate(*hosts, policy=policy, reach=Reach(), proxy=proxy, lookup=lookup)
        assert "hunter2" not in repr(opened)
        assert "hunter2" not in repr(opened.way("example.org", 443))
        with serving(opened, tmp_path), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect("p.sock")
            client.sendall(b"CONNECT example.org:443 HTTP/1.1\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
    assert upstream.heads[0].startswith(b"CONNECT %s HTTP/1.1\r\n" % target)
    assert base64.b64encode(b"user:hunter2") in upstream.heads[0]


def test_what_the_hosts_proxy_says_stays_with_the_host(tmp_path: Path) -> None:
    upstream = _Upstream(b"HTTP/1.1 407 secret words\r\nX: secret\r\n\r\n")
    lookup = at("93.184.215.14")
    with upstream.running() as proxy:
        opened = gate("example.org", reach=Reach(), proxy=proxy, lookup=lookup)
        with serving(opened, tmp_path):
            answer = talk(b"CONNECT example.org:443 HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"proxy answered 407" in answer
    assert b"secret" not in answer


def test_with_a_proxy_only_named_hosts_may_be_unknown_here() -> None:
    named = gate("inner.test", proxy="http://127.0.0.1:1", lookup=at())
    assert named.way("inner.test", 443).target == "inner.test:443"
    with pytest.raises(Refused, match="find and check"):
        gate(policy=Policy.ON, proxy="http://127.0.0.1:1", lookup=at()).way("inner.test", 443)


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        b"CONNECT example.org HTTP/1.1\r\n\r\n",
        b"CONNECT example.org:99999 HTTP/1.1\r\n\r\n",
        b"CONNECT [::1 HTTP/1.1\r\n\r\n",
        b"GET ftp://example.org/ HTTP/1.1\r\n\r\n",
        b"GET \xff HTTP/1.1\r\n\r\n",
        b"GET http://exa\x00mple.org/ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_and_ended(head: bytes, tmp_path: Path) -> None:
    with serving(gate("example.org"), tmp_path) as server:
        assert talk(head)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 403")
        assert not [note for note in server.notes if "defect" in note]


def test_a_head_has_a_size_and_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "HEAD_SECONDS", 0.3)
    with serving(gate("example.org"), tmp_path):
        assert talk(b"GET http://example.org/" + b"a" * 40_000).startswith(b"HTTP/1.1 431")
        assert b"took too long" in talk(b"CONNECT exam")


def test_the_pump_ends_what_is_idle_and_keeps_half_closed_ends_going() -> None:
    near, one = socket.socketpair()
    far, other = socket.socketpair()
    with near, one, far, other:
        thread = threading.Thread(target=pump, args=(one, other, 0.5))
        thread.start()
        near.sendall(b"question")
        near.shutdown(socket.SHUT_WR)
        assert far.recv(100) == b"question"
        assert far.recv(100) == b""
        far.sendall(b"answer")
        assert near.recv(100) == b"answer"
        thread.join(10)
        assert not thread.is_alive()
