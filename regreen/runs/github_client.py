"""How githubkit is set up: no retries, cache or redirects of its own, and bounded refusals."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
from githubkit import GitHub

from regreen.runs.github_errors import Refused
from regreen.runs.provider import Access

_MOST_WORDS = 64 << 10
_WORDS_SECONDS = 60.0


def client(base: httpx.URL, token: str | None, access: Access, *, storage: bool) -> GitHub[Any]:
    """Return a client, to be entered and used in one thread.

    Every answer with an error status is raised as Refused before githubkit looks at it: it would
    read such a body to its end, however long, and trust the numbers in its headers.
    """

    def refuse(response: httpx.Response) -> None:
        if not response.is_error:
            return
        deadline = access.now() + _WORDS_SECONDS
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _MOST_WORDS or access.now() > deadline:
                break
        raise Refused(response.status_code, response.headers, body, storage)

    return GitHub(
        token,
        base_url=base,
        user_agent="regreen",
        follow_redirects=False,
        timeout=httpx.Timeout(access.silence),
        http_cache=False,
        auto_retry=False,
        event_hooks={"response": [refuse]},
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
