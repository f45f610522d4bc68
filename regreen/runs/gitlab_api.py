"""GitLab's REST interface through python-gitlab: bounded, retried, and the token kept at home.

Everything goes through its ``http_get``, piece by piece: its managers would read bodies without
bounds, and its pages follow whatever address the server sends, with the token. Redirects decide
here whether the token goes along. Errors of python-gitlab, requests and urllib3 end here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import requests
import urllib3

from regreen.errors import UsageError
from regreen.runs.github_errors import Absent, Refused, retry_after
from regreen.runs.gitlab_client import Moved, client, pieces, session
from regreen.runs.gitlab_download import BROKEN, Download
from regreen.runs.gitlab_errors import (
    PROXY,
    limited,
    not_as_promised,
    rate_limit,
    refusal,
    unreachable,
    untrusted,
)
from regreen.runs.gitlab_tokens import PUBLIC, Caller, root_named
from regreen.runs.provider import Access, LogStream, Progress
from regreen.runs.servers import is_loopback

T = TypeVar("T")
Params = Mapping[str, str | int]

PER_PAGE = 100
MOST_PAGES = 100
MOST_JSON = 64 << 20
_JSON_SECONDS = 300.0
_TRIES = 4
_HOPS = 5
_DEEPEST_ROOT = 2


class Api:
    """One GitLab server. Use it in the thread that made it, and close it."""

    def __init__(self, caller: Caller, access: Access, progress: Progress) -> None:
        """Speak to ``caller.server``; below which path GitLab lies there is found out when asked."""
        self.caller = caller
        self._access = access
        self._progress = progress
        self._waited = 0.0
        self._home = client(caller, access)
        self._away = session(access, storage=True)
        known = "" if caller.server == PUBLIC else root_named(caller.server, access.environment)
        self._root: str | None = known

    def close(self) -> None:
        """End all connections."""
        self._home.session.close()
        self._away.close()

    def project(self, repository: str) -> str:
        """Return the address of a project's interface, by its path on the server or by its id."""
        root = self.root(repository)
        inside = repository.removeprefix(f"{root[1:]}/") if root else repository
        return f"{self._base(root)}projects/{quote(inside, safe='')}"

    def root(self, repository: str) -> str:
        """Return the path under which GitLab lies on the server: "", or with a slash before it.

        A path of three parts can be a group's, or begin with a relative URL root
        (https://docs.gitlab.com/install/relative_url/): then the server is asked, without a token.
        """
        if self._root is None:
            parts = repository.split("/")
            deepest = min(len(parts) - 2, _DEEPEST_ROOT)
            roots = ["/" + "/".join(parts[:n]) if n else "" for n in range(deepest + 1)]
            found = roots[:1] if len(roots) == 1 else [r for r in roots if self._is_gitlab(r)]
            self._root = found[0] if found else ""
        return self._root

    def settle(self, root: str) -> None:
        """Take ``root`` for known."""
        self._root = root

    def get(
        self, url: str, what: str, params: Params | None = None, *, tries: int = _TRIES
    ) -> Mapping[str, Any]:
        """Return the JSON object at ``url``; ``what`` names it in messages.

        Raises UsageError for every refusal and for what is no JSON object.
        """
        found, _ = self._present(url, what, tries, params or {})
        if not isinstance(found, dict):
            raise self.not_as_promised(what)
        return found

    def rows(
        self, url: str, what: str, params: Params | None = None, *, pages: int = MOST_PAGES
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of the list at ``url``, on all pages. Raises as ``get`` does.

        The next page is what ``Link`` or ``X-Next-Page`` says, by number or by keyset; of its
        address only the parameters are taken (https://docs.gitlab.com/api/rest/#pagination).
        """
        asked: dict[str, str | int] = {"per_page": PER_PAGE, **(params or {})}
        for _ in range(pages):
            found, headers = self._present(url, what, _TRIES, asked)
            if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
                raise self.not_as_promised(what)
            yield from found
            more = _next_page(headers)
            if not found or not more:
                return
            asked = {**asked, **more}
        if pages == MOST_PAGES:
            raise UsageError(
                f"{self.caller.name} lists more than {MOST_PAGES * PER_PAGE} of {what}",
                "name one job by its own address",
            )

    @contextmanager
    def stream(self, url: str, what: str) -> Iterator[LogStream]:
        """Open a log, to be read piece by piece.

        Raises Absent on entering when there is none; the chunks raise UsageError.
        """
        download = Download(
            lambda at: self._ask(lambda: self._follow(url, at), what),
            what,
            self._access,
            lambda seconds: self._pause(seconds, None),
        )
        try:
            yield LogStream(download.total, download.chunks())
        finally:
            download.close()

    def not_as_promised(self, what: str) -> UsageError:
        """Return the error for an answer that is not what GitLab's description promises."""
        return not_as_promised(self.caller, what)

    def _base(self, root: str) -> str:
        return f"{self.caller.server}{root}/api/v4/"

    def _present(self, url: str, what: str, tries: int, params: Params) -> tuple[Any, _Headers]:
        try:
            return self._ask(lambda: self._json_at(url, params), what, tries=tries)
        except Absent as absent:
            refused = Refused(absent.status, {}, b"", False)
            raise refusal(refused, self.caller, what) from None

    def _is_gitlab(self, root: str) -> bool:
        """Whether GitLab's interface lies below ``root``: it wants a login to tell its version."""
        url = f"{self._base(root)}version"
        try:
            response = self._away.get(url, stream=True, timeout=self._access.silence)
            response.close()
        except Refused as refused:
            return refused.status in (401, 403) and _is_object(refused.body)
        except (Moved, *BROKEN):
            return False
        return response.headers.get("content-type", "").startswith("application/json")

    def _ask(self, send: Callable[[], T], what: str, *, tries: int = _TRIES) -> T:
        """Call ``send`` until it works, waiting for rate limits and failures that pass.

        Raises Absent for 404 and 410, UsageError for all that stays.
        """
        for turn in range(tries):
            last = turn == tries - 1
            cause: Exception
            try:
                return send()
            except Refused as refused:
                cause = refused
            except BROKEN as broken:
                cause = broken
            if isinstance(cause, Refused):
                self._pause(self._after(cause, what, turn, last), cause)
            elif isinstance(cause, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
                raise untrusted(self.caller)
            elif last or isinstance(cause, ValueError):  # an address that requests cannot read
                raise unreachable(self.caller, what, _reason(cause))
            else:
                self._pause(2.0**turn, None)
        raise AssertionError("the last turn returns or raises")

    def _after(self, refused: Refused, what: str, turn: int, last: bool) -> float:
        """Return how long to wait after a refusal, or raise it."""
        now = self._access.now()
        wait = rate_limit(refused, now)
        if wait is not None and not refused.storage:
            if last:
                raise limited(self.caller, wait, now)
            return max(wait, 1.0)
        if refused.status in (404, 410):
            raise Absent(refused.status)
        passing = refused.status >= 500 or refused.status in (408, 429) or refused.storage
        if last or not passing:
            raise refusal(refused, self.caller, what)
        return max(2.0**turn, retry_after(refused.headers, now) or 0.0)

    def _pause(self, seconds: float, refused: Refused | None) -> None:
        """Wait, saying so; raises UsageError when that is longer than the patience."""
        if self._waited + seconds > self._access.patience:
            now = self._access.now()
            if refused is not None and rate_limit(refused, now) is not None:
                raise limited(self.caller, seconds, now)
            raise UsageError(
                f"{self.caller.host} keeps failing"
                + (f" (it answered {refused.status})" if refused else " (connections break off)"),
                "run the command again later; what was fetched stays",
            )
        self._waited += seconds
        if seconds >= 5:
            self._progress.note(f"waiting {seconds:.0f} s for {self.caller.host}")
        self._access.sleep(seconds)

    def _json_at(self, url: str, params: Params) -> tuple[Any, _Headers]:
        """Ask for JSON, following redirects on the same server only."""
        given: Params = params
        for _ in range(_HOPS):
            try:
                response = self._at_home(url, given, {})
            except Moved as moved:
                url, given = self._joined(url, moved.location), {}
            else:
                with response:
                    return self._json(response), _Headers(response)
            if not self._is_home(url):
                raise UsageError(
                    f"{self.caller.host} redirects to {_place(url)}; the token does not go there",
                    PROXY,
                )
        raise self._endless()

    def _json(self, response: requests.Response) -> Any:
        deadline = self._access.now() + _JSON_SECONDS
        body = bytearray()
        for chunk in pieces(response):
            body += chunk
            if len(body) > MOST_JSON or self._access.now() > deadline:
                raise UsageError(
                    f"{self.caller.host} does not come to the end of its answer", PROXY
                )
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    def _follow(self, url: str, at: int) -> requests.Response:
        """Open a log: at home with the token, everywhere else without it."""
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={at}-"} if at else {})
        for _ in range(_HOPS):
            try:
                if self._is_home(url):
                    return self._at_home(url, {}, headers)
                self._require_safe(url)
                more = {**headers, "User-Agent": "regreen"}
                return self._away.get(url, stream=True, timeout=self._access.silence, headers=more)
            except Moved as moved:
                url = self._joined(url, moved.location)
        raise self._endless()

    def _at_home(self, url: str, params: Params, headers: Mapping[str, str]) -> requests.Response:
        found = self._home.http_request(
            "get",
            url,
            query_data=dict(params),
            streamed=True,
            timeout=self._access.silence,
            obey_rate_limit=False,
            extra_headers=dict(headers),
        )
        return found

    def _joined(self, url: str, location: str) -> str:
        try:
            joined = urljoin(url, location)
            parts = urlsplit(joined)
            if parts.hostname and parts.port != 0 and "@" not in parts.netloc:
                return joined
        except ValueError:
            pass
        raise self._endless()

    def _endless(self) -> UsageError:
        return UsageError(f"{self.caller.host} redirects without coming to an end", PROXY)

    def _is_home(self, url: str) -> bool:
        base = self._base(self._root or "")
        return url.startswith(base) and ".." not in url.split("?")[0].split("/")

    def _require_safe(self, url: str) -> None:
        """Logs come over https; over http only where this very machine is the server."""
        parts = urlsplit(url)
        local = self.caller.server.startswith("http:") and is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise UsageError(
                f"{self.caller.host} redirects to an address that is not encrypted", PROXY
            )


class _Headers:
    """What an answer's headers say of the next page."""

    def __init__(self, response: requests.Response) -> None:
        self.next_link = response.links.get("next", {}).get("url", "")
        self.next_number = response.headers.get("x-next-page", "").strip()


def _next_page(headers: _Headers) -> dict[str, str | int]:
    """Return the parameters of the next page; none: this is the last one."""
    if headers.next_link:
        try:
            return dict(parse_qsl(urlsplit(headers.next_link).query))
        except ValueError:
            return {}
    number = headers.next_number
    return {"page": number} if number.isascii() and number.isdigit() else {}


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _place(url: str) -> str:
    return urlsplit(url).netloc[:200]


def _reason(error: BaseException) -> str:
    """A connection's failure in words that hold neither headers nor signed addresses."""
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        return "it does not answer in time"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection"
    return f"the connection broke off ({type(error).__name__})"
