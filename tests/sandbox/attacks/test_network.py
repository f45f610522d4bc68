"""Jobs that want to reach this machine or a neighbour, or to wear out what carries connections."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.index import IndexProxy, Upstream
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.network import Access, Network, Policy
from regreen_sandbox.network.addresses import Reach
from regreen_sandbox.network.connection import Surroundings
from regreen_sandbox.network.wiring import IndexOnly
from regreen_sandbox.profiles import Profile
from tests.sandbox.attacks.attack_support import Attacker
from tests.sandbox.network_support import own_v4
from tests.sandbox.sandbox_support import Start, shell

pytestmark = pytest.mark.docker
NAMED = "named.invalid"

# Tries to reach each place; prints those that it reaches.
REACH = """
import socket, sys
for place in sys.argv[1:]:
    kind, _, rest = place.partition("=")
    try:
        if kind == "unix":
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(3)
            sock.connect(rest.replace("@", chr(0)))
        else:
            host, _, port = rest.rpartition(":")
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            sock.settimeout(3)
            sock.connect((host, int(port)))
        print("reached", place)
    except OSError:
        pass
"""
# Opens connections to a port and holds on to them, each after a few bytes.
FILL = """
import os, resource, socket, sys, time
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 3)
    held = []
    for number in range(700):
        for port in map(int, sys.argv[1:]):
            sock = socket.socket()
            sock.settimeout(5)
            try:
                sock.connect(("127.0.0.1", port))
                sock.send([b"GET ", bytes(2000), b"CONNECT a", os.urandom(500)][number % 4])
            except OSError:
                pass
            held.append(sock)
    open("/tmp/filled", "w").close()
    time.sleep(600)
"""
TAKE = """
import socket, sys
for port in map(int, sys.argv[1:]):
    for host in ("127.0.0.1", "0.0.0.0", "::1", "::"):
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            sock.bind((host, port))
            sock.listen()
            if host in ("127.0.0.1", "0.0.0.0"):
                print("took", host, port)
        except OSError:
            pass
"""


@dataclass(frozen=True)
class Wired:
    """A policy's network with two sandboxes in it."""

    network: Network
    attacker: Attacker
    neighbour: Sandbox


@contextmanager
def wired(engine: Engine, image: str, index: Path, policy: Policy) -> Iterator[Wired]:
    owner, access = Owner.current(), Access(policy, (NAMED,))
    around = Surroundings(Reach(), {})
    with ExitStack() as stack:
        network = stack.enter_context(
            Network(engine, access, index, owner=owner, carrier_image=image, surroundings=around)
        )
        both = [
            stack.enter_context(
                start(engine, image, limits=Limits(), owner=owner, network=network, profile=profile)
            )
            for profile in (Profile.ROOT, Profile.RUNNER)
        ]
        yield Wired(network, Attacker(both[0]), both[1])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a package index whose upstream is down."""
    upstream = Upstream("http://127.0.0.1:9/simple/")
    with IndexProxy(upstream, tmp_path_factory.mktemp("index"), None) as proxy:
        yield proxy.socket


@pytest.fixture(scope="module", params=list(Policy))
def net(
    request: pytest.FixtureRequest, engine: Engine, base_image: str, index: Path
) -> Iterator[Wired]:
    policy: Policy = request.param
    if policy is Policy.ON and os.geteuid() != 0:
        pytest.skip("whoever is not root may not see the bridge")
    with wired(engine, base_image, index, policy) as made:
        yield made


@pytest.fixture(scope="module")
def packages(engine: Engine, base_image: str, index: Path) -> Iterator[Wired]:
    with wired(engine, base_image, index, Policy.PACKAGES) as made:
        yield made


@contextmanager
def listening(*sockets: socket.socket) -> Iterator[None]:
    """Accept whatever comes to the sockets."""

    def accept(sock: socket.socket) -> None:
        with suppress(OSError):
            while True:
                sock.accept()[0].close()

    for sock in sockets:
        sock.listen(64)
        threading.Thread(target=accept, args=(sock,), daemon=True).start()
    try:
        yield
    finally:
        for sock in sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def test_this_machine_is_not_reached(net: Wired, tmp_path: Path) -> None:
    """Not its loopback, its addresses, its Unix sockets by path or by abstract name."""
    abstract, path = f"regreen-{os.getpid()}", tmp_path / "socket"
    with (
        closing(socket.socket()) as stream,
        closing(socket.socket(socket.AF_UNIX)) as named,
        closing(socket.socket(socket.AF_UNIX)) as lying,
    ):
        stream.bind(("0.0.0.0", 0))
        named.bind(f"\0{abstract}")
        lying.bind(str(path))
        port = stream.getsockname()[1]
        with listening(stream, named, lying):
            socket.create_connection(("127.0.0.1", port), 5).close()
            places = [f"tcp={host}:{port}" for host in ("127.0.0.1", "0.0.0.0", *own_v4())]
            places += [f"tcp={host}:{port}" for host in ("::1", "::ffff:127.0.0.1")]
            places += ["tcp=169.254.169.254:80", "tcp=fd00:ec2::254:80"]
            places += [f"unix=@{abstract}", f"unix={path}", "unix=/var/run/docker.sock"]
            places += ["unix=/run/containerd/containerd.sock", "tcp=127.0.0.1:2375"]
            assert net.attacker.python(REACH, *places).output == b""


def test_a_neighbour_is_not_reached(net: Wired) -> None:
    program = """
