"""The indexes under their own names in a sandbox: every tool finds them, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer

from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.index import IndexProxy, Names, Others
from regreen_sandbox.index import Upstream as Address
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.network import Access, Network
from tests.sandbox.index_support import Package, Registry, Release, Upstream, wheel
from tests.sandbox.network_support import surroundings
from tests.sandbox.sandbox_support import shell

pytestmark = pytest.mark.docker
AS_OF = datetime(2023, 3, 4, tzinfo=UTC)
OLD, NEW = "2022-01-01T00:00:00Z", "2024-01-01T00:00:00Z"
NAMES = Names(("index.test",), ("files.test",), ("npm.test",))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexProxy]:
    with HTTPServer(threaded=True) as server:
        registry, upstream = Registry(server), Upstream(server)
        registry.packages["is-demo"] = [Package("1.0.0", OLD), Package("2.0.0", NEW)]
        for version, uploaded in (("1.0", OLD), ("2.0", NEW)):
            name = f"demo-{version}-py3-none-any.whl"
            upstream.add("demo", Release(name, wheel("demo", version), uploaded))
        cache = tmp_path_factory.mktemp("cache")
        others = Others(Address(registry.url))
        with IndexProxy(Address(upstream.url), cache, AS_OF, others=others, names=NAMES) as made:
            yield made


@pytest.fixture(scope="module")
def network(engine: Engine, base_image: str, proxy: IndexProxy) -> Iterator[Network]:
    with Network(
        engine,
        Access(hosts=("allowed.test",)),
        proxy.socket,
        owner=Owner.current(),
        carrier_image=base_image,
        front=proxy.front,
        surroundings=surroundings(),
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def sandbox(engine: Engine, base_image: str, network: Network) -> Iterator[Sandbox]:
    with start(
        engine, base_image, limits=Limits(), owner=Owner.current(), network=network
    ) as started:
        yield started


def test_installers_find_the_index_unasked(sandbox: Sandbox) -> None:
    done = shell(
        sandbox,
        "pip install -q --target /tmp/t demo && cat /tmp/t/demo.py && pip config list &&"
        " cd /tmp && npm install --no-audit --registry https://npm.test is-demo >/dev/null &&"
        " cat package-lock.json",
    )
    assert done.exit_code == 0, done.output.decode()
    assert b"version = '1.0'" in done.output
    assert b"index-url='https://index.test/simple'" in done.output
    assert b'"https://npm.test/is-demo/-/is-demo-1.0.0.tgz"' in done.output


def test_nobody_needs_to_heed_the_variables(sandbox: Sandbox) -> None:
    """Neither the list of names that need no proxy, nor the index's address."""
    curl = "curl -sS -o /dev/null -w '%{http_code} ' -m 10"
    done = shell(
        sandbox,
        f"{curl} https://files.test/x/demo-1.0-py3-none-any.whl;"
        f"{curl} --noproxy x https://index.test/simple/demo/;"
        f"{curl} --noproxy x https://elsewhere.test/; true",
    )
    assert done.output.startswith(b"200 200 "), done.output.decode()
    assert b"403" in done.output


def test_other_ports_stay_the_system_s(sandbox: Sandbox) -> None:
    done = shell(sandbox, "python3 -c 'import socket; socket.socket().bind((\"\", 80))'")
    assert b"PermissionError" in done.output


def test_the_names_go_along_with_a_snapshot(sandbox: Sandbox, network: Network) -> None:
    with sandbox.snapshot() as snapshot, snapshot.start() as again:
        done = shell(again, "curl -sS -m 10 https://index.test/pypi/demo/json")
        assert b'"version": "1.0"' in done.output, done.output.decode()


def test_a_carrier_carries_them_too(engine: Engine, base_image: str, network: Network) -> None:
    """As for an image in which the relay cannot run."""
    with network.connect(carried=True) as connected:
        wiring = connected.wiring
        client = engine.client.api
        made = client.create_container(
            base_image,
            ["curl", "-sS", "-m", "10", "https://index.test/pypi/demo/json"],
            environment=dict(wiring.environment),
            labels=Owner.current().labels(Kind.SANDBOX),
            host_config=client.create_host_config(
                network_mode=wiring.network_mode, mounts=list(wiring.mounts)
            ),
        )["Id"]
        try:
            client.start(made)
            client.wait(made, timeout=60)
            assert b'"version": "1.0"' in client.logs(made)
        finally:
            client.remove_container(made, force=True)
