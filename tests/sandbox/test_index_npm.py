"""npm's registry as of a date: versions, tags, tarballs, and who may see a token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from regreen_sandbox.index import IndexProxy, Others, Patience, Upstream
from regreen_sandbox.index.npmsource import upstream_registry
from regreen_sandbox.index.packument import NPM_TYPE, read_packument
from regreen_sandbox.index.semver import semver
from tests.sandbox.index_support import Answer, Package, Registry, fetch

AS_OF = datetime(2023, 3, 4, tzinfo=UTC)
OLD, NEW = "2022-01-01T00:00:00.000Z", "2024-01-01T00:00:00.000Z"
SHORT = {"Accept": f"{NPM_TYPE}; q=1.0, application/json; q=0.8, */*"}


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def registry(server: HTTPServer) -> Registry:
    server.clear()
    registry = Registry(server)
    registry.packages["demo"] = [
        Package("1.0.0", OLD),
        Package("1.1.0", "2022-06-01T00:00:00.000Z", manifest={"scripts": {"install": "x"}}),
        Package("2.0.0-beta.1", "2022-07-01T00:00:00.000Z"),
        Package("0.9.9", "2022-08-01T00:00:00.000Z"),
        Package("2.0.0", NEW),
        Package("2.1.0-beta.1", NEW),
    ]
    registry.tags["demo"] = {
        "latest": "2.0.0", "beta": "2.1.0-beta.1", "old": "0.9.9", "two": "2.0.0"
    }  # fmt: skip
    registry.packages["@scope/part"] = [Package("1.0.0", OLD), Package("1.0.1", NEW)]
    registry.packages["late"] = [Package("1.0.0", NEW)]
    return registry


def _proxy(registry: Registry, tmp_path: Path, as_of: datetime | None = AS_OF) -> IndexProxy:
    index = Upstream(registry.server.url_for("/simple/"))
    others = Others(registry=Upstream(registry.url, token=registry.token))
    quick = Patience(tries=2, pause=0.01)
    return IndexProxy(index, tmp_path / "cache", as_of, others=others, patience=quick)


def _document(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.text
    document: dict[str, Any] = json.loads(answer.body)
    return document


def test_versions_and_tags_as_of_a_date(registry: Registry, tmp_path: Path) -> None:
    with _proxy(registry, tmp_path) as proxy:
        short = fetch(proxy.socket, "/npm/demo", SHORT)
        assert short.headers["content-type"] == NPM_TYPE
        then = _document(short)
        assert list(then["versions"]) == ["1.0.0", "1.1.0", "2.0.0-beta.1", "0.9.9"]
        # The highest release, whichever came last; a tag whose version is there stays.
        assert then["dist-tags"] == {"latest": "1.1.0", "beta": "2.0.0-beta.1", "old": "0.9.9"}
        assert then["versions"]["1.1.0"]["hasInstallScript"] is True
        assert "scripts" not in then["versions"]["1.1.0"]
        assert then["modified"] == "2022-08-01T00:00:00.000Z"
        whole = _document(fetch(proxy.socket, "/npm/demo"))
        assert set(whole["time"]) == {"created", "modified", *then["versions"]}
        assert "scripts" in whole["versions"]["1.1.0"]
        today = _document(fetch(proxy.socket, "/today/npm/demo", SHORT))
        assert today["dist-tags"] == registry.tags["demo"]
        assert proxy.undated == ()


@pytest.mark.parametrize("name", ["@scope/part", "@scope%2fpart", "@scope%2Fpart"])
def test_a_scope_is_part_of_the_name(registry: Registry, tmp_path: Path, name: str) -> None:
    with _proxy(registry, tmp_path) as proxy:
        document = _document(fetch(proxy.socket, f"/npm/{name}", SHORT))
        address = document["versions"]["1.0.0"]["dist"]["tarball"]
        assert address == "http://localhost/npm/@scope/part/-/part-1.0.0.tgz"
        got = fetch(proxy.socket, address.removeprefix("http://localhost"))
        assert got.body == registry.content("@scope/part", "1.0.0")
        assert fetch(proxy.socket, f"/npm/{name}/-/part-1.0.1.tgz").status == 404
        assert fetch(proxy.socket, f"/today/npm/{name}/-/part-1.0.1.tgz").status == 200
        assert proxy.errors == ()


def test_one_version_s_manifest(registry: Registry, tmp_path: Path) -> None:
    with _proxy(registry, tmp_path) as proxy:
        for wanted in ("latest", "1.1.0"):
            manifest = _document(fetch(proxy.socket, f"/npm/demo/{wanted}"))
            assert manifest["version"] == "1.1.0"
            assert manifest["dist"]["integrity"].startswith("sha512-")
        for absent in ("demo/2.0.0", "demo/two", "late", "late/latest", "not-there"):
            answer = fetch(proxy.socket, f"/npm/{absent}")
            assert answer.status == 404, absent
            assert "as of the date" in answer.text or "no such" in answer.text
        assert proxy.errors == ()


def test_a_second_run_asks_the_registry_for_nothing(registry: Registry, tmp_path: Path) -> None:
    for _ in range(2):
        registry.seen.clear()
        with _proxy(registry, tmp_path) as proxy:
            for target in ("demo", "demo/-/demo-1.0.0.tgz", "not-there"):
                fetch(proxy.socket, f"/npm/{target}")
    assert registry.seen == []


def test_what_many_ask_for_at_once_is_fetched_once(registry: Registry, tmp_path: Path) -> None:
    big = Package("1.0.0", OLD, files={"big.txt": "x" * 3_000_000})
    registry.packages["big"] = [big]
    answers: list[Answer] = []
    with _proxy(registry, tmp_path) as proxy:

        def ask() -> None:
            answers.append(fetch(proxy.socket, "/npm/big"))
            answers.append(fetch(proxy.socket, "/npm/big/-/big-1.0.0.tgz"))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert [answer.status for answer in answers] == [200] * 16
    assert all(answer.whole for answer in answers)
    assert sorted(path for path, _, _ in registry.seen) == ["/npm/big", "/npm/big/-/big-1.0.0.tgz"]


def test_a_damaged_tarball_never_arrives_whole(registry: Registry, tmp_path: Path) -> None:
    registry.damaged = True
    with _proxy(registry, tmp_path) as proxy:
        got = fetch(proxy.socket, "/npm/demo/-/demo-1.0.0.tgz")
        assert not got.whole
        assert "does not match its sha512 digest" in " ".join(proxy.errors)
        registry.damaged = False
        again = fetch(proxy.socket, "/npm/demo/-/demo-1.0.0.tgz")
        assert again.body == registry.content("demo", "1.0.0")


def test_a_token_reaches_the_registry_and_nobody_else(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.token = "planted-npm-token"
    settings = tmp_path / "npmrc"
    place = registry.url.removeprefix("http:")
    settings.write_text(f"registry={registry.url}/\n{place}/:_authToken=${{TOKEN_OF_TEST}}\n")
    monkeypatch.setenv("npm_config_userconfig", str(settings))
    monkeypatch.delenv("npm_config_registry", raising=False)
    monkeypatch.setenv("TOKEN_OF_TEST", registry.token)
    known = upstream_registry()
    assert known.token == registry.token
    assert registry.token not in repr(known)
    with IndexProxy(
        Upstream(registry.server.url_for("/simple/")), tmp_path, AS_OF, others=Others(known)
    ) as proxy:
        answer = fetch(proxy.socket, "/npm/demo")
        assert answer.status == 200
        assert registry.token.encode() not in answer.body
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(registry.token.encode() in path.read_bytes() for path in kept)


def test_a_mirror_s_own_times_hide_nothing(registry: Registry, tmp_path: Path) -> None:
    """Where times cannot be those of publication, everything is served, and that is told."""
    registry.created = False
    times = ("2025-03-01", "2025-02-01", "2025-01-01")
    registry.packages["mirrored"] = [
        Package(f"1.0.{patch}", f"{day}T00:00:00Z") for patch, day in enumerate(times)
    ]
    with _proxy(registry, tmp_path) as proxy:
        then = _document(fetch(proxy.socket, "/npm/mirrored"))
        assert len(then["versions"]) == 3
        # This one's could be: the date counts as long as nothing speaks against the registry.
        assert len(_document(fetch(proxy.socket, "/npm/demo"))["versions"]) == 4
        assert proxy.undated == ("mirrored",)
    registry.packages["yarn"] = registry.packages["mirrored"]
    with _proxy(registry, tmp_path / "other") as proxy:
        assert len(_document(fetch(proxy.socket, "/npm/demo"))["versions"]) == 6
        assert proxy.undated == ("demo",)


@pytest.mark.parametrize(
    "target",
    [
        "/npm/../simple/x", "/npm/%2e%2e/demo", "/npm/@scope", "/npm/@scope%2f..%2fdemo",
        "/npm/demo/-/..%2f..%2fetc", "/npm/demo/-/", "/npm/-/all", "/npm/-/v1/search",
        "/npm/demo/-/demo-1.0.0.tgz/x", "/npm/" + "a" * 3000, "/npm/.demo", "/npm//demo",
    ],
)  # fmt: skip
def test_tricks_with_paths_reach_nothing(registry: Registry, tmp_path: Path, target: str) -> None:
    with _proxy(registry, tmp_path) as proxy:
        assert fetch(proxy.socket, target).status == 404
    assert not [path for path, status, _ in registry.seen if status == 200]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"versions": []}', b'{"versions": {"1.0.0": 1}, "name": "other"}',
        b'{"versions":' + b'{"a":' * 100_000, b'\xff\xfe', b'{"versions": {}, "time": 5, "x": NaN}',
    ],
)  # fmt: skip
def test_a_document_that_is_none(server: HTTPServer, tmp_path: Path, body: bytes) -> None:
    server.clear()
    registry = Registry(server)
    server.clear()
    server.expect_request("/npm/demo").respond_with_data(body, content_type="application/json")
    with _proxy(registry, tmp_path) as proxy:
        assert fetch(proxy.socket, "/npm/demo").status in (404, 502)
        assert "Traceback" not in " ".join(proxy.errors)
        assert "defect" not in " ".join(proxy.errors)


def test_another_package_s_document_is_not_served(server: HTTPServer, tmp_path: Path) -> None:
    server.clear()
    registry = Registry(server)
    server.clear()
    manifest = {"name": "other", "version": "1.0.0", "dist": {"tarball": "http://h/o-1.0.0.tgz"}}
    document = {"name": "other", "versions": {"1.0.0": manifest}}
    server.expect_request("/npm/demo").respond_with_json(document)
    with _proxy(registry, tmp_path) as proxy:
        assert fetch(proxy.socket, "/npm/demo").status == 502


def test_without_a_registry_npm_is_told_so(registry: Registry, tmp_path: Path) -> None:
    with IndexProxy(Upstream(registry.server.url_for("/simple/")), tmp_path, AS_OF) as proxy:
        answer = fetch(proxy.socket, "/npm/demo")
    assert answer.status == 404
    assert "no npm registry is configured" in answer.text


def test_versions_are_ordered_as_npm_orders_them() -> None:
    # The pre-releases are those of Semantic Versioning 2.0.0, 11.
    ordered = [
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
        "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0-0", "2.0.0",
    ]  # fmt: skip
    numbers = [number for text in ordered if (number := semver(text))]
    assert all(one < other for one, other in pairwise(numbers))
    assert len(numbers) == len(ordered)
    assert semver("1.0") is semver("v1.0.0") is semver("01.0.0") is semver("") is None


def test_broken_manifests_are_left_out() -> None:
    good = {"name": "x", "version": "1.0.0", "dist": {"tarball": "http://h/x-1.0.0.tgz"}}
    body = {"versions": {"1.0.0": good, "1.0.1": {}, "1.0.2": {"dist": {"tarball": 7}}}}
    package = read_packument(json.dumps(body).encode(), "x")
    assert list(package.versions) == ["1.0.0"]
    assert package.undated
