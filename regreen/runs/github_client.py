"""How githubkit is set up: no retries, cache or redirects of its own, and bounded refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from githubkit import GitHub

from regreen.runs.github_errors import Refused, packing
from regreen.runs.provider import Access
from regreen.runs.watch import Watch

_MOST_WORDS = 64 << 10
_WORDS_SECONDS = 20.0

_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
"""Events of httpcore (https://www.encode.io/httpcore/extensions/#trace) that bring a stream."""


def client(
    base: httpx.URL, token: str | None, access: Access, watch: Watch, *, storage: bool
) -> GitHub[Any]:
    """Return a client, to be entered and used in one thread; ``watch`` knows its connections.

    Every answer with an error status is raised as Refused before githubkit looks at it: it would
    read such a body to its end, however long, and trust the numbers in its headers.
    """

    def refuse(response: httpx.Response) -> None:
        if not response.is_error:
            return
        deadline = access.now() + _WORDS_SECONDS
        body = b""
        for chunk in response.iter_raw() if not packing(response.headers) else ():
            body += chunk
            if len(body) > _MOST_WORDS or access.now() > deadline:
                break
        raise Refused(response.status_code, response.headers, body, storage)

    def prepare(request: httpx.Request) -> None:
        request.headers["Accept-Encoding"] = "identity"
        request.extensions = {**request.extensions, "trace": connected}

    def connected(event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(_CONNECTED):
            watch.add(info["return_value"].get_extra_info("socket"))

    return GitHub(
        token,
        base_url=base,
        user_agent="regreen",
        follow_redirects=False,
        timeout=httpx.Timeout(access.silence),
        http_cache=False,
        auto_retry=False,
        event_hooks={"request": [prepare], "response": [refuse]},
    )


def api_address(server: str) -> str:
    """Return where a server's REST interface lies.

    Source: https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api and,
    for ``*.ghe.com`` and Enterprise Server (``/api/v3``), the same page's other editions.
    """
    parts = urlsplit(server)
    if parts.netloc == "github.com" or parts.netloc.endswith(".ghe.com"):
        return f"https://api.{parts.netloc}"
    return f"{server}/api/v3"


def reason(error: BaseException) -> str:
    """A connection's failure in words that hold neither headers nor signed addresses."""
    if isinstance(error, httpx.TimeoutException):
        return "it does not answer in time"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error})"
    return f"the connection broke off ({type(error).__name__})"
