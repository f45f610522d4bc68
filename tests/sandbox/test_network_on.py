"""The policy ``on``: what is public is reached; this machine and all around it never is."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from ipaddress import IPv4Network

import pytest
from docker.models.containers import Container

from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.network import Access, Network, Policy, carrier
from regreen_sandbox.network.addresses import Reach
from regreen_sandbox.profiles import Profile
from tests.sandbox.network_support import (
    ATTACK,
    HELLO,
    NameServer,
    Outside,
    eventually,
    fetched,
    listening_host,
    outside,
    own_v4,
    surroundings,
)
from tests.sandbox.sandbox_support import shell

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces are root's to make"),
]
Sh = Callable[[str], ExecResult]
Attack = Callable[[str, int], str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("outside")) as made:
        yield made


@pytest.fixture(scope="module")
def names(world: Outside) -> NameServer:
    many = [f"198.51.100.{n}" for n in range(1, 120)]
    return NameServer(
        {"public.test": [world.public], "router.test": [world.private], "long.test": many}
    )


@pytest.fixture(scope="module")
def network(engine: Engine, base_image: str, names: NameServer) -> Iterator[Network]:
    with (
        names.running() as dns,
        Network(
            engine,
            Access(Policy.ON),
            None,
            owner=Owner.current(),
            carrier_image=base_image,
            surroundings=surroundings(dns),
        ) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def sandbox(engine: Engine, base_image: str, network: Network) -> Iterator[Sandbox]:
    """One with the rights of ``root``: whoever has fewer reaches no more."""
    with start(
        engine,
        base_image,
        limits=Limits(),
        owner=Owner.current(),
        network=network,
        profile=Profile.ROOT,
    ) as started:
        yield started


@pytest.fixture
def sh(sandbox: Sandbox) -> Sh:
    return lambda script: shell(sandbox, script)


@pytest.fixture
def attack(sandbox: Sandbox) -> Attack:
    def run(host: str, port: int) -> str:
        argv = ["/usr/bin/python3", "-c", ATTACK, host, str(port)]
        result = sandbox.run(argv, env={}, cwd="/", timeout=30)
        assert result.exit_code == 0, result.output
        return result.output.decode()

    return run


def test_a_public_server_is_reached_by_address_and_by_name(sh: Sh, world: Outside) -> None:
    for host in (world.public, "public.test"):
        assert sh(f"curl -sS -m 10 http://{host}/").output == HELLO


def test_the_attack_sees_what_can_be_reached(attack: Attack, world: Outside) -> None:
    assert attack(world.public, 80).count("reached") >= 3


def test_metadata_and_private_addresses_are_not_reached(attack: Attack, world: Outside) -> None:
    for host in world.hidden:
        assert fetched(host), "the test's own server does not answer"
        assert attack(host, 80) == "", host


def test_this_machine_is_not_reached_at_any_of_its_addresses(attack: Attack) -> None:
    addresses = own_v4()
    assert len(addresses) > 1
    with listening_host() as (port, _):
        for host in ("127.0.0.1", *addresses):
            socket.create_connection((host, port), 5).close()
            assert attack(host, port) == "", host


def test_neither_by_broadcast_nor_multicast(sandbox: Sandbox) -> None:
    script = """
import socket, sys
port = int(sys.argv[1])
for host in ("255.255.255.255", sys.argv[2], "224.0.0.1"):
    for device in (b"", b"eth0"):
        sock = socket.socket(type=socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            sock.setsockopt(socket.SOL_SOCKET, 25, device)
            sock.sendto(b"from the sandbox", (host, port))
            print("sent to", host, device)
        except OSError:
            pass
"""
    address = shell(sandbox, "ip -o -4 address show eth0").output.split()
    bridge = IPv4Network(address[3].decode(), strict=False)
    with listening_host() as (port, got):
        argv = ["/usr/bin/python3", "-c", script, str(port), str(bridge.broadcast_address)]
        assert sandbox.run(argv, env={}, cwd="/", timeout=20).output == b""
        with socket.socket(type=socket.SOCK_DGRAM) as own:  # so that what came before is in
            own.sendto(b"mine", ("127.0.0.1", port))
        eventually(lambda: b"mine" in got)
    assert [data for data in got if data] == [b"mine"]


def test_a_neighbour_on_the_bridge_is_not_reached_nor_reaches_in(
    engine: Engine, base_image: str, sandbox: Sandbox, attack: Attack
) -> None:
    neighbour = engine.client.containers.run(
        base_image,
        command=["-m", "http.server", "8000"],
        entrypoint="/usr/bin/python3",
        detach=True,
        labels={**Owner.current().labels(Kind.SANDBOX)},
    )
    try:
        neighbour.reload()
        host = str(neighbour.attrs["NetworkSettings"]["IPAddress"])
        eventually(lambda: fetched(host, 8000))
        assert attack(host, 8000) == ""
        own = shell(sandbox, "ip -o -4 address show eth0").output.split()[3].decode()
        sandbox.run(
            ["/bin/sh", "-c", "python3 -m http.server 8000 >/dev/null 2>&1 &"],
            env={},
            cwd="/",
            timeout=10,
        )
        eventually(lambda: shell(sandbox, "curl -s 127.0.0.1:8000").ok)
        argv = ["/usr/bin/python3", "-c", ATTACK, own.partition("/")[0], "8000"]
        assert neighbour.exec_run(argv).output == b""
        assert _datagrams(sandbox, neighbour, own.partition("/")[0]) == b"own"
    finally:
        neighbour.remove(force=True)


def _datagrams(sandbox: Sandbox, neighbour: Container, address: str) -> bytes:
    """What a listener in the sandbox gets of the neighbour's datagrams and of its own last one."""
    listen = """
import os, socket
sock = socket.socket(type=socket.SOCK_DGRAM)
sock.bind(("0.0.0.0", 8001))
if os.fork() == 0:
    os.closerange(1, 3)
    got = b""
    while not got.endswith(b"own"):
        got += sock.recv(100)
    open("/tmp/got", "wb").write(got)
"""
    send = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'%s', ('%s', 8001))"
    python = ["/usr/bin/python3", "-c"]
    sandbox.run([*python, listen], env={}, cwd="/", timeout=10)
    assert neighbour.exec_run([*python, send % ("theirs", address)]).exit_code == 0
    sandbox.run([*python, send % ("own", "127.0.0.1")], env={}, cwd="/", timeout=10)
    eventually(lambda: sandbox.read("/tmp/got") is not None)
    return sandbox.read("/tmp/got") or b""