import os, socket
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 3)
    one, other = socket.socket(), socket.socket(socket.AF_UNIX)
    one.bind(("0.0.0.0", 4567))
    other.bind(chr(0) + "neighbour")
    one.listen()
    other.listen()
    open("/tmp/listens", "w").close()
    while True:
        one.accept()
"""
    python = ("/usr/bin/python3", "-c", program)
    assert net.neighbour.run(python, env={}, cwd="/", timeout=10).ok
    _eventually(net.neighbour, "/tmp/listens")
    own = shell(net.neighbour, "hostname -I").output.decode().split()
    places = [f"tcp={host}:4567" for host in ("127.0.0.1", *own)] + ["unix=@neighbour"]
    check = net.neighbour.run(
        ("/usr/bin/python3", "-c", REACH, "tcp=127.0.0.1:4567"), env={}, cwd="/", timeout=10
    )
    assert b"reached" in check.output
    assert net.attacker.python(REACH, *places).output == b""
    assert (
        net.attacker("for p in /proc/*/root; do ls $p/tmp/listens && exit; done; exit 1").exit_code
        != 0
    )


def test_the_hypervisor_is_not_reached(net: Wired) -> None:
    """Sockets of vsock(7) know no network namespaces."""
    program = "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)"
    result = net.attacker.python(program)
    assert b"PermissionError" in result.output


def test_sockets_folders_can_be_neither_written_nor_left(net: Wired) -> None:
    for folder in ("/run/regreen", "/run/regreen-network"):
        script = (
            f"test -d {folder} || exit 1; touch {folder}/x || rm -f {folder}/*.sock || "
            f"mount -o remount,rw {folder} || ls {folder}/../owner.lock"
        )
        assert not net.attacker(script).ok
    seen = net.attacker("ls -A /run/regreen* 2> /dev/null").output.decode()
    assert {w for w in seen.split() if not w.endswith(":")} <= {
        "index.sock",
        "proxy.sock",
        "names.sock",
    }


def test_the_doors_in_the_container_cannot_be_taken(packages: Wired) -> None:
    assert packages.attacker.python(TAKE, "3141", "3142").output == b""


@pytest.mark.timeout(120)
def test_filling_and_garbling_the_doors_harms_nobody_else(
    engine: Engine, base_image: str, packages: Wired
) -> None:
    """The next sandbox is served as soon as the one that fills them is gone."""
    owner, before = Owner.current(), threading.active_count()
    with start(engine, base_image, limits=Limits(), owner=owner, network=packages.network) as flood:
        python = ("/usr/bin/python3", "-c", FILL, "3141", "3142")
        assert flood.run(python, env={}, cwd="/", timeout=60).ok
        _eventually(flood, "/tmp/filled", 60)
        assert threading.active_count() - before < 300
    asked = (
        "curl -sS -m 20 -o /dev/null -w '%{http_code} ' http://127.0.0.1:3141/simple/x/;"
        "curl -sS -m 20 http://other.invalid/"
    )
    said = shell(packages.neighbour, asked, timeout=60).output
    assert b"502" in said or b"404" in said
    assert b'add "other.invalid" to hosts' in said


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n",
        b"CONNECT named.invalid:22 HTTP/1.1\r\n\r\n",
        b"CONNECT named.invalid@169.254.169.254:80 HTTP/1.1\r\n\r\n",
        b"CONNECT [::ffff:127.0.0.1]:80 HTTP/1.1\r\n\r\n",
        b"CONNECT 2130706433:80 HTTP/1.1\r\n\r\n",
        b"GET http://named.invalid@127.0.0.1/ HTTP/1.1\r\nHost: named.invalid\r\n\r\n",
        b"GET http://127.0.0.1\\@named.invalid/ HTTP/1.1\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nHost: named.invalid\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x05\x01\x00",
        b"A" * 40_000,
    ],
)
def test_the_forward_proxy_is_talked_into_nothing(packages: Wired, head: bytes) -> None:
    program = (
        "import socket, sys; s = socket.create_connection(('127.0.0.1', 3142), 5); "
        "s.sendall(bytes.fromhex(sys.stdin.read())); s.shutdown(1); s.settimeout(10);\n"
        "try: print(s.recv(12))\nexcept OSError: print('closed')"
    )
    packages.neighbour.write("/tmp/head", head.hex().encode())
    packages.neighbour.write("/tmp/talk.py", program.encode())
    said = shell(packages.neighbour, "/usr/bin/python3 /tmp/talk.py < /tmp/head").output
    assert any(word in said for word in (b" 400", b" 403", b" 431", b"closed", b"b''")), said


def test_the_index_socket_gives_the_index_and_no_more(start_sandbox: Start, index: Path) -> None:
    """It is no way to addresses: a request for another host is one for a page of the index."""
    sandbox = start_sandbox(network=IndexOnly(index))
    asked = (
        "for p in http://127.0.0.1:3141/ http://127.0.0.1:3141/../../../etc/passwd; do "
        "curl -sS -m 10 --path-as-is -o /dev/null -w '%{http_code}\\n' $p; done;"
        "curl -sS -m 10 -x http://127.0.0.1:3141 -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:9/"
    )
    codes = shell(sandbox, asked).output.split()
    assert len(codes) == 3
    assert b"200" not in codes


def _eventually(sandbox: Sandbox, path: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while sandbox.read(path) is None:
        assert time.monotonic() < deadline, path
        time.sleep(0.1)
