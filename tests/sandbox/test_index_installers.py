"""Real installers see the index as of the date, through relay and Unix socket."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen_sandbox.index import IndexProxy, upstream_index
from regreen_sandbox.index import Upstream as Address
from tests.sandbox.index_support import BACKEND, Release, Upstream, relayed, sdist, wheel

Tool = Callable[..., list[str]]
AS_OF = datetime(2023, 3, 4, tzinfo=UTC)
OLD, NEW = "2022-01-01T00:00:00Z", "2024-01-01T00:00:00Z"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with HTTPServer(threaded=True) as server:
        upstream = Upstream(server)
        for version, uploaded in (("1.0", OLD), ("2.0", NEW)):
            for name, requires in (("top", ["below"]), ("below", [])):
                upstream.add(
                    name,
                    Release(
                        f"{name}-{version}-py3-none-any.whl",
                        wheel(name, version, requires=requires, padding=5 << 20),
                        uploaded,
                        metadata=_metadata(name, version, requires) if name == "top" else None,
                    ),
                )
            code = BACKEND.format(version=version)
            content = wheel("tinybackend", version, code=code)
            upstream.add(
                "tinybackend", Release(f"tinybackend-{version}-py3-none-any.whl", content, uploaded)
            )
        source = sdist("built", "1.0", build_requires=["tinybackend"], backend="tinybackend")
        upstream.add("built", Release("built-1.0.tar.gz", source, OLD))
        yield upstream


def _metadata(name: str, version: str, requires: list[str]) -> bytes:
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    return (head + "".join(f"Requires-Dist: {one}\n" for one in requires)).encode()


@pytest.fixture
def index(upstream: Upstream, tmp_path: Path) -> Iterator[str]:
    with (
        IndexProxy(Address(upstream.url), tmp_path / "cache", AS_OF) as proxy,
        relayed(proxy.socket, tmp_path) as base,
    ):
        yield base
        assert proxy.errors == ()
        assert proxy.undated == ()


def _environment(tmp_path: Path, url: str) -> Mapping[str, str]:
    """What a container has: no configuration of the host's, only the index's address."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": url,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_DEFAULT_INDEX": url,
        "UV_NO_CONFIG": "1",
    }


def _run(command: list[str], tmp_path: Path, url: str) -> str:
    done = subprocess.run(
        command,
        env=_environment(tmp_path, url),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _pip(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pip", *arguments]


def _uv(*arguments: str) -> list[str]:
    uv = pytest.importorskip("uv")
    return [uv.find_uv_bin(), "pip", *arguments, "--python", sys.executable, "--no-cache"]


def _installed(target: Path, name: str) -> str:
    return str(runpy.run_path(str(target / f"{name}.py")).get("version"))


@pytest.mark.parametrize("flavour", ["json", "html"])
@pytest.mark.parametrize("tool", [_pip, _uv])
@pytest.mark.parametrize(("place", "version"), [("simple", "1.0"), ("today/simple", "2.0")])
def test_install_takes_what_the_date_shows(
    upstream: Upstream, tmp_path: Path, tool: Tool, flavour: str, place: str, version: str
) -> None:
    upstream.flavour = flavour
    target = tmp_path / "target"
    command = tool("install", "--target", str(target), "top")
    with (
        IndexProxy(Address(upstream.url), tmp_path / "cache", AS_OF) as proxy,
        relayed(proxy.socket, tmp_path) as base,
    ):
        _run(command, tmp_path, f"{base}/{place}/")
        assert proxy.errors == ()
        without_dates = flavour == "html" and place == "simple"
        assert proxy.undated == (("below", "top") if without_dates else ())
    expected = "2.0" if without_dates else version
    assert [_installed(target, name) for name in ("top", "below")] == [expected, expected]


@pytest.mark.parametrize("tool", [_pip, _uv])
def test_build_isolation_follows_the_date(index: str, tmp_path: Path, tool: Tool) -> None:
    target = tmp_path / "target"
    _run(tool("install", "--target", str(target), "built"), tmp_path, f"{index}/simple/")
    assert runpy.run_path(str(target / "built.py"))["backend"] == "1.0"


def test_pip_download_with_hashes(upstream: Upstream, index: str, tmp_path: Path) -> None:
    wanted = upstream.projects["below"][0]
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"below==1.0 --hash=sha256:{wanted.sha256}\n")
    command = _pip("download", "-d", str(tmp_path / "got"), "-r", str(requirements))
    _run(command, tmp_path, f"{index}/simple/")
    assert (tmp_path / "got" / wanted.filename).read_bytes() == wanted.content


def test_a_version_after_the_date_cannot_be_had(index: str, tmp_path: Path) -> None:
    done = subprocess.run(
        _pip("download", "--retries", "0", "-d", str(tmp_path / "got"), "top==2.0"),
        env=_environment(tmp_path, f"{index}/simple/"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "from versions: 1.0)" in done.stderr


def test_a_second_run_needs_the_upstream_for_nothing(upstream: Upstream, tmp_path: Path) -> None:
    for number in range(2):
        upstream.seen.clear()
        with (
            IndexProxy(Address(upstream.url), tmp_path / "cache", AS_OF) as proxy,
            relayed(proxy.socket, tmp_path) as base,
        ):
            target = tmp_path / f"target-{number}"
            _run(
                _pip("install", "--no-cache-dir", "--target", str(target), "top"),
                tmp_path,
                f"{base}/simple/",
            )
    assert upstream.seen == []


@pytest.mark.network
def test_an_old_pip(upstream: Upstream, tmp_path: Path) -> None:
    """A pip from before JSON pages, fetched through the proxy from the machine's own index."""
    with (
        IndexProxy(upstream_index(), tmp_path / "cache", AS_OF) as proxy,
        relayed(proxy.socket, tmp_path) as base,
    ):
        command = _pip("download", "--no-deps", "-d", str(tmp_path), "pip==20.3.4")
        _run(command, tmp_path, f"{base}/simple/")
        old = [sys.executable, str(tmp_path / "pip-20.3.4-py2.py3-none-any.whl" / "pip")]
        command = [*old, "download", "--no-deps", "-d", str(tmp_path), "black"]
        said = _run([*command, "--no-binary", ":none:"], tmp_path, f"{base}/simple/")
        assert proxy.errors == ()
    assert "black-23.1.0" in said
