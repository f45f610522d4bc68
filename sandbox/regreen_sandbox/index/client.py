"""The one place that talks HTTP to the upstream index, with patience and without leaks.

Proxies, ``netrc`` and the CA bundle are the host's own; credentials from the index address go to
that address's origin and to no other. Messages never hold an address.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import HTTPError

from regreen_sandbox.index.upstream import Upstream

PAGE_BYTES = 64 << 20
BLOCK = 128 * 1024
_TIMEOUT = (10.0, 60.0)  # connect, wait for bytes
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 10.0
_GONE = frozenset({404, 410})


class UpstreamError(Exception):
    """The upstream did not give what was asked; ``status`` is what the sandbox is answered."""

    def __init__(self, message: str, status: int = 502) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and how long the first pause is (each next one doubles)."""

    tries: int = 4
    pause: float = 0.25


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A project page as it came; ``url`` is where it was found in the end."""

    url: str
    content_type: str
    etag: str | None
    last_modified: str | None
    body: bytes


class Client:
    """Fetches pages and files from one upstream. Safe for many threads."""

    def __init__(self, upstream: Upstream, patience: Patience) -> None:
        self._address = upstream.address
        self._patience = patience
        self._origin = _origin(upstream.address)
        self._verify = _ca_bundle(upstream)
        self._auth = _login(upstream)
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=8, pool_maxsize=64)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def page(self, project: str, validators: Mapping[str, str]) -> FetchedPage | None:
        """Fetch a project's page; ``None`` when it has not changed since ``validators``.

        Raises ``UpstreamError``, with status 404 when there is no such project.
        """
        from pypi_simple import ACCEPT_JSON_PREFERRED  # late: it takes a quarter of a second

        return self.document(quote(project) + "/", ACCEPT_JSON_PREFERRED, validators)

    def document(
        self, place: str, accept: str, validators: Mapping[str, str], limit: int = PAGE_BYTES
    ) -> FetchedPage | None:
        """Fetch what is at ``place`` (quoted) below the upstream's address, like a page."""
        base = urlsplit(self._address)
        url = base._replace(path=base.path + place).geturl()
        with self._request("GET", url, {"Accept": accept, **validators}) as response:
            if response.status_code == 304 and validators:
                return None
            _check(response)
            try:
                body = _read(response, limit)
            except (HTTPError, OSError) as error:
                reason = type(error).__name__
                raise UpstreamError(f"the index broke off its answer ({reason})") from error
            return FetchedPage(
                url=_without_userinfo(response.url),
                content_type=response.headers.get("Content-Type", "text/html"),
                etag=response.headers.get("ETag"),
                last_modified=response.headers.get("Last-Modified"),
                body=body,
            )

    def head(self, url: str) -> int | None:
        """The length of a file in bytes, if the upstream tells it."""
        with self._request("HEAD", url, {"Accept-Encoding": "identity"}) as response:
            return _length(response) if response.status_code == 200 else None

    def file(self, url: str, wanted: str | None = None) -> Download:
        """Open a file, or with ``wanted`` (a ``Range`` header) a part of it."""
        return Download(self, url, self.open(url, wanted), resumable=wanted is None)

    def open(self, url: str, wanted: str | None) -> requests.Response:
        """Open a file's response. Raises ``UpstreamError`` unless it is a success."""
        headers = {"Accept-Encoding": "identity"}
        if wanted is not None:
            headers["Range"] = wanted
        response = self._request("GET", url, headers)
        if response.status_code == 416:
            response.close()
            raise UpstreamError("no such part of the file", 416)
        _check(response)
        return response

    def _request(self, method: str, url: str, headers: Mapping[str, str]) -> requests.Response:
        if urlsplit(url).scheme not in ("http", "https"):
            raise UpstreamError("the index links to an address that is neither http nor https")
        auth = self._auth if _origin(url) == self._origin else None
        reason = ""
        for attempt in range(self._patience.tries):
            pause = self._patience.pause * 2**attempt
            try:
                response = self._session.request(
                    method,
                    url,
                    headers=dict(headers),
                    auth=auth,
                    timeout=_TIMEOUT,
                    verify=self._verify,
                    stream=True,
                    allow_redirects=True,
                )
            except OSError as error:  # requests' own errors are OSErrors too
                reason = _explain(error)
                if not _passing(error):
                    raise UpstreamError(f"the index cannot be reached: {reason}") from None
            else:
                if response.status_code not in _RETRIED:
                    return response
                reason = f"it answered with status {response.status_code}"
                pause = max(pause, _asked_pause(response))
                response.close()
            if attempt + 1 < self._patience.tries:
                time.sleep(min(pause, _LONGEST_PAUSE))
        raise UpstreamError(
            f"the index cannot be used: {reason}, after {self._patience.tries} tries"
        )


