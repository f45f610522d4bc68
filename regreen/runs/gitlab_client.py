"""How python-gitlab and requests are set up: no retries, redirects or netrc, and bounded bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from gitlab import Gitlab
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from regreen.errors import UsageError
from regreen.runs.github_errors import Refused, packed, packing
from regreen.runs.gitlab_tokens import Caller
from regreen.runs.provider import Access
from regreen.runs.watch import Watch

_MOST_WORDS = 64 << 10
_WORDS_SECONDS = 20.0
_PIECE = 64 << 10
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Moved(Exception):
    """The answer is a redirect, to ``location`` (as it was sent)."""

    def __init__(self, location: str) -> None:
        super().__init__("a redirect")
        self.location = location


class _Adapter(HTTPAdapter):
    """Raises redirects and errors before requests would read their bodies to the end."""

    def __init__(self, access: Access, watch: Watch, storage: bool) -> None:
        self._access = access
        self._watch = watch
        self._storage = storage
        self._pools = _pools(watch)
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
        manager = super().proxy_manager_for(*args, **more)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        with self._watch.head():
            return self._answered(super().send(request, *args, **more))

    def _answered(self, response: requests.Response) -> requests.Response:
        how = packing(response.headers)
        if response.status_code < 300 and not how:
            return response
        try:
            location = response.headers.get("location")
            if response.status_code < 400 and location is not None:
                raise Moved(location)
            if response.status_code < 300:
                raise packed(urlsplit(response.url).netloc, how)
            headers = {name.lower(): value for name, value in response.headers.items()}
            words = b"" if how else self._words(response)
            raise Refused(response.status_code, headers, words, self._storage)
        finally:
            response.close()

    def _words(self, response: requests.Response) -> bytes:
        """Read the beginning of what a refusal says; how it ends does not matter."""
        deadline = self._access.now() + _WORDS_SECONDS
        body = b""
        try:
            for piece in pieces(response):
                body += piece
                if len(body) > _MOST_WORDS or self._access.now() > deadline:
                    break
        except (urllib3.exceptions.HTTPError, OSError):
            pass
        return body


def session(access: Access, watch: Watch, *, storage: bool) -> requests.Session:
    """Return a session that follows no redirects and raises errors as Refused.

    Nothing is packed: a body has as many bytes as come over the network.

    Proxies and certificates come from the environment as requests takes them; ``~/.netrc`` does
    not: what it holds is not meant for here.
    """
    made = requests.Session()
    made.auth = _no_login
    made.headers["Accept-Encoding"] = "identity"
    made.verify = _bundle(access.environment)
    for prefix in ("http://", "https://"):
        made.mount(prefix, _Adapter(access, watch, storage))
    return made


def client(caller: Caller, access: Access, watch: Watch) -> Gitlab:
    """Return python-gitlab's client with the token, for use in one thread.

    Its own retries and its waiting for limits stay off: ``gitlab_api`` does both, within bounds.
    """
    token = caller.token.value if caller.token else None
    return Gitlab(
        caller.server,
        private_token=None if caller.of_job else token,
        job_token=token if caller.of_job else None,
        ssl_verify=_bundle(access.environment),
        timeout=access.silence,
        user_agent="regreen",
        retry_transient_errors=False,
        keep_base_url=True,
        session=session(access, watch, storage=False),
    )


def pieces(response: requests.Response) -> Iterator[bytes]:
    """Yield a body as it comes in, each piece after one read from the network.

    Raises urllib3's IncompleteRead when it ends before its length.
    """
    while piece := response.raw.read1(_PIECE, decode_content=False):
        yield piece


def _pools(watch: Watch) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools, with connections that ``watch`` knows."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class Encrypted(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


def _bundle(env: Mapping[str, str]) -> bool | str:
    """The file of authorities: requests knows the first two variables, OpenSSL the third.

    Raises UsageError when it is not there.
    """
    for name in _BUNDLES:
        if path := env.get(name, "").strip():
            if not Path(path).exists():
                raise UsageError(
                    f"{name} names a file that is not there: {path}",
                    f"export {name}=… with a PEM file of certificates, or unset it",
                )
            return path
    return True


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
