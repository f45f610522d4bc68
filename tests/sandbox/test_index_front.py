"""The indexes under their own names: TLS that the sandbox trusts, addresses as everywhere."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen_sandbox.index import IndexProxy, Names, Others, Patience
from regreen_sandbox.index import Upstream as Address
from regreen_sandbox.index.filenames import projects_of
from tests.sandbox.index_support import (
    JSON_TYPE,
    Package,
    Registry,
    Release,
    SecureConnection,
    Upstream,
    fetch,
    fetch_secure,
    relayed,
    wheel,
)

AS_OF = datetime(2023, 3, 4, tzinfo=UTC)
OLD, NEW = "2022-01-01T00:00:00Z", "2024-01-01T00:00:00Z"
JSON = {"Accept": JSON_TYPE}
NAMES = Names(("index.test",), ("files.test",), ("npm.test", "yarn.test"))
METADATA = b"Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\nRequires-Dist: below (>=1)\n"


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def upstream(server: HTTPServer) -> Upstream:
    server.clear()
    registry = Registry(server)
    registry.packages["is-demo"] = [Package("1.0.0", OLD), Package("2.0.0", NEW)]
    upstream = Upstream(server)
    for version, uploaded in (("1.0", OLD), ("2.0", NEW)):
        upstream.add(
            "demo",
            Release(
                f"demo-{version}-py3-none-any.whl",
                wheel("demo", version, padding=300_000),
                uploaded,
                metadata=METADATA,
                yanked="broken" if version == "1.0" else None,
            ),
        )
    upstream.add("far-away", Release("far-away-1.0.tar.gz", b"not a real one", OLD))
    return upstream


def _proxy(upstream: Upstream, tmp_path: Path, names: Names = NAMES) -> IndexProxy:
    others = Others(Address(upstream.server.url_for("/npm")))
    quick = Patience(tries=2, pause=0.01)
    return IndexProxy(
        Address(upstream.url), tmp_path, AS_OF, others=others, names=names, patience=quick
    )


def test_each_name_serves_its_own_index(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        page = fetch_secure(proxy, "https://index.test/simple/demo/", JSON)
        assert [one["filename"] for one in json.loads(page.body)["files"]] == [
            "demo-1.0-py3-none-any.whl"
        ]
        for name in ("npm.test", "yarn.test"):
            package = json.loads(fetch_secure(proxy, f"https://{name}/is-demo").body)
            address = package["versions"]["1.0.0"]["dist"]["tarball"]
            assert address == f"https://{name}/is-demo/-/is-demo-1.0.0.tgz"
            assert fetch_secure(proxy, address).status == 200
        for wrong in (
            "https://index.test/is-demo",
            "https://npm.test/simple/demo/",
            "https://files.test/simple/demo/",
            "https://index.test/today/simple/demo/",
            "https://npm.test/today/is-demo",
        ):
            assert fetch_secure(proxy, wrong).status == 404, wrong
        other = fetch_secure(proxy, "https://index.test/simple/demo/", {"Host": "elsewhere.test"})
        assert other.status == 404
        assert proxy.errors == ()


def test_files_have_the_addresses_that_they_have_everywhere(
    server: HTTPServer, tmp_path: Path
) -> None:
    """A lock file's addresses are found, and a lock file comes out with them."""
    server.clear()
    content = wheel("demo", "1.0")
    path = f"/packages/ab/cd/{'0' * 60}/demo-1.0-py3-none-any.whl"
    page = {
        "meta": {"api-version": "1.1"}, "name": "demo", "versions": ["1.0"],
        "files": [{
            "filename": "demo-1.0-py3-none-any.whl", "url": f"/mirror{path}",
            "hashes": {}, "upload-time": OLD,
        }],
    }  # fmt: skip
    server.expect_request("/simple/demo/").respond_with_json(page, content_type=JSON_TYPE)
    server.expect_request(f"/mirror{path}").respond_with_data(content)
    with IndexProxy(Address(server.url_for("/simple/")), tmp_path, AS_OF, names=NAMES) as proxy:
        listed = json.loads(fetch_secure(proxy, "https://index.test/simple/demo/", JSON).body)
        address = listed["files"][0]["url"]
        assert address == f"https://files.test{path}"
        assert fetch_secure(proxy, address).body == content
        elsewhere = "https://files.test/packages/demo-1.0-py3-none-any.whl"
        assert fetch_secure(proxy, elsewhere).body == content
        assert fetch_secure(proxy, "https://files.test/packages/demo-9.0.tar.gz").status == 404
        plain = json.loads(fetch(proxy.socket, "/simple/demo/", JSON).body)
        assert plain["files"][0]["url"] == "../../files/demo/demo-1.0-py3-none-any.whl"


