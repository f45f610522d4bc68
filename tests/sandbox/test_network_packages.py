"""The policies ``packages`` and ``off``: the index, the named hosts, and nothing besides."""

from __future__ import annotations

import http.server
import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest

from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.network import Access, Network, Policy
from regreen_sandbox.network.addresses import Reach
from regreen_sandbox.network.connection import Surroundings
from regreen_sandbox.network.wiring import Connection
from tests.repositories import git
from tests.sandbox.index_support import wheel
from tests.sandbox.network_support import HELLO, Outside, outside, own_v4, surroundings
from tests.sandbox.sandbox_support import shell

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces are root's to make"),
]
Sh = Callable[[str], ExecResult]
FETCH_INDEX = "curl -sS -m 10 http://127.0.0.1:3141/simple/"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    root = tmp_path_factory.mktemp("outside")
    git(root, "init", "-q", "work")
    git(root / "work", "commit", "-q", "--allow-empty", "-m", "far away")
    git(root, "clone", "-q", "--bare", "work", "repo.git")
    git(root / "repo.git", "update-server-info")
    (root / "simple/far").mkdir(parents=True)
    (root / "simple/far/far-1-py3-none-any.whl").write_bytes(wheel("far", "1"))
    with outside(root) as made:
        yield made


class _Index(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the index\n")

    def address_string(self) -> str:
        return "sandbox"

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("index") / "index.sock"
    path.parent.chmod(0o755)
    with _Server(str(path), _Index) as server:
        path.chmod(0o666)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def network(engine: Engine, base_image: str, index: Path, world: Outside) -> Iterator[Network]:
    access = Access(Policy.PACKAGES, (world.public, world.private))
    with Network(
        engine,
        access,
        index,
        owner=Owner.current(),
        carrier_image=base_image,
        surroundings=surroundings(),
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def sandbox(engine: Engine, base_image: str, network: Network) -> Iterator[Sandbox]:
    with start(
        engine, base_image, limits=Limits(), owner=Owner.current(), network=network
    ) as started:
        yield started


@pytest.fixture
def sh(sandbox: Sandbox) -> Sh:
    return lambda script: shell(sandbox, script)


def test_a_named_host_is_reached_with_curl_and_git(sh: Sh, world: Outside) -> None:
    assert sh(f"curl -sS -m 10 http://{world.public}/").output == HELLO
    assert sh(f"curl -sS -m 10 -p http://{world.public}/").output == HELLO  # a tunnel
    cloned = sh(f"git clone -q http://{world.public}/repo.git far && git -C far log --format=%s")
    assert cloned.output == b"far away\n"


def test_pip_takes_a_named_hosts_files_and_the_index_without_the_proxy(
    sh: Sh, world: Outside
) -> None:
    there = f"--index-url http://{world.public}/simple/ --trusted-host {world.public}"
    assert sh(f"pip download --no-deps -d there {there} far").ok
    assert sh("ls there").output == b"far-1-py3-none-any.whl\n"
    assert sh("env | grep -c _PROXY=").output == b"3\n"
    sh("pip download --no-deps --no-cache-dir near")
    assert "/simple/near/" in _Index.asked
    assert sh(FETCH_INDEX).output == b"the index\n"


def test_a_host_that_is_not_named_is_refused_and_noted(sh: Sh, network: Network) -> None:
    said = sh("curl -sS -m 10 http://unnamed.test/")
    assert b'add "unnamed.test" to hosts' in said.output
    assert "unnamed.test:80" in network.refused


def test_a_named_host_at_a_private_address_is_refused(sh: Sh, world: Outside) -> None:
    said = sh(f"curl -sS -m 10 http://{world.private}/").output
    assert b"no setting lets a sandbox reach" in said


def test_nothing_is_reached_without_the_proxy(sh: Sh, world: Outside) -> None:
    for host in (world.public, world.private, *own_v4()):
        result = sh(f"curl --noproxy '*' -sS -m 3 http://{host}/")
        assert result.exit_code == 7, host  # at once: there is no interface but loopback
    assert sh("ls /sys/class/net").output == b"lo\n"


def test_the_sockets_folder_cannot_be_written(sh: Sh) -> None:
    assert not sh("touch /run/regreen-network/x || rm /run/regreen-network/proxy.sock").ok


@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("policy", [Policy.PACKAGES, Policy.OFF])
def test_without_named_hosts_there_is_the_index_at_most(
    engine: Engine, base_image: str, index: Path, policy: Policy, carried: bool
) -> None:
    access = Access(policy, ("example.org",) if policy is Policy.OFF else ())
    owner = Owner.current()
    with Network(engine, access, index, owner=owner, carrier_image=base_image) as network:
        forced = _Forced(network, carried)
        with start(engine, base_image, limits=Limits(), owner=owner, network=forced) as sandbox:
            fetched = shell(sandbox, FETCH_INDEX)
            assert fetched.output.startswith(
                b"the index\n" if policy is Policy.PACKAGES else b"curl: (7)"
            )
            assert shell(sandbox, "ls /sys/class/net").output == b"lo\n"
            assert not shell(sandbox, "env | grep -i _proxy").ok


class _Forced:
    """A connector that takes every image for one that cannot run the relay, if ``carried``."""

    def __init__(self, network: Network, carried: bool) -> None:
        self._network = network
        self._carried = carried

    def connect(self, *, carried: bool) -> Connection:
        return self._network.connect(carried=carried or self._carried)


def test_where_the_host_needs_a_proxy_the_sandbox_gets_one_under_on(
    engine: Engine, base_image: str
) -> None:
    around = Surroundings(Reach(), {"https": "http://proxy.invalid:1"})
    owner = Owner.current()
    with (
        Network(
            engine,
            Access(Policy.ON),
            None,
            owner=owner,
            carrier_image=base_image,
            surroundings=around,
        ) as network,
        closing(network.connect(carried=False)) as connection,
    ):
        environment = connection.wiring.environment
    assert environment["HTTPS_PROXY"] == environment["http_proxy"] == "http://127.0.0.1:3142"
    assert environment["no_proxy"] == environment["NO_PROXY"] == "localhost,127.0.0.1,::1"


def test_an_engine_on_another_machine_gets_no_sockets_and_a_clear_word(
    engine: Engine, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.client.api, "base_url", "http://198.51.100.1:2375")
    owner = Owner.current()
    with Network(engine, Access(), index, owner=owner, carrier_image="") as network:
        with pytest.raises(SandboxError, match="on another machine") as caught:
            network.connect(carried=False)
        assert "--network off" in caught.value.next_step
    with Network(engine, Access(Policy.OFF), index, owner=owner, carrier_image="") as network:
        assert network.connect(carried=False).wiring.network_mode == "none"
