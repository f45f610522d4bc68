"""The proxy over its socket: what a date shows, what is cached, what an upstream may do wrong."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypi_simple import ProjectPage
from pytest_httpserver import HTTPServer

from regreen_sandbox.index import IndexProxy, Patience
from regreen_sandbox.index import Upstream as Address
from tests.sandbox.index_support import (
    JSON_TYPE,
    Release,
    UnixConnection,
    Upstream,
    fetch,
    wheel,
)

AS_OF = datetime(2023, 3, 4, tzinfo=UTC)
JSON = {"Accept": JSON_TYPE}
QUICK = Patience(tries=3, pause=0.01)


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def upstream(server: HTTPServer) -> Upstream:
    server.clear()
    upstream = Upstream(server)
    upstream.add(
        "demo",
        Release("demo-1.0-py3-none-any.whl", wheel("demo", "1.0"), "2022-01-01T00:00:00Z"),
        Release(
            "demo-1.1-py3-none-any.whl",
            wheel("demo", "1.1", padding=200_000),
            "2023-03-03T23:59:59.999999Z",
            requires_python=">=3.6",
            yanked='it "hurts" <b>',
            metadata=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n",
        ),
        Release("demo-2.0-py3-none-any.whl", wheel("demo", "2.0"), "2023-03-04T00:00:01Z"),
    )
    return upstream


def _proxy(upstream: Upstream, tmp_path: Path, as_of: datetime | None = AS_OF) -> IndexProxy:
    return IndexProxy(Address(upstream.url), tmp_path / "cache", as_of, patience=QUICK)


def _names(text: str) -> list[str]:
    return re.findall(r">(demo-[^<]*)</a>", text)


def test_html_as_of_a_date_and_as_of_today(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        dated = fetch(proxy.socket, "/simple/demo/")
        today = fetch(proxy.socket, "/today/simple/demo/")
        assert not proxy.undated
    assert dated.status == 200
    assert dated.headers["content-type"].startswith("text/html")
    assert _names(dated.text) == ["demo-1.0-py3-none-any.whl", "demo-1.1-py3-none-any.whl"]
    assert _names(today.text)[-1] == "demo-2.0-py3-none-any.whl"
    page = ProjectPage.from_html("demo", dated.text)
    old, yanked = page.packages
    digest = upstream.projects["demo"][0].sha256
    assert (old.url, old.digests) == (f"../../files/demo/{old.filename}", {"sha256": digest})
    assert yanked.requires_python == ">=3.6"
    assert (yanked.is_yanked, yanked.yanked_reason) == (True, 'it "hurts" <b>')
    assert yanked.metadata_digests
    assert page.repository_version == "1.1"
    assert "data-dist-info-metadata" in dated.text


def test_json_as_of_a_date(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        answer = fetch(proxy.socket, "/simple/demo/", JSON)
    assert answer.headers["content-type"] == JSON_TYPE
    page = json.loads(answer.body)
    assert page["meta"] == {"api-version": "1.1"}
    assert page["versions"] == ["1.0", "1.1"]
    assert [file["upload-time"] for file in page["files"]] == [
        "2022-01-01T00:00:00.000000Z",
        "2023-03-03T23:59:59.999999Z",
    ]
    assert page["files"][1]["requires-python"] == ">=3.6"
    assert page["files"][1]["yanked"] == 'it "hurts" <b>'
    assert page["files"][1]["core-metadata"] == page["files"][1]["data-dist-info-metadata"]
    assert upstream.server.host not in answer.text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (f"{JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01", JSON_TYPE),
        ("application/vnd.pypi.simple.latest+json", JSON_TYPE),
        (f"{JSON_TYPE};q=0.1, text/html", "text/html"),
        ("text/html", "text/html"),
        ("*/*", "text/html"),
        (f"{JSON_TYPE};q=0, */*;q=0.5", "text/html"),
        ("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"),
    ],
)
def test_the_accept_header_decides(
    upstream: Upstream, tmp_path: Path, accept: str, kind: str
) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        answer = fetch(proxy.socket, "/simple/demo/", {"Accept": accept})
    assert answer.headers["content-type"].split(";")[0] == kind


def test_an_index_without_dates_is_served_whole_and_named(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.flavour = "html"
    with _proxy(upstream, tmp_path) as proxy:
        fetch(proxy.socket, "/today/simple/demo/")
        assert not proxy.undated
        answer = fetch(proxy.socket, "/simple/demo/")
        assert len(_names(answer.text)) == 3
        assert proxy.undated == ("demo",)
        yanked = ProjectPage.from_html("demo", answer.text).packages[1]
        assert yanked.yanked_reason == 'it "hurts" <b>'
        metadata = fetch(proxy.socket, "/files/demo/demo-1.1-py3-none-any.whl.metadata")
        assert metadata.body == upstream.projects["demo"][1].metadata


def test_a_file_after_the_date_is_not_there(upstream: Upstream, tmp_path: Path) -> None:
    name = "demo-2.0-py3-none-any.whl"
    with _proxy(upstream, tmp_path) as proxy:
        assert fetch(proxy.socket, f"/files/demo/{name}").status == 404
        assert fetch(proxy.socket, f"/today/files/demo/{name}").status == 200
        assert fetch(proxy.socket, f"/files/demo/{name}").status == 404
        assert proxy.errors == ()


def test_files_come_whole_in_parts_and_from_the_cache(upstream: Upstream, tmp_path: Path) -> None:
    release = upstream.projects["demo"][1]
    target = f"/files/demo/{release.filename}"
    with _proxy(upstream, tmp_path) as proxy:
        head = fetch(proxy.socket, target, method="HEAD")
        assert head.headers["content-length"] == str(len(release.content))
        assert head.headers["accept-ranges"] == "bytes"
        for _ in range(2):
            part = fetch(proxy.socket, target, {"Range": "bytes=100-199"})
            assert (part.status, part.body) == (206, release.content[100:200])
            assert part.headers["content-range"] == f"bytes 100-199/{len(release.content)}"
        last = fetch(proxy.socket, target, {"Range": "bytes=-50"})
        assert last.body == release.content[-50:]
        assert fetch(proxy.socket, target).body == release.content
        outside = fetch(proxy.socket, target, {"Range": f"bytes={10**9}-"})
        assert outside.status == 416
        metadata = fetch(proxy.socket, target + ".metadata")
        assert metadata.body == release.metadata
        assert fetch(proxy.socket, "/files/demo/demo-1.0-py3-none-any.whl.metadata").status == 404
    assert upstream.asked(release.filename) == [200, 200]  # the file once, its metadata once


@pytest.mark.parametrize("ranges", [True, False])
def test_a_part_of_a_large_file(upstream: Upstream, tmp_path: Path, ranges: bool) -> None:
    release = Release("big-1-py3-none-any.whl", os.urandom(6 << 20), "2022-01-01T00:00:00Z")
    upstream.add("big", release)
    upstream.ranges = ranges
    with _proxy(upstream, tmp_path) as proxy:
        target = f"/files/big/{release.filename}"
        part = fetch(proxy.socket, target, {"Range": "bytes=-70000"})
        assert (part.status, part.body) == (206, release.content[-70000:])
        assert fetch(proxy.socket, target).body == release.content
    # An upstream that serves parts is asked for just the part.
    assert upstream.asked(release.filename) == ([206, 200] if ranges else [200, 200])


def test_pages_are_asked_about_again_not_fetched_again(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for as_of, statuses in ((AS_OF, [200]), (None, [200, 304])):
        upstream.seen.clear()
        cache = tmp_path / str(as_of)
        for hours in (0.0, 2.0):
            now = time.time() + hours * 3600
            with monkeypatch.context() as patch:
                patch.setattr("regreen_sandbox.index.documents.time.time", lambda now=now: now)
                with _proxy(upstream, cache, as_of) as proxy:
                    for _ in range(3):
                        assert fetch(proxy.socket, "/simple/demo/").status == 200
        assert upstream.asked("/simple/demo") == statuses


def test_a_page_without_validators_is_fetched_again_for_today(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.etag = False
    with _proxy(upstream, tmp_path) as proxy:
        fetch(proxy.socket, "/simple/demo/")
    for page in (tmp_path / "cache" / "pages").rglob("*"):
        if page.is_file():
            head, _, body = page.read_bytes().partition(b"\n")
            kept = json.loads(head)
            kept["checked"] -= 3600
            page.write_bytes(json.dumps(kept).encode() + b"\n" + body)
    upstream.add("demo", Release("demo-3.0-py3-none-any.whl", b"new", "2024-01-01T00:00:00Z"))
    with _proxy(upstream, tmp_path) as proxy:
        assert len(_names(fetch(proxy.socket, "/simple/demo/").text)) == 2
        assert len(upstream.asked("/simple/demo")) == 1
        assert len(_names(fetch(proxy.socket, "/today/simple/demo/").text)) == 4


def test_the_client_is_told_when_nothing_changed(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        tag = fetch(proxy.socket, "/simple/demo/").headers["etag"]
        again = fetch(proxy.socket, "/simple/demo/", {"If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")


def test_what_does_not_exist_is_no_error(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        answer = fetch(proxy.socket, "/simple/not-there/")
        root = fetch(proxy.socket, "/simple/")
        assert (answer.status, proxy.errors) == (404, ())
        assert "no such project" in answer.text
        assert root.status == 404
        assert "is not served" in root.text
        moved = fetch(proxy.socket, "/simple/demo")
        assert (moved.status, moved.headers["location"]) == (301, "demo/")


def test_a_passing_failure_is_retried(upstream: Upstream, tmp_path: Path) -> None:
    upstream.plan = [500, 429]
    with _proxy(upstream, tmp_path) as proxy:
        assert fetch(proxy.socket, "/simple/demo/").status == 200
        assert proxy.errors == ()
    assert upstream.asked("demo") == [500, 429, 200]


def test_a_lasting_failure_is_told_and_kept(upstream: Upstream, tmp_path: Path) -> None:
    upstream.plan = [503] * 3
    with _proxy(upstream, tmp_path) as proxy:
        answer = fetch(proxy.socket, "/simple/demo/")
        assert answer.status == 502
        assert "demo: the index cannot be used: it answered with status 503" in answer.text
        assert len(proxy.errors) == 1
        assert proxy.errors[0] in answer.text
        assert fetch(proxy.socket, "/simple/demo/").status == 200


def test_an_upstream_that_is_down(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://me:hunter2@127.0.0.1:{unused.getsockname()[1]}/simple/"
        with IndexProxy(Address(url), tmp_path, AS_OF, patience=QUICK) as proxy:
            answer = fetch(proxy.socket, "/simple/demo/")
            assert answer.status == 502
            assert "Connection refused" in answer.text
            assert proxy.errors
            assert "hunter2" not in answer.text + repr(proxy.errors)


def test_when_the_upstream_goes_down_old_pages_serve_for_the_date_only(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        fetch(proxy.socket, "/simple/demo/")
    later = time.time() + 7 * 86400
    monkeypatch.setattr("regreen_sandbox.index.documents.time.time", lambda: later)
    upstream.plan = [503] * 6
    with _proxy(upstream, tmp_path) as proxy:
        assert fetch(proxy.socket, "/simple/demo/").status == 200
        assert fetch(proxy.socket, "/today/simple/demo/").status == 502


def test_a_wrong_file_never_arrives_whole_and_is_never_kept(
    upstream: Upstream, tmp_path: Path
) -> None:
    release = upstream.projects["demo"][1]
    release.digest = hashlib.sha256(b"another").hexdigest()
    target = f"/files/demo/{release.filename}"
    with _proxy(upstream, tmp_path) as proxy:
        for headers in ({}, {"Range": "bytes=0-9"}):
            answer = fetch(proxy.socket, target, headers)
            assert not (answer.status in (200, 206) and answer.whole)
        assert proxy.errors == (f"{release.filename}: the file does not match its sha256 digest",)
    assert not list((tmp_path / "cache" / "files").rglob("*-*"))
    assert not list((tmp_path / "cache" / "incoming").iterdir())


def test_a_download_that_breaks_off_goes_on(upstream: Upstream, tmp_path: Path) -> None:
    release = upstream.projects["demo"][1]
    upstream.cut = [150_000]
    with _proxy(upstream, tmp_path) as proxy:
        answer = fetch(proxy.socket, f"/files/demo/{release.filename}")
        assert answer.body == release.content
        assert proxy.errors == ()
    assert upstream.asked(release.filename) == [200, 206]


def test_a_file_of_another_size_is_refused(upstream: Upstream, tmp_path: Path) -> None:
    release = upstream.projects["demo"][1]
    with _proxy(upstream, tmp_path) as proxy:
        fetch(proxy.socket, "/simple/demo/")
        release.content += b"more"
        answer = fetch(proxy.socket, f"/files/demo/{release.filename}")
        assert answer.status == 502
        assert "size" in answer.text


def test_credentials_reach_the_upstream_and_nobody_else(upstream: Upstream, tmp_path: Path) -> None:
    upstream.login = ("me", "hunter2/é")
    url = upstream.url.replace("://", "://me:hunter2%2F%C3%A9@")
    address = Address(url)
    assert "hunter2" not in repr(address)
    seen = ""
    with IndexProxy(address, tmp_path / "cache", AS_OF, patience=QUICK) as proxy:
        for target in ("/simple/demo/", "/files/demo/demo-1.0-py3-none-any.whl", "/simple/nope/"):
            answer = fetch(proxy.socket, target)
            assert answer.status == (404 if "nope" in target else 200)
            seen += repr(answer.headers) + answer.body.decode("latin-1")
        upstream.login = ("me", "changed")
        assert fetch(proxy.socket, "/simple/other/").status == 403
        seen += repr(proxy.errors) + fetch(proxy.socket, "/simple/other/").text
        assert proxy.errors
    for path in (tmp_path / "cache").rglob("*"):
        seen += str(path) + (path.read_bytes().decode("latin-1") if path.is_file() else "")
    assert "hunter2" not in seen


def test_credentials_do_not_go_to_another_origin(upstream: Upstream, tmp_path: Path) -> None:
    content = wheel("far", "1.0")
    with HTTPServer(host="localhost", threaded=True) as elsewhere:
        seen: list[str | None] = []
        other = Upstream(elsewhere)
        other.add("far", Release("far-1.0-py3-none-any.whl", content, None))
        link = elsewhere.url_for("/packages/far-1.0-py3-none-any.whl")
        upstream.server.clear()
        upstream.server.expect_request("/simple/far/").respond_with_data(
            f'<a href="{link}">far-1.0-py3-none-any.whl</a>', content_type="text/html"
        )
        url = upstream.url.replace("://", "://me:hunter2@")
        with IndexProxy(Address(url), tmp_path, AS_OF, patience=QUICK) as proxy:
            answer = fetch(proxy.socket, "/files/far/far-1.0-py3-none-any.whl")
            assert answer.body == content
        seen = [headers.get("authorization") for *_, headers in other.seen]
    assert seen == [None]


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/simple/../simple/demo/",
        "/simple/%2e%2e/",
        "/simple/demo%2f..%2f..%2fetc/",
        "/simple/demo%00/",
        "/simple/demo/x/",
        "/files/demo/..%2f..%2f..%2fetc%2fpasswd",
        "/files/demo/%2e%2e",
        "/files/demo/",
        "/files/../../etc/passwd",
        "/today/today/simple/demo/",
        "/today",
        "/files/demo/http:%2f%2fexample.invalid%2fx",
        "http://example.invalid/simple/demo/",
        "/simple/" + "a" * 3000 + "/",
        "/simple/d%C3%A9mo/",
    ],
)
def test_tricks_with_paths_reach_nothing(upstream: Upstream, tmp_path: Path, target: str) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        assert fetch(proxy.socket, target).status == 404
    assert upstream.seen == []


def _raw(path: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        received = bytearray()
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while block := client.recv(65536):
                received += block
        except (BrokenPipeError, ConnectionResetError):
            pass
        return bytes(received)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /simple/demo/ HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
        (b"GET /simple/demo/ HTTP/1.1\r\n" + b"X: yyyyyyyyyyyyyyyyy\r\n" * 5000, b"431"),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"POST /simple/demo/ HTTP/1.1\r\nHost: x\r\n\r\n", b"501"),
        (b"CONNECT example.invalid:443 HTTP/1.1\r\n\r\n", b"501"),
        (b"GET /simple/demo/ HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
)
def test_hostile_requests_are_answered_and_the_proxy_goes_on(
    upstream: Upstream, tmp_path: Path, request_head: bytes, status: bytes
) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        answer = _raw(proxy.socket, request_head)
        assert status in answer[:200] or answer == b""
        assert fetch(proxy.socket, "/simple/demo/").status == 200
        assert proxy.errors == ()


def test_idle_connections_are_bounded_and_leave(upstream: Upstream, tmp_path: Path) -> None:
    before = threading.active_count()
    with _proxy(upstream, tmp_path) as proxy:
        idle = []
        for _ in range(400):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(proxy.socket))
            idle.append(client)
        time.sleep(0.5)
        assert threading.active_count() - before < 140
        for client in idle:
            client.close()
        assert fetch(proxy.socket, "/simple/demo/").status == 200
        started = time.monotonic()
        held = UnixConnection(proxy.socket)
        held.connect()
    assert time.monotonic() - started < 3
    held.close()
    deadline = time.monotonic() + 5
    while threading.active_count() > before + 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before + 1


def test_connections_are_kept_alive(upstream: Upstream, tmp_path: Path) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        connection = UnixConnection(proxy.socket)
        for target in ("/simple/demo/", "/simple/nope/", "/files/demo/demo-1.0-py3-none-any.whl"):
            connection.request("GET", target)
            connection.getresponse().read()
            first = connection.sock
            assert first is not None
        connection.close()


def test_the_socket_is_reachable_in_the_container_and_by_nobody_else(
    upstream: Upstream, tmp_path: Path
) -> None:
    with _proxy(upstream, tmp_path) as proxy:
        path, directory = proxy.socket, proxy.directory
        assert path.parent == directory
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        assert stat.S_IMODE(directory.stat().st_mode) == 0o755
        assert stat.S_IMODE(directory.parent.stat().st_mode) == 0o700
        assert list(directory.iterdir()) == [path]
    assert not directory.parent.exists()


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = Path(os.path.relpath(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(base) if len(str(base)) < 60 else "/tmp")
    with _proxy(upstream, tmp_path) as living:
        parent = living.directory.parent.parent
        dead = parent / "regreen-index-dead"
        (dead / "socket").mkdir(parents=True)
        (dead / "owner.lock").touch()
        with _proxy(upstream, tmp_path):
            assert not dead.exists()
            assert living.socket.exists()
    assert not list(parent.glob("regreen-index-*")) or parent == Path("/tmp")


def test_the_cache_has_a_size(upstream: Upstream, tmp_path: Path) -> None:
    for number in range(8):
        content = os.urandom(100_000)
        upstream.add("many", Release(f"many-{number}-py3-none-any.whl", content, None))
    cache = tmp_path / "cache"
    (cache / "incoming").mkdir(parents=True)
    abandoned = cache / "incoming" / "left"
    abandoned.write_bytes(b"x")
    os.utime(abandoned, (0, 0))
    address = Address(upstream.url)
    with IndexProxy(address, cache, AS_OF, cache_bytes=400_000, patience=QUICK) as proxy:
        for number in range(8):
            path = f"/files/many/many-{number}-py3-none-any.whl"
            assert len(fetch(proxy.socket, path).body) == 100_000
            time.sleep(0.02)
    files = [path for path in (cache / "files").rglob("*") if path.is_file()]
    assert 0 < sum(path.stat().st_size for path in files) <= 400_000
    newest = upstream.projects["many"][-1].sha256
    assert any(path.name.endswith(newest) for path in files)
    assert not abandoned.exists()


def test_without_room_for_a_cache_everything_is_served_all_the_same(
    upstream: Upstream, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("no folder")
    release = upstream.projects["demo"][1]
    target = f"/files/demo/{release.filename}"
    with _proxy(upstream, tmp_path) as proxy:
        assert fetch(proxy.socket, target).body == release.content
        # The whole where a part was asked for is what HTTP allows then.
        answer = fetch(proxy.socket, target, {"Range": "bytes=0-9"})
        assert (answer.status, answer.body) == (200, release.content)
        assert proxy.errors == ()


def test_two_proxies_share_a_cache(upstream: Upstream, tmp_path: Path) -> None:
    release = Release("big-1-py3-none-any.whl", os.urandom(8 << 20), "2022-01-01T00:00:00Z")
    upstream.add("big", release)
    right: list[bool] = []

    def one(path: Path) -> None:
        right.append(fetch(path, f"/files/big/{release.filename}").body == release.content)

    with _proxy(upstream, tmp_path) as first, _proxy(upstream, tmp_path) as second:
        sockets = [first.socket, second.socket] * 4
        threads = [threading.Thread(target=one, args=(path,)) for path in sockets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert right == [True] * 8
        assert first.errors == second.errors == ()
    kept = [path for path in (tmp_path / "cache" / "files").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [f"sha256-{release.sha256}"]
    assert not list((tmp_path / "cache" / "incoming").iterdir())


def test_a_damaged_cache_heals(upstream: Upstream, tmp_path: Path) -> None:
    release = upstream.projects["demo"][0]
    target = f"/files/demo/{release.filename}"
    with _proxy(upstream, tmp_path) as proxy:
        fetch(proxy.socket, target)
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(b"{}")
    with _proxy(upstream, tmp_path) as proxy:
        assert fetch(proxy.socket, target).body == release.content
        assert proxy.errors == ()


def test_a_page_that_is_no_page(upstream: Upstream, tmp_path: Path) -> None:
    pages = {
        "/simple/broken/": ("{", JSON_TYPE),
        "/simple/odd/": ('{"files": 3}', JSON_TYPE),
        "/simple/picture/": ("x", "image/png"),
    }
    upstream.server.clear()
    for path, (body, kind) in pages.items():
        upstream.server.expect_request(path).respond_with_data(body, content_type=kind)
    with _proxy(upstream, tmp_path) as proxy:
        for path in pages:
            assert fetch(proxy.socket, path).status == 502
        assert len(proxy.errors) == 3


def test_a_date_needs_a_time_zone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        IndexProxy(Address("http://127.0.0.1:1/"), tmp_path, datetime(2023, 3, 4))  # noqa: DTZ001
