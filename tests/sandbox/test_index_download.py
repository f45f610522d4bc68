"""Packages for the host itself, and what is found out from them: the public indexes' names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT
from pytest_httpserver import HTTPServer

from regreen_sandbox.errors import SandboxError
from regreen_sandbox.index import machine_sources, require_servable
from regreen_sandbox.index.download import npm_tarball, npm_versions, pypi_versions, pypi_wheel
from regreen_sandbox.index.names import Names, public_names
from tests.sandbox.index_support import Package, Registry, Release, Upstream, wheel

OLD = "2022-01-01T00:00:00Z"
NPM = "define('registry', {\n  default: 'https://npm.test/',\n  type: url,\n"
YARN = "const YARN_REGISTRY = exports.YARN_REGISTRY = 'https://yarn.test';\n"


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def registry(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The machine's own registry and index are the test's."""
    server.clear()
    registry, upstream = Registry(server), Upstream(server)
    for version in ("1.10.0", "1.2.0", "2.0.0-rc.1"):
        registry.packages.setdefault("tool", []).append(Package(version, OLD))
    for name in ("tool-1.0-py3-none-any.whl", "tool-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"):
        upstream.add("tool", Release(name, wheel("tool", "1.0", code=name), OLD))
    upstream.add("tool", Release("tool-0.9.tar.gz", b"old", OLD))
    upstream.add("tool", Release("tool-0.8.tar.gz", b"bad", OLD, yanked="bad"))
    for variable in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", upstream.url)
    monkeypatch.setenv("npm_config_registry", registry.url)
    monkeypatch.setenv("npm_config_userconfig", os.devnull)
    return registry


def test_an_npm_package(registry: Registry, tmp_path: Path) -> None:
    assert npm_versions("tool", cache=tmp_path) == ("1.2.0", "1.10.0", "2.0.0-rc.1")
    for _ in range(2):
        path = npm_tarball("tool", "1.2.0", cache=tmp_path)
        assert path.read_bytes() == registry.content("tool", "1.2.0")
    assert [path for path, _, _ in registry.seen] == ["/npm/tool", "/npm/tool/-/tool-1.2.0.tgz"]
    for name, version in (("tool", "9.9.9"), ("nothing", "1.0.0")):
        with pytest.raises(SandboxError) as caught:
            npm_tarball(name, version, cache=tmp_path)
        assert name in caught.value.message
        assert caught.value.next_step


def test_a_damaged_package_is_not_given(registry: Registry, tmp_path: Path) -> None:
    registry.damaged = True
    with pytest.raises(SandboxError, match="does not match its sha512 digest"):
        npm_tarball("tool", "1.2.0", cache=tmp_path)


def test_a_wheel_that_fits(registry: Registry, tmp_path: Path) -> None:
    assert pypi_versions("Tool", cache=tmp_path) == ("0.9", "1.0")
    for tags, expected in (
        (("manylinux_2_17_x86_64",), b"cp311-cp311-manylinux"),
        (("cp311-cp311-manylinux_2_17_x86_64",), b"cp311-cp311-manylinux"),
        (("win_amd64",), b"py3-none-any"),
    ):
        assert expected in pypi_wheel("tool", "1.0", tags, cache=tmp_path).read_bytes()
    with pytest.raises(SandboxError, match=r"no wheel of tool 0\.9"):
        pypi_wheel("tool", "0.9", ("linux_x86_64",), cache=tmp_path)


def test_names_come_from_the_tools_and_are_kept(registry: Registry, tmp_path: Path) -> None:
    assert public_names(tmp_path).npm == ()  # no npm and no yarn there: left out
    registry.packages["npm"] = [Package("8.19.4", OLD, {"lib/definitions.js": NPM})]
    registry.packages["yarn"] = [Package("1.22.22", OLD, {"lib/cli.js": YARN})]
    names = public_names(tmp_path)
    assert names.npm == ("npm.test", "yarn.test")
    assert names.index[0] in PYPI_SIMPLE_ENDPOINT
    assert len(names.files) == 1  # by the pip of this environment, or the one that Python brings
    registry.packages.clear()
    assert public_names(tmp_path) == names


def test_a_further_index_gets_the_login_that_pip_has_for_it(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"files": "files.test", "npm": "npm.test", "yarn": "yarn.test"}
    (tmp_path / "names.json").write_text(json.dumps(known))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://me:planted@extra.test/simple/")
    assert machine_sources(tmp_path).others.indexes == ()  # only for who asks for it
    sources = machine_sources(tmp_path, ("https://extra.test/simple", "https://files.test/simple"))
    assert [one.credentials for one in sources.others.indexes] == [("me", "planted")]
    assert "planted" not in repr(sources) + sources.address
    assert "https://extra.test/simple/" in sources.address
    assert sources.names.all[1:] == ("files.test", "npm.test", "yarn.test")
    assert Names().all == ()


@pytest.mark.parametrize(
    "address",
    ["http://a.test/simple", "https://a.test:8443/simple", "https://a b/", "a.test", "https://",
     "https://me:planted@localhost/simple", "https://a.test:x/"],
)  # fmt: skip
def test_what_cannot_be_served_is_refused_with_a_next_step(address: str) -> None:
    with pytest.raises(SandboxError) as caught:
        require_servable(address)
    assert "planted" not in caught.value.message
    assert "https://example.org/simple/" in caught.value.next_step