class Download:
    """An open file: a context manager, and an iterator over its blocks that resumes by itself."""

    def __init__(
        self, client: Client, url: str, response: requests.Response, *, resumable: bool
    ) -> None:
        self._client = client
        self._url = url
        self._response = response
        self._resumes = 3 if resumable else 0
        self.partial = response.status_code == 206
        self.content_range = response.headers.get("Content-Range")
        self.length = _length(response)

    def __enter__(self) -> Download:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._response.close()

    def __iter__(self) -> Iterator[bytes]:
        done = 0
        while True:
            try:
                for block in _blocks(self._response):
                    done += len(block)
                    yield block
                if self.length is None or done >= self.length:
                    return
                reason = "it ended early"
            except (HTTPError, OSError) as error:
                reason = type(error).__name__
            if not self._resumes:
                raise UpstreamError(f"the download broke off: {reason}")
            self._resumes -= 1
            self._resume(done)

    def _resume(self, done: int) -> None:
        self._response.close()
        self._response = self._client.open(self._url, f"bytes={done}-")
        if self._response.status_code == 206:
            return
        left = done
        while left and (block := self._response.raw.read(min(left, BLOCK), decode_content=False)):
            left -= len(block)


def _blocks(response: requests.Response) -> Iterator[bytes]:
    # Undecoded: the hash and the length are those of the file as it is stored.
    while block := response.raw.read(BLOCK, decode_content=False):
        yield block


def _read(response: requests.Response, limit: int) -> bytes:
    body = bytearray()
    for block in response.iter_content(BLOCK):
        body += block
        if len(body) > limit:
            raise UpstreamError(f"the page is larger than {limit} bytes")
    return bytes(body)


def _check(response: requests.Response) -> None:
    status = response.status_code
    if status in (200, 206):
        return
    response.close()
    if status in _GONE:
        raise UpstreamError("the index has no such project or file", 404)
    refused = status in (401, 403)
    raise UpstreamError(f"the index answered with status {status}", 403 if refused else 502)


def _length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


class _Bearer(AuthBase):
    """A token, as npm's registries take it (RFC 6750)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _login(upstream: Upstream) -> AuthBase | None:
    if upstream.token is not None:
        return _Bearer(upstream.token)
    login = upstream.credentials
    # As bytes: requests would encode text as Latin-1.
    return HTTPBasicAuth(login[0].encode(), login[1].encode()) if login else None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _ca_bundle(upstream: Upstream) -> str | bool:
    if upstream.cert is not None:
        return str(upstream.cert)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if value := os.environ.get(name):
            return value
    return True


def _passing(error: OSError) -> bool:
    if isinstance(error, requests.exceptions.SSLError):
        return False
    return isinstance(error, (requests.ConnectionError, requests.Timeout))


def _explain(error: OSError) -> str:
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    system = cause.strerror if isinstance(cause, OSError) else None
    return f"{type(error).__name__} ({system or type(cause).__name__})"


def _asked_pause(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