def test_there_is_no_ipv6_but_loopback(sandbox: Sandbox) -> None:
    script = """
import socket
for host in ("2001:4860:4860::8888", "fd00:ec2::254", "fe80::1%eth0", "ff02::1%eth0"):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        sock.sendto(b"x", socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0][4])
        print("sent to", host)
    except OSError:
        pass
"""
    argv = ["/usr/bin/python3", "-c", script]
    assert sandbox.run(argv, env={}, cwd="/", timeout=20).output == b""


def test_neither_routes_nor_filter_nor_addresses_can_be_changed(sh: Sh) -> None:
    for script in (
        "ip route add 10.0.0.0/8 dev eth0",
        "ip address add 10.0.0.9/8 dev eth0",
        "ip neighbour add 10.0.0.8 lladdr 02:00:00:00:00:01 dev eth0",
        "/usr/sbin/iptables-nft -F OUTPUT",
        "unshare --net true",
        "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)'",
        "python3 -c 'import socket; socket.socket(2, socket.SOCK_RAW, socket.IPPROTO_RAW)'",
    ):
        assert not sh(script).ok, script


def test_a_name_at_a_private_address_is_no_name(sh: Sh, names: NameServer) -> None:
    assert not sh("getent hosts router.test").ok
    assert "router.test" in names.asked
    assert sh("getent hosts public.test").ok


def test_an_answer_too_long_for_a_datagram_comes_over_tcp(sh: Sh) -> None:
    assert len(sh("getent ahostsv4 long.test | sort -u -k1,1").output.splitlines()) == 119


def test_the_carriers_doors_can_be_neither_taken_nor_ended(sandbox: Sandbox) -> None:
    script = """
import os, socket
for kind, host in ((1, "127.0.0.1"), (1, "0.0.0.0"), (2, "127.0.0.1"), (2, "0.0.0.0")):
    sock = socket.socket(type=kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((host, 53))
        print("took", kind, host)
    except OSError:
        pass
for process in filter(str.isdigit, os.listdir("/proc")):
    try:
        line = open(f"/proc/{process}/cmdline").read()
    except OSError:
        continue
    if "-" + "-also" in line:
        print("sees", process)
"""
    argv = ["/usr/bin/python3", "-c", script]
    result = sandbox.run(argv, env={}, cwd="/", timeout=20)
    assert (result.exit_code, result.output) == (0, b"")


def test_the_carrier_goes_with_the_connection(engine: Engine, network: Network) -> None:
    with closing(network.connect(carried=True)) as connection:
        name = connection.wiring.network_mode.removeprefix("container:")
        status = engine.client.containers.get(name).exec_run(["cat", "/proc/1/status"]).output
        assert isinstance(status, bytes)
        held = [line for line in status.decode().splitlines() if line.startswith("CapEff")]
        assert int(held[0].split()[1], 16) == 0
    assert not engine.client.api.containers(all=True, filters={"name": name})


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"4": "nonsense\n", "6": "nonsense\n"}, "could not be set"),
        ({"4": "*filter\nCOMMIT\n", "6": "*filter\nCOMMIT\n"}, "lets through to 169.254.169.254"),
    ],
)
def test_without_a_fence_there_is_no_network_rather_than_an_open_one(
    engine: Engine,
    network: Network,
    rules: dict[str, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(reach: Reach) -> dict[str, str]:
        return rules

    monkeypatch.setattr(carrier, "rules", wrong)
    mine = {"label": f"regreen.owner={Owner.current()}"}
    before = {c["Id"] for c in engine.client.api.containers(all=True, filters=mine)}
    with pytest.raises(SandboxError, match=words) as caught:
        network.connect(carried=False)
    assert "--network packages" in caught.value.next_step
    assert {c["Id"] for c in engine.client.api.containers(all=True, filters=mine)} == before
