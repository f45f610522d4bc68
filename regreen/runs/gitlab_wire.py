"""One request to GitLab and its answer: bounded, and the token kept at home.

Everything goes through python-gitlab's ``http_request``, piece by piece: its managers would read
bodies without bounds, and its pages follow whatever address the server sends, with the token.
Redirects decide here whether the token goes along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import requests

from regreen.errors import UsageError
from regreen.runs.bounded import MOST_BYTES, from_text
from regreen.runs.github_errors import Refused
from regreen.runs.gitlab_client import Moved, client, pieces, session
from regreen.runs.gitlab_download import BROKEN
from regreen.runs.gitlab_errors import PROXY
from regreen.runs.gitlab_tokens import Caller
from regreen.runs.provider import Access
from regreen.runs.servers import is_loopback
from regreen.runs.watch import TooSlow, Watch

Params = Mapping[str, str | int]

MOST_JSON = MOST_BYTES
_JSON_SECONDS = 300.0
_HOPS = 5


class Wire:
    """The connections to one server (``home``, with the token) and to others (without)."""

    def __init__(self, caller: Caller, access: Access) -> None:
        """Open nothing yet."""
        self._caller = caller
        self._access = access
        self.watch = Watch(access.answer)
        self._home = client(caller, access, self.watch)
        self._away = session(access, self.watch, storage=True)

    def close(self) -> None:
        """End all connections."""
        self._home.session.close()
        self._away.close()

    def is_gitlab(self, root: str) -> bool:
        """Whether GitLab's interface lies below ``root``: it wants a login to tell its version."""
        url = f"{api_base(self._caller.server, root)}version"
        try:
            response = self._away.get(url, stream=True, timeout=self._access.silence)
            response.close()
        except Refused as refused:
            return refused.status in (401, 403) and _is_object(refused.body)
        except (Moved, TooSlow, *BROKEN):
            return False
        return response.headers.get("content-type", "").startswith("application/json")

    def json(self, url: str, home: str, params: Params) -> tuple[Any, Params]:
        """Return the JSON at ``url`` (``None``: it is none), and the next page's parameters.

        Redirects are followed below ``home`` only, where the token may go.
        """
        given: Params = params
        for _ in range(_HOPS):
            try:
                response = self._at_home(url, given, {})
            except Moved as moved:
                url, given = self._joined(url, moved.location), {}
            else:
                with response:
                    return self._json(response), _next_page(response)
            if not _is_below(url, home):
                raise UsageError(
                    f"{self._caller.host} redirects to {_place(url)}; the token does not go there",
                    PROXY,
                )
        raise self._endless()

    def _json(self, response: requests.Response) -> Any:
        deadline = self._access.now() + _JSON_SECONDS
        body = bytearray()
        try:
            for chunk in self.watch.paced(pieces(response)):
                body += chunk
                if len(body) > MOST_JSON or self._access.now() > deadline:
                    raise self._unending()
        except TooSlow:
            raise self._unending() from None
        try:
            return from_text(body)
        except ValueError:
            return None

    def _unending(self) -> UsageError:
        return UsageError(f"{self._caller.host} does not come to the end of its answer", PROXY)

    def follow(self, url: str, home: str, at: int) -> requests.Response:
        """Open a log from byte ``at``: below ``home`` with the token, elsewhere without it."""
        headers = {"Range": f"bytes={at}-"} if at else {}
        for _ in range(_HOPS):
            try:
                if _is_below(url, home):
                    return self._at_home(url, {}, headers)
                self._require_safe(url)
                more = {**headers, "User-Agent": "regreen"}
                return self._away.get(url, stream=True, timeout=self._access.silence, headers=more)
            except Moved as moved:
                url = self._joined(url, moved.location)
        raise self._endless()

    def _at_home(self, url: str, params: Params, headers: Mapping[str, str]) -> requests.Response:
        return self._home.http_request(
            "get",
            url,
            query_data=dict(params),
            streamed=True,
            timeout=self._access.silence,
            obey_rate_limit=False,
            extra_headers=dict(headers),
        )

    def _joined(self, url: str, location: str) -> str:
        try:
            joined = urljoin(url, location)
            parts = urlsplit(joined)
            if parts.hostname and parts.port != 0 and "@" not in parts.netloc:
                return joined
        except ValueError:
            pass
        raise UsageError(
            f"{self._caller.host} redirects to an address that nobody can follow", PROXY
        )

    def _endless(self) -> UsageError:
        return UsageError(f"{self._caller.host} redirects without coming to an end", PROXY)

    def _require_safe(self, url: str) -> None:
        """Logs come over https; over http only where this very machine is the server."""
        parts = urlsplit(url)
        local = self._caller.server.startswith("http:") and is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise UsageError(
                f"{self._caller.host} redirects to an address that is not encrypted", PROXY
            )


def api_base(server: str, root: str) -> str:
    """Return the address of the interface of the GitLab below ``root`` on ``server``."""
    return f"{server}{root}/api/v4/"


def _is_below(url: str, home: str) -> bool:
    return url.startswith(home) and ".." not in unquote(urlsplit(url).path).split("/")


def _next_page(response: requests.Response) -> dict[str, str | int]:
    """Return the parameters of the next page; none: this is the last one."""
    if link := response.links.get("next", {}).get("url", ""):
        try:
            return dict(parse_qsl(urlsplit(link).query))
        except ValueError:
            return {}
    number = response.headers.get("x-next-page", "").strip()
    return {"page": number} if number.isascii() and number.isdigit() else {}


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _place(url: str) -> str:
    return urlsplit(url).netloc[:200]
