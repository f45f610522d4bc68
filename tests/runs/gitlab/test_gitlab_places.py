"""Where logs may come from, what the token goes to, and which certificates are trusted."""

from __future__ import annotations

import ssl
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, parse, pull
from tests.runs.conftest import KEY, TOKEN, Fetch, hide
from tests.runs.gitlab.asking import failure, log_of, serving
from tests.runs.gitlab.lab import JOBS, PIPELINE, REPOSITORY, TRACE
from tests.runs.hub import Asked, Hub, Reply, ranged, send

# Where things come from


def test_the_token_goes_to_the_interface_and_nowhere_else(
    red: Hub, blobs: Hub, fetch: Fetch
) -> None:
    red.on(TRACE, Reply(status=302, headers={"Location": f"{blobs.server}/bucket/1?sig=s3"}))
    blobs.on("/bucket/1", ranged(b"stored elsewhere\n", 5))
    assert log_of(fetch) == b"stored elsewhere\n"
    assert len(blobs.asked) == 2
    assert blobs.asked[1].headers["range"] == "bytes=5-"
    for asked in blobs.asked:
        assert not [value for value in asked.headers.values() if TOKEN in value]
        assert "private-token" not in asked.headers
    assert {asked.headers["private-token"] for asked in red.asked} == {TOKEN}


@pytest.mark.parametrize("path", ["/uploads/1.log", "/api/v4/%2e%2e/uploads", "/api/v4/../uploads"])
def test_the_token_does_not_go_to_other_paths_of_the_same_server(
    red: Hub, fetch: Fetch, path: str
) -> None:
    red.on(TRACE, Reply(status=302, headers={"Location": red.server + path}))
    for place in ("/uploads/1.log", "/api/uploads", "/api/v4/../uploads", "/api/v4/%2E%2E/uploads"):
        red.on(place, Reply(b"here\n"))
    assert log_of(fetch) == b"here\n"
    asked = [one for one in red.asked if "uploads" in one.path]
    assert len(asked) == 1
    assert "private-token" not in asked[0].headers


def test_metadata_that_redirects_elsewhere_is_refused(red: Hub, blobs: Hub, fetch: Fetch) -> None:
    red.on(PIPELINE, Reply(status=301, headers={"Location": f"{blobs.server}{PIPELINE}"}))
    assert "the token does not go there" in failure(fetch).message
    assert blobs.asked == []


def test_a_renamed_project_is_followed(red: Hub, fetch: Fetch) -> None:
    moved = "/api/v4/projects/1/pipelines/100"
    red.on(moved, red.routes[PIPELINE][0])
    red.on(PIPELINE, Reply(status=302, headers={"Location": moved}))
    assert fetch().repository == REPOSITORY


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("ftp://127.0.0.1/y", "not encrypted"),
        ("http://example.invalid/log", "not encrypted"),
        ("http://[::1", "nobody can follow"),
        ("file:///etc/passwd", "nobody can follow"),
        ("http://127.0.0.1:99999/x", "nobody can follow"),
        ("http://user:word@127.0.0.1/x", "nobody can follow"),
    ],
)
def test_a_log_comes_from_no_odd_address(red: Hub, fetch: Fetch, location: str, words: str) -> None:
    red.on(TRACE, Reply(status=302, headers={"Location": location}))
    assert words in failure(fetch).message


@pytest.mark.parametrize("path", [PIPELINE, JOBS, TRACE])
def test_redirects_in_a_circle_end(red: Hub, fetch: Fetch, path: str) -> None:
    red.on(path, Reply(status=302, headers={"Location": red.server + path}))
    assert "redirects without coming to an end" in failure(fetch).message
    assert red.count(path) < 10


def test_what_netrc_holds_is_sent_nowhere(
    red: Hub,
    blobs: Hub,
    fetch: Fetch,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    del environment["GITLAB_TOKEN"]
    red.on(TRACE, Reply(status=302, headers={"Location": f"{blobs.server}/bucket/1"}))
    blobs.on("/bucket/1", Reply(b"red\n"))
    fetch()
    assert not [one for one in red.asked + blobs.asked if "authorization" in one.headers]


# A certificate of one's own


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "own.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", names]
    command += ["-keyout", str(tmp_path / "key.pem"), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.mark.parametrize("trusted", [None, "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_self_signed_certificate(
    red: Hub,
    certificate: Path,
    environment: dict[str, str],
    access: Access,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    trusted: str | None,
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            send(self, red.reply(Asked(self.path.partition("?")[0], {}, {})))

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.parent / "key.pem")
    with serving(Handler, context) as server:
        home = f"https://127.0.0.1:{server.server_address[1]}"
        environment["GITLAB_HOST"] = home
        if trusted:
            environment[trusted] = str(certificate)
        text = f"{home}/{REPOSITORY}/-/pipelines/100"
        reference = parse(text, remote=None, environment=environment)
        if trusted:
            assert pull(reference, store, mask=hide, key=KEY, access=access).jobs[0].log
            return
        with pytest.raises(UsageError, match="not to be trusted") as caught:
            pull(reference, store, mask=hide, key=KEY, access=access)
    assert "export REQUESTS_CA_BUNDLE=" in caught.value.next_step
    assert "SSL_CERT_FILE" in caught.value.next_step
    assert red.asked == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_that_is_not_there_is_said(
    environment: dict[str, str], access: Access, store: Path, variable: str
) -> None:
    environment |= {variable: "/nowhere/own.pem", "GITLAB_HOST": "https://127.0.0.1:9"}
    text = f"https://127.0.0.1:9/{REPOSITORY}/-/pipelines/1"
    reference = parse(text, remote=None, environment=environment)
    with pytest.raises(UsageError, match=f"{variable} names a file that is not there"):
        pull(reference, store, mask=hide, key=KEY, access=access)