def test_a_file_is_found_by_its_name_alone(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        for name, release in (
            ("demo-1.0-py3-none-any.whl", upstream.projects["demo"][0]),
            ("far-away-1.0.tar.gz", upstream.projects["far-away"][0]),
        ):
            for _ in ("from the upstream", "from the cache"):
                got = fetch_secure(proxy, f"https://files.test/x/{name}")
                assert (got.status, got.body) == (200, release.content)
            part = fetch_secure(proxy, f"https://files.test/x/{name}", {"Range": "bytes=3-9"})
            assert (part.status, part.body) == (206, release.content[3:10])
        described = fetch_secure(proxy, "https://files.test/x/demo-1.0-py3-none-any.whl.metadata")
        assert described.body == METADATA
        late = fetch_secure(proxy, "https://files.test/x/demo-2.0-py3-none-any.whl")
        assert late.status == 404
        assert proxy.errors == ()


def test_the_json_interface_as_of_a_date(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        whole = json.loads(fetch_secure(proxy, "https://index.test/pypi/Demo/json").body)
        assert list(whole["releases"]) == ["1.0"]
        assert whole["info"]["requires_dist"] == ["below (>=1)"]
        assert (whole["info"]["yanked"], whole["info"]["yanked_reason"]) == (True, "broken")
        file = whole["releases"]["1.0"][0]
        assert file["digests"] == {"sha256": upstream.projects["demo"][0].sha256}
        assert (file["packagetype"], file["upload_time"]) == ("bdist_wheel", "2022-01-01T00:00:00")
        assert fetch_secure(proxy, file["url"]).status == 200
        one = json.loads(fetch(proxy.socket, "/pypi/demo/1.0.0/json").body)
        assert one["info"]["version"] == "1.0"
        assert "releases" not in one
        for absent in ("demo/2.0", "demo/not-a-version", "nothing", "nothing/1.0"):
            assert fetch(proxy.socket, f"/pypi/{absent}/json").status == 404, absent
        today = json.loads(fetch(proxy.socket, "/today/pypi/demo/json").body)
        assert today["info"]["version"] == "2.0"
        assert "/today/files/" in today["urls"][0]["url"]
        sdist = json.loads(fetch(proxy.socket, "/pypi/far-away/json").body)
        assert sdist["info"]["requires_dist"] is None
        assert sdist["urls"][0]["packagetype"] == "sdist"


def test_another_index_is_served_under_its_own_address(
    upstream: Upstream, server: HTTPServer, tmp_path: Path
) -> None:
    """The address is one that a job names; the test's own index answers for it."""
    others = Others(indexes=(Address(upstream.url),))
    with IndexProxy(Address(upstream.url), tmp_path, AS_OF, others=others, names=NAMES) as proxy:
        assert proxy.front is not None
        proxy.front.settle()
        host = "localhost"
        assert host in proxy.front.names
        page = json.loads(fetch_secure(proxy, f"https://{host}/simple/demo/", JSON).body)
        assert [one["url"] for one in page["files"]] == [
            f"https://{host}/simple/demo/demo-1.0-py3-none-any.whl"
        ]
        assert fetch_secure(proxy, page["files"][0]["url"]).status == 200
        moved = fetch_secure(proxy, f"https://{host}/simple/demo")
        assert (moved.status, moved.headers["location"]) == (301, "demo/")
        for nothing in (
            "/",
            "/simple/",
            "/other/demo/",
            "/simple/../etc/passwd",
            "/pypi/demo/json",
        ):
            assert fetch_secure(proxy, f"https://{host}{nothing}").status == 404, nothing


def test_the_authority_vouches_for_the_names_and_for_nothing_else(
    upstream: Upstream, tmp_path: Path
) -> None:
    with _proxy(upstream, tmp_path / "a") as one, _proxy(upstream, tmp_path / "b") as other:
        assert one.front is not None
        one.front.settle()
        assert other.front is not None
        socket_of_one = one.directory / one.front.socket
        for name, authorities in (
            ("elsewhere.test", one.front.authorities),
            ("index.test", other.front.authorities),  # another run's
        ):
            wrong = SecureConnection(socket_of_one, name, authorities)
            with pytest.raises(ssl.SSLCertVerificationError), closing(wrong):
                wrong.connect()
        for folder in (one.directory, other.directory):
            shown = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
            assert b"PRIVATE KEY" not in shown
        first = one.front.authorities.read_text().partition("-----END")[0]
    constraints = subprocess.run(
        [sys.executable, "-c", _CONSTRAINTS, f"{first}-----END CERTIFICATE-----\n"],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert constraints.split() == sorted(NAMES.all)


_CONSTRAINTS = """
import sys
from cryptography import x509
found = x509.load_pem_x509_certificate(sys.argv[1].encode())
names = found.extensions.get_extension_for_class(x509.NameConstraints)
print(*sorted(name.value for name in names.value.permitted_subtrees))
"""


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00" + b"\0" * 40]
)
def test_who_speaks_no_tls_keeps_nobody_out(
    upstream: Upstream, tmp_path: Path, sent: bytes
) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        assert proxy.front is not None
        proxy.front.settle()
        with socket.socket(socket.AF_UNIX) as rude:
            rude.settimeout(20)
            rude.connect(str(proxy.directory / proxy.front.socket))
            rude.sendall(sent)
            assert fetch_secure(proxy, "https://index.test/simple/demo/").status == 200
        assert not [note for note in proxy.errors if "defect" in note]


def test_who_never_shakes_hands_is_left(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regreen_sandbox.index.handler.IDLE_SECONDS", 0.2)
    with _proxy(upstream, tmp_path) as proxy, socket.socket(socket.AF_UNIX) as slow:
        assert proxy.front is not None
        proxy.front.settle()
        slow.settimeout(20)
        slow.connect(str(proxy.directory / proxy.front.socket))
        slow.sendall(b"\x16")
        assert slow.recv(1) == b""


def test_ending_breaks_off_what_is_open(upstream: Upstream, tmp_path: Path) -> None:
    started = time.monotonic()
    with _proxy(upstream, tmp_path) as proxy:
        assert proxy.front is not None
        proxy.front.settle()
        path = proxy.directory / proxy.front.socket
        held = SecureConnection(path, "index.test", proxy.front.authorities)
        held.connect()
    with closing(held):
        assert held.sock.recv(1) == b""
    assert time.monotonic() - started < 20


def test_names_are_of_a_project_s_files() -> None:
    assert projects_of("Foo_Bar-1.0-py3-none-any.whl") == ("foo-bar",)
    assert projects_of("Foo_Bar-1.0-py3-none-any.whl.metadata") == ("foo-bar",)
    assert projects_of("zope.interface-5.0.tar.gz")[0] == "zope-interface"
    assert projects_of("a-2-b-1.0.zip")[:2] == ("a-2-b", "a")
    assert projects_of("backports.csv-1.0.7-py2.egg")[0] != ""
    for name in ("demo.txt", "", "demo", ".whl", "x" * 200):
        assert projects_of(name) == ()
    assert len(projects_of("-".join("1" * 100) + ".tar.gz")) <= 8


# Real tools that know nothing but an https address


@pytest.fixture
def named(upstream: Upstream, tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """An https address of the machine's loopback, and an environment that trusts it."""
    names = Names(("localhost",), (), ("localhost",))
    with _proxy(upstream, tmp_path / "cache", names) as proxy:
        assert proxy.front is not None
        proxy.front.settle()
        secure = proxy.directory / proxy.front.socket
        with relayed(secure, tmp_path) as base:
            place = base.replace("http://127.0.0.1", "https://localhost")
            trusted = proxy.front.environment(str(proxy.front.authorities))
            kept = {name: value for name, value in trusted.items() if "INDEX" not in name}
            yield place, {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **kept}
        assert proxy.errors == ()


def _run(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_python_s_installers(named: tuple[str, dict[str, str]], tmp_path: Path, tool: str) -> None:
    place, environment = named
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    if tool == "uv":
        uv = pytest.importorskip("uv")  # a sandbox's tests can do without it
        command = [uv.find_uv_bin(), "pip", "install", "--no-cache", "--python", sys.executable]
    target = str(tmp_path / "target")
    environment["PIP_CONFIG_FILE"] = os.devnull
    chosen = ["--index-url", f"{place}/simple/", "--no-deps", "--target", target, "demo==1.0"]
    _run([*command, *chosen], environment, tmp_path)
    assert (tmp_path / "target/demo.py").is_file()


def test_uv_syncs_a_lock_file_with_absolute_addresses(
    named: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    place, environment = named
    uv = pytest.importorskip("uv").find_uv_bin()  # a sandbox's tests can do without it
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.9"\n'
        'dependencies = ["demo==1.0"]\n[tool.uv]\nindex-url = "' + place + '/simple/"\n'
        "override-dependencies = [\"below; python_version < '3'\"]\n"
    )
    environment |= {"UV_PYTHON": sys.executable, "UV_NO_CACHE": "1", "UV_NO_CONFIG": "0"}
    _run([uv, "lock"], environment, project)
    assert f'url = "{place}/files/demo/' in (project / "uv.lock").read_text()
    _run([uv, "sync", "--frozen"], environment, project)
    assert list(project.glob(".venv/lib/*/site-packages/demo.py"))


@pytest.mark.skipif(shutil.which("npm") is None, reason="this machine has no npm")
def test_npm(named: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    place, environment = named
    project = tmp_path / "project"
    project.mkdir()
    (project / "package.json").write_text('{"name": "p", "dependencies": {"is-demo": "*"}}')
    environment |= {"npm_config_registry": place, "npm_config_fetch_retries": "0"}
    environment["npm_config_cafile"] = environment["SSL_CERT_FILE"]  # a machine may name its own
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier"]
    _run(["npm", "install", *quiet], environment, project)
    lock = json.loads((project / "package-lock.json").read_text())
    locked = lock["packages"]["node_modules/is-demo"]
    assert (locked["version"], locked["resolved"]) == (
        "1.0.0", f"{place}/is-demo/-/is-demo-1.0.0.tgz"
    )  # fmt: skip
    shutil.rmtree(project / "node_modules")
    _run(["npm", "ci", *quiet], environment, project)
    assert (project / "node_modules/is-demo/package.json").is_file()
